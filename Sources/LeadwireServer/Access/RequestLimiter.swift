import Crypto
import NIOCore
import Synchronization

/// So many requests a second of one token, and of one address for those who show none that is good. Bounded: a bucket that is
/// full again is as good as none and is forgotten first.
final class RequestLimiter: Sendable {
    enum Client: Sendable, Hashable {
        case token(SHA256.Digest)
        case address(String)
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: NIODeadline
    }

    private struct State {
        var buckets: [Client: Bucket] = [:]
    }

    private let perSecond: Double
    private let burst: Double
    private let maximumClients: Int
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())

    init(
        perSecond: Double, burst: Double, maximumClients: Int = 20_000,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.perSecond = perSecond
        self.burst = burst
        self.maximumClients = maximumClients
        self.now = now
    }

    /// Takes one request's worth.
    ///
    /// - Throws: ``APIError``, 429 with the whole seconds until there is another.
    func take(_ client: Client) throws(APIError) {
        let wait: Double? = state.withLock { state in
            let now = now()
            var bucket = filled(state.buckets[client], at: now)
            guard bucket.tokens >= 1 else {
                state.buckets[client] = bucket
                return (1 - bucket.tokens) / perSecond
            }
            bucket.tokens -= 1
            if state.buckets[client] == nil, state.buckets.count >= maximumClients { makeRoom(&state, at: now) }
            state.buckets[client] = bucket
            return nil
        }
        guard let wait else { return }
        var error = APIError(.rateLimited, "more requests a second than this token may make")
        error.headers = [("Retry-After", "\(max(1, Int(wait.rounded(.up))))")]
        throw error
    }

    private func filled(_ bucket: Bucket?, at now: NIODeadline) -> Bucket {
        guard let bucket else { return Bucket(tokens: burst, filledAt: now) }
        let elapsed = Double(max(0, (now - bucket.filledAt).nanoseconds)) / 1e9
        return Bucket(tokens: min(burst, bucket.tokens + elapsed * perSecond), filledAt: now)
    }

    /// Forgets the half that has used the least, so that an attacker's many names can't free the one that is spent.
    private func makeRoom(_ state: inout State, at now: NIODeadline) {
        let ranked = state.buckets.map { (client: $0.key, tokens: filled($0.value, at: now).tokens) }
            .sorted { $0.tokens > $1.tokens }
        for entry in ranked.prefix(maximumClients / 2) { state.buckets[entry.client] = nil }
    }
}
