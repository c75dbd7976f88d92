import Forest
import JSONBytes
import Leads
import Learning
import TestSupport
import Testing

@testable import Features
@testable import Scoring

struct CounterfactualTests {
    private func lead(_ message: String) -> Lead {
        var lead = LeadFactory.bare()
        lead.message = message
        return lead
    }

    @Test(arguments: [
        "Hello, is this still available?", "I would like to buy a house in Riverside some day.",
        "We are looking for a home, budget $400k to $500k.", "Thinking about selling and buying, need a loan.",
        "We want to move within 2 months, budget $450,000, we need financing.",
    ])
    func `each change lifts the lead into the next class, whatever it answers`(message: String) async throws {
        let fixture = try EngineFixture()
        let record = try await fixture.score(lead(message))
        let vector = try #require(record.features)
        let found = try fixture.engine.counterfactuals(
            features: vector, classification: record.score.classification, tenant: .local, asOf: record.score.scoredAt)
        #expect(found.status == .found, "\(found)")
        let target = record.score.classification == .cold ? Classification.warm : .hot
        #expect(found.target == target && found.changes.count <= CounterfactualSearch.maximumChanges)
        #expect(found.evaluations <= CounterfactualSearch.maximumEvaluations)
        let bar = target == .warm ? fixture.profile.thresholds.warm : fixture.profile.thresholds.hot
        let extractor = FeatureExtractor(profile: fixture.profile)
        func least(_ steps: [LeverStep]) throws -> Double {
            var outcomes = [vector]
            for step in steps {
                outcomes = outcomes.flatMap { extractor.outcomes(of: step, on: $0, asOf: record.score.scoredAt) }
            }
            return try outcomes.map {
                Figures.score(try fixture.engine.predict(features: $0, tenant: .local).assessment.mlScore)
            }.min()
                ?? 0
        }
        for change in found.changes {
            #expect(change.mlScore >= bar)
            #expect(try least(change.steps) == change.mlScore)
            #expect(change.sentence.hasSuffix("likely to close.") && change.sentence.contains(target.rawValue))
            guard change.steps.count > 1 else { continue }
            for step in change.steps { #expect(try least([step]) < bar, "\(step) is enough by itself") }
        }
        let sizes = found.changes.map(\.steps.count)
        #expect(sizes == sizes.sorted())
    }

    @Test func `of any features the search ends within its bound and speaks of no masked one`() throws {
        let fixture = try EngineFixture()
        var statuses: Set<Counterfactuals.Status> = []
        for seed in 0..<300 as Range<UInt64> {
            let found = try fixture.engine.counterfactuals(
                features: VectorFactory.random(seed: seed), classification: .cold, tenant: .local,
                asOf: fixture.clock.now)
            statuses.insert(found.status)
            #expect(found.evaluations <= CounterfactualSearch.maximumEvaluations)
            #expect(found.changes.isEmpty == (found.status != .found))
            for change in found.changes {
                for step in change.steps {
                    #expect(FeaturePolicy.standard.verdict(for: step.lever.feature) == .allowed)
                }
            }
        }
        #expect(statuses.isSuperset(of: [.found, .alreadyHot]))
    }

    @Test func `where there is nothing to say the answer says why`() async throws {
        let fixture = try EngineFixture()
        let now = fixture.clock.now
        let hot = try await fixture.score(
            lead("Cash buyer, we sign this week, exactly $450,000, condo in Riverside, when can we see it? asap"))
        #expect(hot.score.classification == .hot)
        let already = try fixture.engine.counterfactuals(
            features: hot.features, classification: .hot, tenant: .local, asOf: now)
        #expect(already.status == .alreadyHot && already.changes.isEmpty)
        let none = try fixture.engine.counterfactuals(features: nil, classification: .cold, tenant: .local, asOf: now)
        #expect(none.status == .notAvailable && none.reason?.contains("not stored") == true)
        let unqualified = try fixture.engine.counterfactuals(
            features: FeatureVector(), classification: .unqualified, tenant: .local, asOf: now)
        #expect(unqualified.status == .notAvailable)
        let table = try EngineFixture(model: TableModel.artifact())
        let own = try table.engine.counterfactuals(
            features: FeatureVector(), classification: .cold, tenant: .local, asOf: now)
        #expect(own.status == .notAvailable && own.reason?.contains("own columns") == true)
    }

    @Test func `the wire has the steps, the score and a sentence`() throws {
        let change = Counterfactuals.Change(
            steps: [LeverStep(.financing, 1), LeverStep(.propertyType, .nan)], mlScore: 57.25, probability: 0.0421,
            classification: .warm,
            sentence: LeverWording.sentence(
                [LeverStep(.financing, 1), LeverStep(.propertyType, .nan)], .warm, mlScore: 57.25, probability: 0.0421))
        var json = JSONWriter()
        json.beginObject()
        ScoreJSON.write(
            Counterfactuals(status: .found, target: .warm, changes: [change], evaluations: 9), from: FeatureVector(),
            to: &json)
        json.endObject()
        let expected =
            #"{"counterfactuals":[{"changes":[{"action":"get_pre_approval","feature_name":"financing_status_category","#
            + #""from":null,"to":"pre_approved"},{"action":"ask_property_type","feature_name":"property_type_preference","#
            + #""from":null,"to":null}],"ml_score":57.25,"conversion_probability":0.0421,"classification":"warm","#
            + #""sentence":"If a lender approves them in advance, and if you ask what kind of property they want, "#
            + #"whichever it is, they are warm: score at least 57.25, at least 4.2% likely to close."}],"#
            + #""counterfactuals_status":"found","counterfactuals_reason":null,"counterfactuals_target":"warm","#
            + #""counterfactuals_evaluations":9}"#
        #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
    }
}

/// A model of a team's own two columns.
enum TableModel {
    static func artifact() throws -> ModelArtifact {
        let margins = (0..<100).map { Double($0) / 25 - 2 }
        let calibration = Calibration(fitting: margins, labels: margins.map { $0 > 0.3 })
        let forest = try Forest(
            trees: [
                .stump(
                    feature: 0, threshold: 3, defaultLeft: true, left: -0.5, right: 0.75, leftCover: 60, rightCover: 40),
                .categoricalStump(
                    feature: 1, rightCategories: [1], defaultLeft: false, left: -0.25, right: 0.5, leftCover: 50,
                    rightCover: 50),
            ], featureNames: ["total_visits", "bestChannel"], featureTypes: ["float", "c"])
        return try ModelArtifact(
            forest: forest,
            parts: ModelArtifact.Parts(
                kind: .learned,
                schema: .table(
                    TableSchema(columns: [
                        TableColumn(name: "total_visits", kind: .number(.point)),
                        TableColumn(name: "bestChannel", kind: .category, vocabulary: ["web", "phone"]),
                    ])),
                calibration: calibration, reference: ReferenceQuantiles(margins: margins), card: ModelCard(name: "own"))
        )
    }
}
