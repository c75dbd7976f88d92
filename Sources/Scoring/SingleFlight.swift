import Synchronization

/// Lets equal requests at once share one computation: the first leads, the others wait for its outcome.
///
/// Nobody computes for somebody else in a task of its own: the leader works in its own task, and when it goes away
/// (`.abandon`) the waiting are sent round again and one of them leads. A waiting request that is cancelled leaves at
/// once. At most ``maximumWaiting`` wait in all; one more is refused.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// How a request comes out of ``enter(_:)``.
    enum Admission: Sendable {
        /// Compute, then call ``finish(_:with:)`` exactly once, whatever happens.
        case lead
        case value(Value)
        case failure(ScoringError)
        /// The leader went away: enter again.
        case again
        case cancelled
        case refused
    }

    /// How a leader comes out.
    enum Outcome: Sendable {
        case value(Value)
        /// Would fail for the others too.
        case failure(ScoringError)
        /// Says nothing about the others: cancelled, or something of this request alone.
        case abandon
    }

    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Admission, Never>
    }

    private struct State {
        var flights: [Key: [Waiter]] = [:]
        var waiting = 0
        var nextID: UInt64 = 0
    }

    let maximumWaiting: Int
    private let state = Mutex(State())

    init(maximumWaiting: Int) {
        self.maximumWaiting = maximumWaiting
    }

    /// Requests that wait for another one now.
    var waiting: Int { state.withLock { $0.waiting } }

    func enter(_ key: Key) async -> Admission {
        let id: UInt64? = state.withLock { state in
            guard state.flights[key] != nil else {
                state.flights[key] = []
                return nil
            }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { return .lead }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Admission? = state.withLock { state in
                    // Inside the lock: a cancellation either shows here or finds the waiter below.
                    if Task.isCancelled { return .cancelled }
                    guard state.flights[key] != nil else { return .again }
                    guard state.waiting < maximumWaiting else { return .refused }
                    state.waiting += 1
                    state.flights[key]?.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                guard let place = state.flights[key]?.firstIndex(where: { $0.id == id }) else { return nil }
                state.waiting -= 1
                return state.flights[key]?.remove(at: place)
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
    }

    func finish(_ key: Key, with outcome: Outcome) {
        let waiters = state.withLock { state in
            let waiters = state.flights.removeValue(forKey: key)
            precondition(waiters != nil, "only the leader finishes a flight, once")
            state.waiting -= waiters?.count ?? 0
            return waiters ?? []
        }
        for waiter in waiters {
            switch outcome {
            case .value(let value): waiter.continuation.resume(returning: .value(value))
            case .failure(let error): waiter.continuation.resume(returning: .failure(error))
            case .abandon: waiter.continuation.resume(returning: .again)
            }
        }
    }
}
