import Scoring
import Synchronization

/// Something that a caller waits for and that may come too late.
protocol Awaited: Sendable {
    var isAnswered: Bool { get }
    /// Tells the caller that it has waited long enough; nothing if it was answered or its work has begun for good.
    func expire()
}

/// One caller's answer: the first that is given counts.
final class Reply<Value: Sendable>: Awaited {
    typealias Caller = CheckedContinuation<Result<Value, StoreError>, Never>

    private struct State {
        var caller: Caller?
        var isClaimed = false
    }

    private let state: Mutex<State>
    private let action: StaticString

    init(_ caller: Caller, _ action: StaticString) {
        state = Mutex(State(caller: caller))
        self.action = action
    }

    var isAnswered: Bool { state.withLock { $0.caller == nil } }

    /// From here on only the work itself answers: what is being written can't be called off.
    ///
    /// - Returns: false if the caller has gone already; then the work must not begin.
    func claim() -> Bool {
        state.withLock { state in
            state.isClaimed = true
            return state.caller != nil
        }
    }

    func give(_ result: Result<Value, StoreError>) {
        take(evenIfClaimed: true)?.resume(returning: result)
    }

    func expire() {
        take(evenIfClaimed: false)?.resume(
            returning: .failure(
                StoreError(.unavailable, "\(action): PostgreSQL did not answer in time", reason: .timeout)))
    }

    private func take(evenIfClaimed: Bool) -> Caller? {
        state.withLock { state in
            if state.isClaimed, !evenIfClaimed { return nil }
            defer { state.caller = nil }
            return state.caller
        }
    }
}
