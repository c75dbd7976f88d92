public import Leads
public import Learning
public import Redis
public import Scoring

extension LeadwireServer {
    /// What the server is made of besides its settings.
    public struct Parts: Sendable {
        public var model: ModelArtifact
        /// Somebody chose this model, rather than it being there by default.
        public var isModelNamed = false
        /// Models that were trained against the policy on protected columns may serve.
        public var acceptsPolicyOverride = false
        public var profile: AgencyProfile
        public var clock: any WallClock
        public var cache: any ScoreCache
        /// What nodes on one store share beside it; nil for none. It may be away.
        public var redis: RedisClient?
        public var scoring: ScoringConfiguration
        /// Learns from the store's outcomes; nil for a server that doesn't.
        public var trainer: (any ModelTrainer)?
        /// Opens the store with the sink that its log must feed.
        public var openStore: @Sendable (any EventSink) async throws(StoreError) -> any LeadStore

        public init(
            model: ModelArtifact, profile: AgencyProfile, clock: any WallClock, cache: any ScoreCache,
            scoring: ScoringConfiguration = ScoringConfiguration(),
            openStore: @escaping @Sendable (any EventSink) async throws(StoreError) -> any LeadStore
        ) {
            self.model = model
            self.profile = profile
            self.clock = clock
            self.cache = cache
            self.scoring = scoring
            self.openStore = openStore
        }
    }
}
