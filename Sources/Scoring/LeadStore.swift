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

/// Why the store could not do what was asked. Its description holds no lead data and no SQL.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Can't be reached, locked for too long, or shutting down: a retry may help.
        case unavailable
        /// The connection was lost while the store committed: it may be stored or not. Repeating the same events is
        /// safe, for an event that stands in the log is not stored again.
        case outcomeUnknown = "outcome_unknown"
        /// The disk or the quota is full.
        case full
        /// The file or the server lets us read only.
        case readOnly = "read_only"
        /// The file is damaged or is not ours.
        case corrupt
        /// A cursor that this store did not make.
        case badCursor = "bad_cursor"
        /// More waits to be written than the limit allows: a retry helps.
        case overloaded
        /// The lead was erased or asked not to be scored while this was on its way.
        case optedOut = "opted_out"
        case notFound = "not_found"
        /// The lead is erased, but a reader still holds old pages with its bytes: the erasure is to be repeated until
        /// nothing is found.
        case erasureIncomplete = "erasure_incomplete"
        case other
    }

    /// What exactly stood in the way, where the engine can tell: a bounded word for health, metrics and the operator.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Nothing listens at the address.
        case connectionRefused = "connection_refused"
        /// The host's name is not known here.
        case unknownHost = "unknown_host"
        /// Wrong password, unknown user, or not let in from here.
        case loginRefused = "login_refused"
        case noSuchDatabase = "no_such_database"
        case tooManyConnections = "too_many_connections"
        /// The server starts, stops or recovers.
        case notAccepting = "not_accepting"
        case connectionLost = "connection_lost"
        /// No answer within the deadline.
        case timeout
        /// Somebody else holds what we need.
        case locked
        /// The disk or the file system reported an error.
        case ioError = "io_error"
    }

    public var code: Code
    /// Safe to show: what was attempted, and the engine's own error class.
    public var message: String
    /// More exact than the code; nil where the code says all.
    public var reason: Reason?

    public init(_ code: Code, _ message: String, reason: Reason? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    public var isRetryable: Bool {
        [.unavailable, .overloaded, .full, .outcomeUnknown, .erasureIncomplete].contains(code)
    }
    public var description: String { "store \(code.rawValue): \(message)" }
}

/// Leads, scores, outcomes and the event log, durable. One conformance suite runs over every implementation.
public protocol LeadStore: Sendable {
    /// Writes all of it in one transaction, and returns once it is durable with the events as they stand in the log.
    /// Many callers' commits share one transaction and one fsync; each tenant's events reach the sink in offset order.
    func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent]

    func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState
    /// One read for a whole batch; leads never seen are absent.
    func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState]
    /// The newest score at or before `asOf`; nil if there was none.
    func score(of leadID: String, tenant: Tenant, asOf: Timestamp) async throws(StoreError) -> StoredScore?
    /// Newest first, at most `limit`.
    func history(of leadID: String, tenant: Tenant, limit: Int) async throws(StoreError) -> [StoredScore]
    func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage
    func idempotencyRecord(_ key: String, tenant: Tenant, since: Timestamp) async throws(StoreError)
        -> IdempotencyRecord?

    /// Stops automated scoring of the lead; a lead never seen is noted all the same.
    func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError)
    /// Removes everything of the lead; its events keep their offsets as erased. nil if nothing was known.
    func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt?
    func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport?
    /// What is known of how it ended, by moment; empty for a lead never heard of.
    func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome]

    func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition
    /// Events after `offset`, oldest first, at most `limit`; an erased one has type nil in its place.
    func events(after offset: UInt64, tenant: Tenant, limit: Int) async throws(StoreError) -> [LoggedEvent]
    func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics
    /// Median days from first score to a won outcome for leads of this `timeline_category`; nil below `minimum` of them.
    func medianDaysToClose(timeline: String, tenant: Tenant, minimum: Int) async throws(StoreError) -> Int?

    /// `SELECT 1` on a pooled connection.
    func ping() async throws(StoreError)
    /// Writes and removes a row.
    func probeWrite() async throws(StoreError)
    /// Refuses new work, finishes what was accepted, closes. Idempotent.
    func close() async
}

/// One place of the log as replay sees it.
public enum LoggedEvent: Sendable, Hashable {
    case event(CommittedEvent)
    case erased(offset: UInt64)

    public var offset: UInt64 {
        switch self {
        case .event(let committed): committed.offset
        case .erased(let offset): offset
        }
    }
}
