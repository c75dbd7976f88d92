public import Features
public import Leads

/// What a reader gets back: the stored columns that rank and compare, and the stored bytes.
public struct StoredScore: Sendable, Hashable {
    public var leadID: String
    public var leadName: String?
    public var leadSource: String?
    public var mlScore: Double?
    public var conversionProbability: Double
    public var confidence: Double
    public var classification: Classification
    public var estimatedCommission: Double?
    public var needsReview: Bool
    public var modelSHA256: String
    public var scoredAt: Timestamp
    public var features: FeatureVector?
    /// Empty where the query asked for no bodies.
    public var body: [UInt8]

    public init(
        leadID: String, leadName: String?, leadSource: String?, mlScore: Double?, conversionProbability: Double,
        confidence: Double, classification: Classification, estimatedCommission: Double?, needsReview: Bool,
        modelSHA256: String, scoredAt: Timestamp, features: FeatureVector?, body: [UInt8]
    ) {
        self.leadID = leadID
        self.leadName = leadName
        self.leadSource = leadSource
        self.mlScore = mlScore
        self.conversionProbability = conversionProbability
        self.confidence = confidence
        self.classification = classification
        self.estimatedCommission = estimatedCommission
        self.needsReview = needsReview
        self.modelSHA256 = modelSHA256
        self.scoredAt = scoredAt
        self.features = features
        self.body = body
    }
}

/// What the engine must know of a lead before it scores it again: one read.
public struct LeadState: Sendable, Hashable {
    public var latest: StoredScore?
    public var optedOut: Bool

    public init(latest: StoredScore?, optedOut: Bool) {
        self.latest = latest
        self.optedOut = optedOut
    }
}

/// A page of the ranked list. All conditions are joined by and.
public struct LeadQuery: Sendable, Hashable {
    public enum Sort: String, Sendable, Hashable, CaseIterable {
        /// Highest `ml_score` first.
        case score
        /// Newest score first.
        case updated
        /// Highest `estimated_commission` × probability first.
        case commission
    }

    public var tenant: Tenant
    public var classification: Classification?
    public var minimumScore: Double?
    public var source: String?
    public var needsReview: Bool?
    public var updatedSince: Timestamp?
    public var sort: Sort
    /// 1...200.
    public var limit: Int
    /// From an earlier page; opaque to the caller, and tied to the sort.
    public var cursor: String?

    public init(tenant: Tenant, sort: Sort = .score, limit: Int = 50) {
        self.tenant = tenant
        self.sort = sort
        self.limit = limit
    }
}

public struct LeadPage: Sendable, Hashable {
    public var leads: [StoredScore]
    public var nextCursor: String?

    public init(leads: [StoredScore], nextCursor: String?) {
        self.leads = leads
        self.nextCursor = nextCursor
    }
}

/// What erasing a lead removed; it names the lead only by what the caller already holds.
public struct ErasureReceipt: Sendable, Hashable {
    public var leadID: String
    public var at: Timestamp
    public var scores: Int
    public var events: Int
    public var outcomes: Int
    public var idempotencyEntries: Int
    /// Models that were trained on the lead and stay.
    public var modelsTrainedOnIt: [String]

    public init(
        leadID: String, at: Timestamp, scores: Int, events: Int, outcomes: Int, idempotencyEntries: Int,
        modelsTrainedOnIt: [String]
    ) {
        self.leadID = leadID
        self.at = at
        self.scores = scores
        self.events = events
        self.outcomes = outcomes
        self.idempotencyEntries = idempotencyEntries
        self.modelsTrainedOnIt = modelsTrainedOnIt
    }
}

/// Everything stored about one lead, for the person it is about.
public struct LeadExport: Sendable, Hashable {
    public var lead: [UInt8]
    public var scores: [StoredScore]
    public var outcomes: [TenantOutcome]
    public var reviews: [Review]
    public var optedOutAt: Timestamp?

    public init(
        lead: [UInt8], scores: [StoredScore], outcomes: [TenantOutcome], reviews: [Review], optedOutAt: Timestamp?
    ) {
        self.lead = lead
        self.scores = scores
        self.outcomes = outcomes
        self.reviews = reviews
        self.optedOutAt = optedOutAt
    }
}

public struct StoreStatistics: Sendable, Hashable {
    public var leads: Int
    public var scores: Int
    public var wonOutcomes: Int
    public var otherOutcomes: Int

    public init(leads: Int, scores: Int, wonOutcomes: Int, otherOutcomes: Int) {
        self.leads = leads
        self.scores = scores
        self.wonOutcomes = wonOutcomes
        self.otherOutcomes = otherOutcomes
    }
}
