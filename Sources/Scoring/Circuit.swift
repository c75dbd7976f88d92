import Synchronization

/// A ``CircuitBreaker`` at work: calls go through it, and while it is open a task of its own asks whether the store is
/// back.
final class Circuit: Sendable {
    private struct State {
        var breaker: CircuitBreaker
        var prober: Task<Void, Never>?
        var isClosing = false
    }

    private let state: Mutex<State>
    private let probe: @Sendable () async throws(StoreError) -> Void

    init(
        _ settings: CircuitBreaker.Settings, probe: @escaping @Sendable () async throws(StoreError) -> Void
    ) {
        state = Mutex(State(breaker: CircuitBreaker(settings)))
        self.probe = probe
    }

    var reading: CircuitReading {
        state.withLock { state in
            CircuitReading(
                isOpen: state.breaker.isOpen, openings: state.breaker.openings, refusals: state.breaker.refusals)
        }
    }

    /// Runs the call, or fails at once while the circuit is open.
    func pass<Value>(_ call: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        if case .refuse(let failure) = state.withLock({ $0.breaker.admit() }) { throw failure }
        return try await observe(call)
    }

    /// Runs the call whatever the state; how it ends counts all the same.
    func observe<Value>(_ call: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        let begun = state.withLock { $0.breaker.closings }
        do throws(StoreError) {
            let value = try await call()
            note(nil, begun: begun)
            return value
        } catch {
            note(error, begun: begun)
            throw error
        }
    }

    /// Ends the asking. Not awaited: a probe that hangs may do so until its own deadline.
    func close() {
        let prober = state.withLock { state in
            state.isClosing = true
            return state.prober
        }
        prober?.cancel()
    }

    private func note(_ failure: StoreError?, begun closings: Int) {
        // Who goes away, and what is refused by our own limit, says nothing of the store.
        if failure != nil, Task.isCancelled || failure?.code == .overloaded { return }
        state.withLock { state in
            guard let failure, CircuitBreaker.opens(failure) else { return state.breaker.succeeded() }
            guard state.breaker.closings == closings, state.breaker.failed(failure, at: .now), !state.isClosing
            else { return }
            // One from an earlier opening goes on at most until its next look; then there are two for that moment, and
            // the breaker lets a probe start once an interval whoever asks.
            state.prober = Task { [weak self] in
                while !Task.isCancelled {
                    switch self?.state.withLock({ $0.breaker.startProbe(at: .now) }) {
                    case .done, nil: return
                    // Until the next probe is due; closing cancels it.
                    case .wait(let duration): try? await Task.sleep(for: duration)
                    case .probe: self?.startProbe()
                    }
                }
            }
        }
    }

    /// Not waited for: the next one is due whether it answers or not.
    private func startProbe() {
        Task {
            try? await observe(probe)
            state.withLock { $0.breaker.probeEnded() }
        }
    }
}

/// Where one circuit stands.
public struct CircuitReading: Sendable, Hashable {
    /// Calls are refused without asking the store.
    public var isOpen: Bool
    /// Since the start.
    public var openings: Int
    /// Calls that failed without asking, since the start.
    public var refusals: Int
}
