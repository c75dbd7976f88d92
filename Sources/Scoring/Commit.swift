public import Leads

/// The first answer under an `Idempotency-Key` or `request_id`, kept for 24 hours.
public struct IdempotencyRecord: Sendable, Hashable {
    public var tenant: Tenant
    public var key: String
    /// SHA-256 or another collision-resistant digest of the request body; another body under the key is a conflict.
    public var requestDigest: [UInt8]
    public var answer: [UInt8]
    public var at: Timestamp
    /// Whom the answer speaks of, where that is one lead: with its erasure the answer goes, too. Nil for those of the
    /// commit that it is kept with. A store does not give it back.
    public var subject: Subject?

    /// A lead, and when the score was made that the answer tells.
    public struct Subject: Sendable, Hashable {
        public var leadID: String
        public var scoredAt: Timestamp

        public init(leadID: String, scoredAt: Timestamp) {
            self.leadID = leadID
            self.scoredAt = scoredAt
        }
    }

    public init(
        tenant: Tenant, key: String, requestDigest: [UInt8], answer: [UInt8], at: Timestamp, subject: Subject? = nil
    ) {
        self.subject = subject
        self.tenant = tenant
        self.key = key
        self.requestDigest = requestDigest
        self.answer = answer
        self.at = at
    }
}

/// What must become durable together, or not at all.
public struct Commit: Sendable {
    public var scores: [ScoreRecord]
    public var events: [NewEvent]
    public var idempotency: [IdempotencyRecord]
    public var outcomes: [TenantOutcome]
    public var reviews: [Review]

    public init(
        scores: [ScoreRecord] = [], events: [NewEvent] = [], idempotency: [IdempotencyRecord] = [],
        outcomes: [TenantOutcome] = [], reviews: [Review] = []
    ) {
        self.scores = scores
        self.events = events
        self.idempotency = idempotency
        self.outcomes = outcomes
        self.reviews = reviews
    }
}

public struct TenantOutcome: Sendable, Hashable {
    public var tenant: Tenant
    public var outcome: Outcome
    public var recordedAt: Timestamp

    public init(tenant: Tenant, outcome: Outcome, recordedAt: Timestamp) {
        self.tenant = tenant
        self.outcome = outcome
        self.recordedAt = recordedAt
    }
}

/// A person looked at a lead of the review list and decided.
public struct Review: Sendable, Hashable {
    public var tenant: Tenant
    public var leadID: String
    public var classification: Classification
    public var note: String?
    public var at: Timestamp

    public init(tenant: Tenant, leadID: String, classification: Classification, note: String?, at: Timestamp) {
        self.tenant = tenant
        self.leadID = leadID
        self.classification = classification
        self.note = note
        self.at = at
    }
}
