import Features
import Leads
import TestSupport

@testable import Scoring

/// A score with every field set, for the tests of what carries one.
enum Samples {
    static func score(leadID: String = "lead_1") -> Score {
        let at = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 9, minute: 30, millisecond: 125))
        return Score(
            leadID: leadID, requestID: "req_1", mlScore: 71.4, conversionProbability: 0.212,
            probabilityInterval: ProbabilityInterval(lower: 0.15, upper: 0.29), confidence: 0.91,
            confidenceLevel: .high, classification: .warm, estimatedCommission: 28_500, expectedCommission: 6_042,
            expectedCloseDays: 60, source: .mlOnly, analysisSummary: "Warm.", keyInsights: ["One \"quoted\""],
            recommendations: [],
            explanations: [
                FeatureExplanation(
                    featureName: "is_pre_approved", featureValue: "yes", importance: 0.31, direction: .positive,
                    sentence: "They are approved, which raises the score.")
            ],
            shapValues: [Contribution(feature: "is_pre_approved", value: 0.1 + 0.2)], baseValue: -1.31,
            margin: -0.91, change: ScoreChange(from: 64, delta: 7.4, because: ["They are approved: up."]),
            model: ModelIdentity(name: "prior", version: "abc", sha256: "abcdef", priorWeight: 1),
            processingTimeMilliseconds: 0.21, inferenceTimeMilliseconds: 0.004, secondOpinionTimeMilliseconds: nil,
            dataSupport: DataSupport(missingFeatures: 9, outOfRange: [], unseenCategories: ["x"]), scoredAt: at,
            expiresAt: at.advanced(by: .seconds(300)), warnings: [])
    }
}
