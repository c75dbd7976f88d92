import Dispatch
import Foundation
import GRDB
import Synchronization

/// Copies the write-ahead log into the file beside the writer, on a thread and a connection of its own, so that the writer
/// has little left to copy when the log is full: copying 32 MiB held every commit up for 50 to 80 ms.
///
/// A passive checkpoint waits for nobody and stops no commit. What it can't copy (a reader's old state, a lock, a full disk)
/// stays in the log; the writer meets the same reason when the log is full. One thing it does stop: while a checkpoint is
/// under way any other is refused at once, whatever the busy timeout. Who must have one takes its turn (``alone(_:)``).
final class Checkpointer: Sendable {
    private struct State {
        var isAsked = false
        var isStopping = false
    }

    private let queue: DatabaseQueue
    /// Held while a checkpoint is under way.
    private let turn = NSLock()
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

    /// Runs what needs a checkpoint of its own when none of this thread's is under way: at most one copying is waited for.
    func alone<Value>(_ body: () throws -> Value) rethrows -> Value { try turn.withLock(body) }

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
            _ = try? turn.withLock { try queue.inDatabase { try $0.checkpoint(.passive) } }
        }
        try? queue.close()
        ended.signal()
    }
}
