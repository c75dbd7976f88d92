/// The engine's limits, each with its default.
public struct ScoringConfiguration: Sendable, Hashable {
    /// Share of a rolling day's leads that may be escalated, 0...1.
    public var escalationShare = 0.2
    /// How long a score counts as fresh: `expires_at`, and the cache's time to live.
    public var freshness = MemoryScoreCache.defaultTimeToLive
    /// How long an idempotency key is remembered.
    public var idempotencyWindow = Duration.seconds(86_400)
    /// Which store the scores of a shared cache are of: servers with stores of their own never answer from each other's.
    public var storeIdentity = ""
    /// Requests that may wait for an equal one; one more is refused as overloaded.
    public var maximumWaiting = 10_000
    /// Won leads of a timeline before `expected_close_days` is given.
    public var minimumWonLeads = 20
    /// How long a median of days to close is reused before the store is asked again.
    public var closeDaysFreshness = Duration.seconds(60)

    public init() {}
}
