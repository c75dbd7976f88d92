public import Features
public import Leads

/// One lead to score, decoded and validated by the caller.
public struct ScoreRequest: Sendable {
    /// What is known of the lead.
    public enum Input: Sendable {
        /// A lead, and its own flat JSON as it will be stored.
        case lead(Lead, json: [UInt8])
        /// Features that were extracted earlier. No text is known: no price, and the lead's stored JSON stays as it is.
        case features(leadID: String, FeatureVector)
    }

    public var tenant: Tenant
    public var input: Input
    /// Shown in the answer; made by the engine where nil.
    public var requestID: String?
    /// `request_id` of the body or the header `Idempotency-Key`: a repeat within 24 hours returns the first answer.
    public var idempotencyKey: String?
    /// Of the request body, collision resistant; compared only where there is an `idempotencyKey`.
    public var requestDigest: [UInt8]
    /// Skips the cache and shares no other request's computation.
    public var forceRefresh: Bool
    /// Without them the answer has neither `feature_explanations` nor `shap_values`; they are stored all the same.
    public var includeExplanations: Bool
    public var includeFeatures: Bool
    public var escalation: Escalation
    /// How long `wait` may hold the answer.
    public var timeout: Duration
    /// From decoding (unknown fields and the like); they come first in the answer's `warnings`.
    public var warnings: [String]

    public init(
        tenant: Tenant, input: Input, requestID: String? = nil, idempotencyKey: String? = nil,
        requestDigest: [UInt8] = [], forceRefresh: Bool = false, includeExplanations: Bool = true,
        includeFeatures: Bool = false, escalation: Escalation = .auto, timeout: Duration = .milliseconds(5_000),
        warnings: [String] = []
    ) {
        self.tenant = tenant
        self.input = input
        self.requestID = requestID
        self.idempotencyKey = idempotencyKey
        self.requestDigest = requestDigest
        self.forceRefresh = forceRefresh
        self.includeExplanations = includeExplanations
        self.includeFeatures = includeFeatures
        self.escalation = escalation
        self.timeout = timeout
        self.warnings = warnings
    }

    public var leadID: String {
        switch input {
        case .lead(let lead, _): lead.id
        case .features(let leadID, _): leadID
        }
    }
}

/// What to do with a lead whose confidence is below the cut.
public enum Escalation: String, Sendable, Hashable, CaseIterable {
    /// Raise `lead_escalated` within the budget, and answer at once.
    case auto
    /// As `auto`, and hold the answer for the second opinion where one is configured.
    case wait
    /// Neither event nor review.
    case never
}

/// What the caller sends back.
public struct ScoreAnswer: Sendable {
    /// The stored record behind the answer; nil where the answer is the stored reply to an earlier request.
    public var record: ScoreRecord?
    public var cacheHit: Bool
    /// The first answer under the same idempotency key; nothing was computed.
    public var replayed: Bool
    /// One JSON object, honouring the request's include flags.
    public var body: [UInt8]

    public init(record: ScoreRecord?, cacheHit: Bool, replayed: Bool, body: [UInt8]) {
        self.record = record
        self.cacheHit = cacheHit
        self.replayed = replayed
        self.body = body
    }
}
