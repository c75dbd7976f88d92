public import Features
public import Leads

/// A score as it is stored: the value, its wire form, and what it was computed from.
public struct ScoreRecord: Sendable, Hashable {
    public var tenant: Tenant
    public var score: Score
    public var leadName: String?
    public var leadSource: String?
    /// As extracted, before masking; nil for a model on the team's own table.
    public var features: FeatureVector?
    /// The lead's own JSON as it was accepted (the flat form), for export and retraining.
    public var lead: [UInt8]
    /// The score's complete JSON object as first answered, explanations and SHAP included.
    public var body: [UInt8]
    /// Stands in the review list until a person, an outcome or a later confident score clears it.
    public var needsReview: Bool
    /// What a challenger says of the same lead; nil where none is on trial.
    public var shadow: ShadowScore?

    public init(
        tenant: Tenant, score: Score, leadName: String?, leadSource: String?, features: FeatureVector?,
        lead: [UInt8], body: [UInt8], needsReview: Bool, shadow: ShadowScore? = nil
    ) {
        self.tenant = tenant
        self.score = score
        self.leadName = leadName
        self.leadSource = leadSource
        self.features = features
        self.lead = lead
        self.body = body
        self.needsReview = needsReview
        self.shadow = shadow
    }
}

/// A score that nobody is shown: a challenger's, stored beside the champion's to judge it by.
public struct ShadowScore: Sendable, Hashable {
    public var modelSHA256: String
    public var mlScore: Double
    public var conversionProbability: Double

    public init(modelSHA256: String, mlScore: Double, conversionProbability: Double) {
        self.modelSHA256 = modelSHA256
        self.mlScore = mlScore
        self.conversionProbability = conversionProbability
    }
}
