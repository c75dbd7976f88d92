import Scoring
import Synchronization

/// Makes connections for all threads of a store, and knows when not to try: after a failed attempt the next waits, and
/// whoever wants a connection meanwhile fails at once with the reason of the last one.
final class Connector: Sendable {
    private struct State {
        var failures = 0
        var failure: StoreError?
        var retryAt = ContinuousClock.now
        /// Connections from before are not trusted.
        var brokeAt: ContinuousClock.Instant?
    }

    private let address: PostgresAddress
    private let configuration: PostgresConfiguration
    private let state = Mutex(State())

    init(_ address: PostgresAddress, _ configuration: PostgresConfiguration) {
        self.address = address
        self.configuration = configuration
    }

    /// For reading only, unless there is a writer. Blocks the calling thread, at most for the connect deadline. While the
    /// last attempt of anybody has failed, one thread may try after each back-off, even if an earlier attempt still hangs.
    func connect(_ writer: WriterIdentity?) throws(StoreError) -> PostgresConnection {
        if let refusal = refusal() { throw refusal }
        do {
            let connection = try PostgresConnection.open(address, configuration, writer: writer)
            state.withLock { state in
                state.failures = 0
                state.failure = nil
            }
            return connection
        } catch {
            let failure = StoreError("connect", error)
            noteFailure(failure)
            throw failure
        }
    }

    /// One connection broke or did not answer: the others of that age are as good as broken, and waiting for each of
    /// them to show it would cost a deadline each.
    func noteBreak() { state.withLock { $0.brokeAt = .now } }

    func trusts(_ madeAt: ContinuousClock.Instant) -> Bool {
        state.withLock { state in state.brokeAt.map { madeAt > $0 } ?? true }
    }

    private func refusal() -> StoreError? {
        state.withLock { state in
            guard let failure = state.failure else { return nil }
            guard ContinuousClock.now >= state.retryAt else { return failure }
            state.retryAt = .now + backOff(state.failures)
            return nil
        }
    }

    private func backOff(_ failures: Int) -> Duration {
        let doubled = configuration.firstBackOff * (1 << min(max(0, failures - 1), 20))
        return min(doubled, configuration.maximumBackOff) * Double.random(in: 0.5...1)
    }

    private func noteFailure(_ failure: StoreError) {
        state.withLock { state in
            state.failures += 1
            state.failure = failure
            state.retryAt = .now + backOff(state.failures)
        }
    }
}
