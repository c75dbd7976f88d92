/// What Leadwire says about one lead at one moment: the answer to the caller, the record in the store and the event
/// on the stream are all made from this one value.
public struct Score: Sendable, Hashable {
    public var leadID: String
    public var requestID: String
    /// 0...100, the lead's quantile in the model's reference population; nil only with `score_source` `claude_only`.
    public var mlScore: Double?
    /// 0...1, calibrated.
    public var conversionProbability: Double
    /// 90% interval of the probability, lower bound first.
    public var probabilityInterval: ProbabilityInterval
    /// 0...1: how sure hot-or-not is. Not a probability of conversion.
    public var confidence: Double
    public var confidenceLevel: ConfidenceLevel
    public var classification: Classification
    /// Price × the agency's rate, in the agency's currency; nil without a price.
    public var estimatedCommission: Double?
    /// `estimatedCommission` × `conversionProbability`.
    public var expectedCommission: Double?
    public var expectedCloseDays: Int?
    public var source: ScoreSource
    public var analysisSummary: String
    public var keyInsights: [String]
    public var recommendations: [String]
    /// Largest absolute contribution first.
    public var explanations: [FeatureExplanation]
    /// Log-odds by feature in model order; `baseValue` + their sum = `margin` to 1e-5.
    public var shapValues: [Contribution]
    public var baseValue: Double
    /// Log-odds before calibration.
    public var margin: Double
    /// Against the lead's previous score; nil for the first.
    public var change: ScoreChange?
    public var model: ModelIdentity
    public var processingTimeMilliseconds: Double
    public var inferenceTimeMilliseconds: Double
    public var secondOpinionTimeMilliseconds: Double?
    public var dataSupport: DataSupport
    public var scoredAt: Timestamp
    public var expiresAt: Timestamp
    public var warnings: [String]

    public init(
        leadID: String, requestID: String, mlScore: Double?, conversionProbability: Double,
        probabilityInterval: ProbabilityInterval, confidence: Double, confidenceLevel: ConfidenceLevel,
        classification: Classification, estimatedCommission: Double?, expectedCommission: Double?,
        expectedCloseDays: Int?, source: ScoreSource, analysisSummary: String, keyInsights: [String],
        recommendations: [String], explanations: [FeatureExplanation], shapValues: [Contribution], baseValue: Double,
        margin: Double, change: ScoreChange?, model: ModelIdentity, processingTimeMilliseconds: Double,
        inferenceTimeMilliseconds: Double, secondOpinionTimeMilliseconds: Double?, dataSupport: DataSupport,
        scoredAt: Timestamp, expiresAt: Timestamp, warnings: [String]
    ) {
        self.leadID = leadID
        self.requestID = requestID
        self.mlScore = mlScore
        self.conversionProbability = conversionProbability
        self.probabilityInterval = probabilityInterval
        self.confidence = confidence
        self.confidenceLevel = confidenceLevel
        self.classification = classification
        self.estimatedCommission = estimatedCommission
        self.expectedCommission = expectedCommission
        self.expectedCloseDays = expectedCloseDays
        self.source = source
        self.analysisSummary = analysisSummary
        self.keyInsights = keyInsights
        self.recommendations = recommendations
        self.explanations = explanations
        self.shapValues = shapValues
        self.baseValue = baseValue
        self.margin = margin
        self.change = change
        self.model = model
        self.processingTimeMilliseconds = processingTimeMilliseconds
        self.inferenceTimeMilliseconds = inferenceTimeMilliseconds
        self.secondOpinionTimeMilliseconds = secondOpinionTimeMilliseconds
        self.dataSupport = dataSupport
        self.scoredAt = scoredAt
        self.expiresAt = expiresAt
        self.warnings = warnings
    }
}

public enum Classification: String, Sendable, Hashable, CaseIterable { case hot, warm, cold, unqualified }

public enum ConfidenceLevel: String, Sendable, Hashable { case high, medium, low }

public enum ScoreSource: String, Sendable, Hashable {
    case mlOnly = "ml_only"
    case mlClaudeHybrid = "ml_claude_hybrid"
    case claudeOnly = "claude_only"
    case cache
}

public struct ProbabilityInterval: Sendable, Hashable {
    public var lower: Double
    public var upper: Double

    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}

/// One exact SHAP value, in log-odds of the margin.
public struct Contribution: Sendable, Hashable {
    public var feature: String
    public var value: Double

    public init(feature: String, value: Double) {
        self.feature = feature
        self.value = value
    }
}

public struct FeatureExplanation: Sendable, Hashable {
    public enum Direction: String, Sendable, Hashable { case positive, negative, neutral }

    public var featureName: String
    /// As a person would write it: `$450,000`, `pre_approved`, `yes`; nil when missing.
    public var featureValue: String?
    /// Share of the sum of |SHAP|, 0...1.
    public var importance: Double
    public var direction: Direction
    public var sentence: String

    public init(
        featureName: String, featureValue: String?, importance: Double, direction: Direction, sentence: String
    ) {
        self.featureName = featureName
        self.featureValue = featureValue
        self.importance = importance
        self.direction = direction
        self.sentence = sentence
    }
}

public struct ScoreChange: Sendable, Hashable {
    public var from: Double
    public var delta: Double
    public var because: [String]

    public init(from: Double, delta: Double, because: [String]) {
        self.from = from
        self.delta = delta
        self.because = because
    }
}

public struct ModelIdentity: Sendable, Hashable {
    public var name: String
    public var version: String
    /// Lowercase hexadecimal SHA-256 of the artifact.
    public var sha256: String
    /// 1 for the prior itself, 0 for a model that owes it nothing.
    public var priorWeight: Double

    public init(name: String, version: String, sha256: String, priorWeight: Double) {
        self.name = name
        self.version = version
        self.sha256 = sha256
        self.priorWeight = priorWeight
    }
}

/// How far the lead lies inside what the model has seen.
public struct DataSupport: Sendable, Hashable {
    public var missingFeatures: Int
    public var outOfRange: [String]
    public var unseenCategories: [String]
    /// The feature that lowers confidence most, when support caps it.
    public var largestReason: String?

    public init(
        missingFeatures: Int, outOfRange: [String], unseenCategories: [String], largestReason: String? = nil
    ) {
        self.missingFeatures = missingFeatures
        self.outOfRange = outOfRange
        self.unseenCategories = unseenCategories
        self.largestReason = largestReason
    }
}
