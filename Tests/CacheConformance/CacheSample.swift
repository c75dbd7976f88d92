import Features
public import Leads
public import Scoring

/// Records with every field set, or with none.
public enum CacheSample {
    public static let tenant = Tenant("north")

    public static func key(_ leadID: String, _ low: UInt64, tenant: Tenant = tenant) -> CacheKey {
        CacheKey(tenant: tenant, leadID: leadID, high: 0x0D0A_0001_FF00_8000, low: low)
    }

    public static func record(
        _ leadID: String, tenant: Tenant = tenant, summary: String = "Warm.", bodyBytes: Int = 3_000
    ) -> ScoreRecord {
        let at = Timestamp(milliseconds: 1_763_800_000_125)
        var features = FeatureVector()
        features[.avgResponseTimeMinutes] = 12.5
        let score = Score(
            leadID: leadID, requestID: "req_1", mlScore: 71.4, conversionProbability: 0.212,
            probabilityInterval: ProbabilityInterval(lower: 0.15, upper: 0.29), confidence: 0.91,
            confidenceLevel: .high, classification: .warm, estimatedCommission: 28_500, expectedCommission: 6_042,
            expectedCloseDays: 60, source: .mlOnly, analysisSummary: summary, keyInsights: ["One \"quoted\"", ""],
            recommendations: ["Ring today."],
            explanations: [
                FeatureExplanation(
                    featureName: "is_pre_approved", featureValue: "yes", importance: 0.31, direction: .positive,
                    sentence: "They are approved — which raises the score."),
                FeatureExplanation(
                    featureName: "budget", featureValue: nil, importance: 0, direction: .neutral, sentence: ""),
            ],
            shapValues: [Contribution(feature: "a", value: 0.1 + 0.2), Contribution(feature: "b", value: -0.0)],
            baseValue: -1.31, margin: -0.0, change: ScoreChange(from: 64, delta: 7.4, because: ["Up.", "Ö\0"]),
            model: ModelIdentity(name: "prior", version: "1", sha256: "ab", priorWeight: 1),
            processingTimeMilliseconds: 0.21, inferenceTimeMilliseconds: .leastNonzeroMagnitude,
            secondOpinionTimeMilliseconds: 812.5,
            dataSupport: DataSupport(
                missingFeatures: 9, outOfRange: ["x"], unseenCategories: ["y", "z"], largestReason: "unseen"),
            scoredAt: at, expiresAt: at.advanced(by: .seconds(300)), warnings: ["no_price: none"])
        return ScoreRecord(
            tenant: tenant, score: score, leadName: "Ada", leadSource: "zillow", features: features,
            lead: Array("{\"lead_id\":\"x\"}".utf8), body: [UInt8](repeating: 0xF7, count: bodyBytes),
            needsReview: true)
    }

    /// All that is optional absent, all that is empty empty, and figures at the ends of their ranges.
    static var bare: ScoreRecord {
        var record = record("", summary: "")
        record.score.mlScore = nil
        record.score.estimatedCommission = nil
        record.score.expectedCommission = nil
        record.score.expectedCloseDays = nil
        record.score.secondOpinionTimeMilliseconds = nil
        record.score.change = nil
        record.score.explanations = []
        record.score.shapValues = []
        record.score.warnings = []
        record.score.dataSupport.largestReason = nil
        record.score.margin = .infinity
        record.score.baseValue = -.greatestFiniteMagnitude
        record.score.scoredAt = Timestamp(milliseconds: .min)
        record.score.source = .mlClaudeHybrid
        record.score.classification = .unqualified
        record.leadName = nil
        record.leadSource = nil
        record.features = nil
        record.lead = []
        record.body = []
        record.needsReview = false
        return record
    }

    public static var variety: [ScoreRecord] {
        var days = record("days")
        days.score.expectedCloseDays = -1
        return [record("a"), bare, days, record("large", bodyBytes: 300_000)]
            + Classification.allCases.map { classification in
                var record = record("class \(classification)")
                record.score.classification = classification
                return record
            }
    }
}
