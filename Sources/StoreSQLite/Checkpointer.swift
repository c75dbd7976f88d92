import Dispatch
import Foundation
import GRDB
import Synchronization

/// Copies the write-ahead log into the file beside the writer, on a thread and a connection of its own, so that the writer
/// has little left to copy when the log is full: copying 32 MiB held every commit up for 50 to 80 ms.
///
/// A passive checkpoint waits for nobody and stops nobody. What it can't copy (a reader's old state, a lock, a full disk)
/// stays in the log; the writer meets the same reason when the log is full.
final class Checkpointer: Sendable {
    private struct State {
        var isAsked = false
        var isStopping = false
    }

    private let queue: DatabaseQueue
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Throws: what keeps a second connection from being opened.
    init(path: String) throws {
        var settings = Configuration()
        settings.label = "leadwire.checkpoint"
        settings.busyMode = .immediateError
        queue = try DatabaseQueue(path: path, configuration: settings)
        let thread = Thread { [self] in work() }
        thread.name = "leadwire.checkpoint"
        thread.start()
    }

    /// Begins a checkpoint; nothing where one is asked for already.
    func begin() {
        let isNew = state.withLock { state in
            defer { state.isAsked = true }
            return !state.isAsked
        }
        if isNew { wake.signal() }
    }

    /// Returns when the connection is closed. To be called once.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake.signal()
        ended.wait()
    }

    private func work() {
        while true {
            wake.wait()
            let isStopping = state.withLock { state in
                state.isAsked = false
                return state.isStopping
            }
            if isStopping { break }
            _ = try? queue.inDatabase { try $0.checkpoint(.passive) }
        }
        try? queue.close()
        ended.signal()
    }
}
