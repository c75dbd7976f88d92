import NIOCore

/// So many a second, with a reserve for bursts.
struct TokenBucket {
    private let perSecond: Float
    private let burst: Float
    private var tokens: Float
    private var filledAt: NIODeadline

    init(perSecond: Double, burst: Double, now: NIODeadline) {
        self.perSecond = Float(perSecond)
        self.burst = Float(burst)
        tokens = Float(burst)
        filledAt = now
    }

    /// Takes one, if there is one.
    mutating func take(at now: NIODeadline) -> Bool {
        let elapsed = Float(max(0, (now - filledAt).nanoseconds)) / 1e9
        tokens = min(burst, tokens + elapsed * perSecond)
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
