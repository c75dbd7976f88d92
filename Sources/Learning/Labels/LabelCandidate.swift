public import Features
public import Leads

/// A stored score that may become a training row: what was known when it was made, and what came of the lead.
public struct LabelCandidate: Sendable, Hashable {
    /// Stands for the lead's id, and is the same in every store (``key(ofLead:)``).
    public var leadKey: UInt64
    public var scoredAt: Timestamp
    /// As extracted at scoring time, before masking; nil for a model on the team's own table.
    public var features: FeatureVector?
    /// Of the model that made the score, with the probability that it gave, 0...1.
    public var modelSHA256: String
    public var probability: Double
    /// The first `won` at or after the score.
    public var firstWonAt: Timestamp?
    /// The first outcome of another kind at or after the score: the moment from which the lead counts as not won.
    public var firstOtherAt: Timestamp?
    /// An outcome stands before the score: what became of the lead was known already.
    public var isResolvedBefore: Bool
    /// What a model on trial said of the same lead, 0...1; nil where that was not asked for.
    public var trialProbability: Double?

    public init(
        leadKey: UInt64, scoredAt: Timestamp, features: FeatureVector?, modelSHA256: String, probability: Double,
        firstWonAt: Timestamp? = nil, firstOtherAt: Timestamp? = nil, isResolvedBefore: Bool = false,
        trialProbability: Double? = nil
    ) {
        self.leadKey = leadKey
        self.scoredAt = scoredAt
        self.features = features
        self.modelSHA256 = modelSHA256
        self.probability = probability
        self.firstWonAt = firstWonAt
        self.firstOtherAt = firstOtherAt
        self.isResolvedBefore = isResolvedBefore
        self.trialProbability = trialProbability
    }

    /// 64 bits of a lead's id, equal on every machine: FNV-1a over its UTF-8, mixed. Two of a million leads share one
    /// with a chance of 3 in 100 million; one of them would then be no row.
    public static func key(ofLead id: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return mixed(hash)
    }

    /// Where this score stands in the draw among its lead's: uniform, and fixed by lead and moment alone, so that it is
    /// the same whatever the order and the store. The lowest is drawn.
    var ticket: UInt64 {
        Self.mixed(leadKey ^ Self.mixed(UInt64(bitPattern: scoredAt.milliseconds)))
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: value)
        return generator.next()
    }
}
