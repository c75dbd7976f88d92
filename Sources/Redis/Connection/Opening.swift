import Synchronization

/// The wait for a session, from any thread; the first end counts.
final class Opening: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Result<RedisSession, RedisError>, Never>?
        var isCancelled = false
        var isOver = false
        var giveUp: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func begin(_ continuation: CheckedContinuation<Result<RedisSession, RedisError>, Never>) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.continuation = continuation }
            return state.isCancelled
        }
        if isCancelled { continuation.resume(returning: .failure(.cancelled)) }
    }

    var isUnderWay: Bool { state.withLock { !$0.isCancelled && !$0.isOver } }

    /// How the attempt is given up; at once, where nobody waits any more.
    func onGivingUp(_ giveUp: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            if !state.isOver { state.giveUp = giveUp }
            return state.isCancelled
        }
        if isCancelled { giveUp() }
    }

    func finish(_ outcome: Result<RedisSession, RedisError>) {
        let continuation = state.withLock { state in
            state.isOver = true
            state.giveUp = nil
            return state.continuation.take()
        }
        continuation?.resume(returning: outcome)
    }

    func cancel() {
        let (continuation, giveUp) = state.withLock { state in
            state.isCancelled = true
            return (state.continuation.take(), state.giveUp.take())
        }
        giveUp?()
        continuation?.resume(returning: .failure(.cancelled))
    }
}
