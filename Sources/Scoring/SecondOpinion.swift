public import Features
public import Leads

/// A reader that is asked about a lead whose score is uncertain. No client of it exists yet: the engine takes none, and
/// `escalation: wait` answers at once with the warning `second_opinion_not_configured`.
public protocol SecondOpinion: Sendable {
    /// - Throws: whatever the reader's transport throws; the engine then answers with its own score and a warning.
    func opinion(on lead: EscalatedLead) async throws -> Opinion
}

/// What a second reader may see: the score and the features, never the name, the address or a masked span.
public struct EscalatedLead: Sendable, Hashable {
    public var tenant: Tenant
    public var leadID: String
    public var score: Score
    public var features: FeatureVector?

    public init(tenant: Tenant, leadID: String, score: Score, features: FeatureVector?) {
        self.tenant = tenant
        self.leadID = leadID
        self.score = score
        self.features = features
    }
}

/// A second reader's answer.
public struct Opinion: Sendable, Hashable {
    public var classification: Classification
    /// 0...1.
    public var confidence: Double
    /// Plain text for the agent, bounded by the client.
    public var summary: String

    public init(classification: Classification, confidence: Double, summary: String) {
        self.classification = classification
        self.confidence = confidence
        self.summary = summary
    }
}
