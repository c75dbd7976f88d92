import Dispatch
import Foundation
import Synchronization

/// A thread that does one piece of work after another, and always the same thread.
///
/// libxgboost 1.7 keeps a booster's prediction cache in thread-local storage: a booster that is made on one thread and
/// boosted on another finds no matrix and fails, or worse, finds the cache of a dead booster at the same address.
final class WorkerThread: Sendable {
    typealias Work = @Sendable () -> Void

    /// What the thread and its owner share; the thread holds this and not the owner, so that the owner can go.
    private final class Desk: Sendable {
        let work = Mutex<Work?>(nil)
        let ready = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
    }

    private let desk = Desk()

    /// - Parameter turns: how many workers may work at once; each takes a turn for one piece of work.
    init(turns: DispatchSemaphore) {
        let desk = desk
        let thread = Thread {
            while true {
                desk.ready.wait()
                guard let work = desk.work.withLock({ $0.take() }) else { return }
                turns.wait()
                work()
                turns.signal()
                desk.done.signal()
            }
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Waking up to no work ends the thread.
    deinit { desk.ready.signal() }

    /// Begins work; ``wait()`` has to follow before the next piece.
    func start(_ work: @escaping Work) {
        desk.work.withLock { $0 = work }
        desk.ready.signal()
    }

    /// Returns when the work begun by ``start(_:)`` is done.
    func wait() { desk.done.wait() }
}
