import Features
import Forest
import Foundation
import Leads
import Learning
import TestSupport
import Testing

@testable import Scoring

@Suite struct PriorTests {
    private let artifact: ModelArtifact
    private let plan = OptimizationPlan.standard

    init() throws {
        artifact = try Prior.artifact(profile: AgencyProfile())
    }

    private func margin(_ vector: FeatureVector) throws -> Float {
        try artifact.forest.margin(of: ModelInput(vector: vector, plan: plan).row.span)
    }

    @Test func `it is called a prior wherever it shows`() {
        #expect(artifact.kind == .prior)
        #expect(artifact.card.name == "prior")
        #expect(artifact.priorWeight == 1)
        #expect(artifact.card.rows == 0)
        #expect(artifact.card.notes.contains { $0.contains("prior, not learned") })
        for assumption in ["0.3", "0.7"] { #expect(artifact.card.notes.contains { $0.contains(assumption) }) }
        #expect(artifact.canAssess)
    }

    @Test func `every weight is exact, has a reason, and names categories that exist`() {
        for weight in Prior.weights {
            let units = weight.logOdds / Prior.unit
            #expect(units == units.rounded() && units != 0, "\(weight.feature.name) \(weight.logOdds)")
            #expect(abs(weight.logOdds) < 1, "no single line may decide")
            #expect(!weight.reason.isEmpty)
            if case .oneOf(let words) = weight.condition {
                #expect(words.allSatisfy(weight.feature.vocabulary.contains), "\(weight.feature.name) \(words)")
            }
        }
    }

    @Test func `every feature has a weight or a reason to have none, and masked ones have none`() {
        let weighted = Set(Prior.weights.map(\.feature))
        let unweighted = Set(Prior.unweighted.map(\.feature))
        #expect(weighted.union(unweighted) == Set(Feature.allCases))
        #expect(weighted.isDisjoint(with: unweighted))
        #expect(weighted.isDisjoint(with: FeaturePolicy.standard.maskedFeatures))
    }

    @Test func `the forest is the table: its margin is the sum of the lines that hold`() throws {
        for seed in 0..<500 as Range<UInt64> {
            let vector = VectorFactory.random(seed: seed)
            var sum = Prior.baseLogOdds
            for weight in Prior.weights where weight.condition.holds(weight.feature, in: vector) {
                sum += weight.logOdds
            }
            #expect(try margin(vector) == sum, "seed \(seed)")
        }
    }

    @Test func `a missing value changes nothing`() throws {
        #expect(try margin(FeatureVector()) == Prior.baseLogOdds)
    }

    /// Directions that are plain to anybody: one feature moved from worse to better, all else as it was.
    @Test func `more readiness never lowers the score`() throws {
        let rising: [(Feature, [Double])] = [
            (.avgResponseTimeMinutes, [10_000, 4_320, 4_000, 1_440, 600, 60, 59, 10, 9, 0]),
            (.budgetSpecificityScore, [0, 0.4, 0.7, 1]), (.locationSpecificityCount, [0, 1, 2, 9]),
            (.messageLengthVariance, [0, 400, 4_000, 1e9]), (.urgencyKeywordFrequency, [0, 0.1, 0.3, 1]),
            (.marketTimingAwareness, [0, 0.5, 0.75, 1]), (.financingReadinessScore, [0.2, 0.5, 0.6, 0.85, 1]),
            (.businessFitAlignment, [0, 0.25, 0.5, 0.75, 1]),
            (.timelineCategory, [6, 5, 4, 3, 2, 1, 0]), (.engagementPattern, [0, 1, 2, 3]),
            (.decisionStage, [0, 1, 2, 3]), (.priorityLevel, [2, 1, 0]), (.hasSpecificBudget, [0, 1]),
            (.hasLocationPreference, [0, 1]), (.isPreApproved, [0, 1]), (.meetsBusinessCriteria, [0, 1]),
            (.showsUrgencySignals, [0, 1]), (.inServiceArea, [0, 1]), (.repeatInteraction, [0, 1]),
            (.marketTimingOptimal, [0, 1]),
        ]
        for seed in 0..<40 as Range<UInt64> {
            let start = VectorFactory.random(seed: seed)
            for (feature, values) in rising {
                var last = -Float.infinity
                for value in values {
                    var vector = start
                    vector[feature] = value
                    let margin = try margin(vector)
                    #expect(margin >= last, "\(feature.name) at \(value), seed \(seed)")
                    last = margin
                }
            }
        }
    }

    @Test func `SHAP values add up to the margin, and masked features have none`() throws {
        let model = try LoadedModel(artifact)
        for seed in 0..<200 as Range<UInt64> {
            let input = ModelInput(vector: VectorFactory.random(seed: seed), plan: plan)
            let contributions = try model.contributions(of: input.row)
            let sum = contributions.reduce(artifact.forest.baseValue, +)
            #expect(abs(sum - Double(try model.margin(of: input.row))) < 1e-5, "seed \(seed)")
            for masked in plan.masked { #expect(contributions[masked.rawValue] == 0) }
        }
    }

    @Test func `an approved buyer in a hurry ranks above a browser`() throws {
        var ready = FeatureVector()
        ready.set(.isPreApproved, bool: true)
        ready[.financingReadinessScore] = 0.85
        _ = ready.set(.timelineCategory, category: "1_month")
        _ = ready.set(.engagementPattern, category: "engaged")
        ready.set(.repeatInteraction, bool: true)
        ready.set(.hasSpecificBudget, bool: true)
        var browser = FeatureVector()
        _ = browser.set(.decisionStage, category: "exploration")
        _ = browser.set(.timelineCategory, category: "flexible")
        let reference = try #require(artifact.reference)
        let (high, low) = (try margin(ready), try margin(browser))
        #expect(reference.score(ofMargin: Double(high)) >= 80)
        #expect(reference.score(ofMargin: Double(low)) < 30)
    }

    @Test func `it survives XGBoost's own JSON bit for bit`() throws {
        let again = try Forest(xgboost: artifact.forest.xgboostJSON())
        #expect(again.treeCount == artifact.forest.treeCount)
        #expect(again.baseMargin == 0)
        for seed in 0..<200 as Range<UInt64> {
            let row = ModelInput(vector: VectorFactory.random(seed: seed), plan: plan).row
            let (one, other) = (try artifact.forest.margin(of: row.span), try again.margin(of: row.span))
            #expect(one.bitPattern == other.bitPattern, "seed \(seed)")
        }
    }

    @Test func `it survives its own file, with the same identity`() throws {
        let again = try ModelArtifact(serialized: artifact.serialized())
        #expect(again.sha256 == artifact.sha256)
        #expect(again.kind == .prior)
        #expect(again.assumed == artifact.assumed)
        #expect(try Prior.artifact(profile: AgencyProfile()).sha256 == artifact.sha256)
    }

    @Test func `less known is less sure, and never narrower`() throws {
        let bare = ModelInput(vector: FeatureVector(), plan: plan)
        var known = FeatureVector()
        for feature in Feature.allCases { known[feature] = 0 }
        let full = ModelInput(vector: known, plan: plan)
        let margin: Float = -4
        // Not inside #require: its macro can't hold a span.
        let bareAssessment = artifact.assess(margin: margin, row: bare.row.span, outOfRange: [], unseen: [])
        let fullAssessment = artifact.assess(margin: margin, row: full.row.span, outOfRange: [], unseen: [])
        let unsure = try #require(bareAssessment)
        let sure = try #require(fullAssessment)
        #expect(unsure.confidence < sure.confidence)
        #expect(unsure.interval.lower < sure.interval.lower)
        #expect(unsure.interval.upper > sure.interval.upper)
        // 0.3² of the weights and 0.7² of the base rate, 90%.
        let reach = 1.6448536269514722 * (0.3 * 0.3 + 0.7 * 0.7 + maskedVariance).squareRoot()
        #expect(abs(logit(sure.interval.upper) - (Double(margin) + reach)) < 1e-6)
    }

    private var maskedVariance: Double {
        plan.masked.reduce(0) { $0 + (artifact.assumed?.missingVariances[$1.rawValue] ?? 0) }
    }

    private func logit(_ probability: Double) -> Double { log(probability / (1 - probability)) }
}
