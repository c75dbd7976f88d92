import Scoring
import Synchronization

/// Makes connections for all threads of a store, and knows when not to try: after a failed attempt the next waits, and
/// whoever wants a connection meanwhile fails at once with the reason of the last one.
final class Connector: Sendable {
    private struct State {
        var failures = 0
        var failure: StoreError?
        var retryAt = ContinuousClock.now
        var isProbing = false
    }

    private enum Permission {
        case attempt(isProbe: Bool)
        case refusal(StoreError)
    }

    private let address: PostgresAddress
    private let configuration: PostgresConfiguration
    private let state = Mutex(State())

    init(_ address: PostgresAddress, _ configuration: PostgresConfiguration) {
        self.address = address
        self.configuration = configuration
    }

    /// For reading only, unless there is a writer. Blocks the calling thread, at most for the connect deadline. While the last attempt of anybody has failed, only
    /// one thread tries at a time.
    func connect(_ writer: WriterIdentity?) throws(StoreError) -> PostgresConnection {
        switch permission() {
        case .refusal(let failure): throw failure
        case .attempt(let isProbe):
            do {
                let connection = try PostgresConnection.open(address, configuration, writer: writer)
                state.withLock { state in
                    state.failures = 0
                    state.failure = nil
                    if isProbe { state.isProbing = false }
                }
                return connection
            } catch {
                let failure = StoreError("connect", error)
                noteFailure(failure, isProbe: isProbe)
                throw failure
            }
        }
    }

    private func permission() -> Permission {
        state.withLock { state in
            guard let failure = state.failure else { return .attempt(isProbe: false) }
            guard !state.isProbing, ContinuousClock.now >= state.retryAt else { return .refusal(failure) }
            state.isProbing = true
            return .attempt(isProbe: true)
        }
    }

    private func noteFailure(_ failure: StoreError, isProbe: Bool) {
        let jitter = Double.random(in: 0.5...1)
        state.withLock { state in
            let doubled = configuration.firstBackOff * (1 << min(state.failures, 20))
            state.failures += 1
            state.failure = failure
            state.retryAt = .now + min(doubled, configuration.maximumBackOff) * jitter
            if isProbe { state.isProbing = false }
        }
    }
}
