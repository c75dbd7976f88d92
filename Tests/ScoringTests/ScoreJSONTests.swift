import Features
import JSONBytes
import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite struct ScoreJSONTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `an answer has the contract's fields in the contract's order`() {
        let expected =
            #"{"lead_id":"lead_1","request_id":"req_1","ml_score":71.4,"conversion_probability":0.212,"#
            + #""probability_interval":[0.15,0.29],"ml_confidence":0.91,"confidence_level":"high","#
            + #""classification":"warm","estimated_commission":28500.0,"expected_commission":6042.0,"#
            + #""expected_close_days":60,"score_source":"ml_only","analysis_summary":"Warm.","#
            + #""key_insights":["One \"quoted\""],"recommendations":[],"feature_explanations":[{"#
            + #""feature_name":"is_pre_approved","feature_value":"yes","importance_score":0.31,"#
            + #""impact_direction":"positive","human_explanation":"They are approved, which raises the score."}],"#
            + #""shap_values":{"is_pre_approved":0.30000000000000004},"base_value":-1.31,"margin":-0.91,"#
            + #""change":{"from":64.0,"delta":7.4,"because":["They are approved: up."]},"#
            + #""model":{"name":"prior","version":"abc","sha256":"abcdef","prior_weight":1.0},"#
            + #""processing_time_ms":0.21,"ml_inference_time_ms":0.004,"claude_analysis_time_ms":null,"#
            + #""data_support":{"missing_features":9,"out_of_range":[],"unseen_categories":["x"],"#
            + #""largest_reason":null},"cache_hit":false,"scored_at":"2026-11-22T09:30:00.125Z","#
            + #""expires_at":"2026-11-22T09:35:00.125Z","warnings":[]}"#
        #expect(text(ScoreJSON.score(Samples.score())) == expected)
    }

    @Test func `without explanations both lists are absent and nothing else changes`() throws {
        var options = ScoreJSON.Options()
        options.includeExplanations = false
        let short = try JSONDocument(parsing: ScoreJSON.score(Samples.score(), options: options)).root
        let whole = try JSONDocument(parsing: ScoreJSON.score(Samples.score())).root
        #expect(short["feature_explanations"] == nil)
        #expect(short["shap_values"] == nil)
        #expect(short.count == whole.count - 2)
        #expect(short["margin"]?.double == -0.91)
    }

    @Test func `features put into a stored body give the same bytes as features asked for at once`() {
        let vector = VectorFactory.random(seed: 3)
        var options = ScoreJSON.Options()
        options.features = vector
        let atOnce = ScoreJSON.score(Samples.score(), options: options)
        #expect(ScoreJSON.adding(features: vector, to: ScoreJSON.score(Samples.score())) == atOnce)
    }

    @Test func `features on the wire read back to the same bits`() throws {
        for seed in 0..<200 as Range<UInt64> {
            let vector = VectorFactory.random(seed: seed)
            var options = ScoreJSON.Options()
            options.features = vector
            let root = try JSONDocument(parsing: ScoreJSON.score(Samples.score(), options: options)).root
            #expect(root["features"]?["schema"]?.string == "features/1")
            let values = try #require(root["features"]?["values"])
            var back = FeatureVector()
            for feature in Feature.allCases {
                let value = try #require(values[feature.name])
                if value.isNull { continue }
                switch feature.kind {
                case .numerical: back[feature] = try #require(value.double)
                case .categorical: #expect(back.set(feature, category: try #require(value.string)))
                case .boolean: back.set(feature, bool: value.bool)
                }
            }
            #expect(back == vector, "seed \(seed)")
        }
    }

    @Test func `a hit says so and keeps the rest`() throws {
        var options = ScoreJSON.Options()
        options.isCacheHit = true
        options.requestID = "mine"
        let hit = try JSONDocument(parsing: ScoreJSON.score(Samples.score(), options: options)).root
        #expect(hit["cache_hit"]?.bool == true)
        #expect(hit["score_source"]?.string == "cache")
        #expect(hit["request_id"]?.string == "mine")
        #expect(hit["scored_at"]?.string == "2026-11-22T09:30:00.125Z")
    }

    @Test func `the event's data is the score without explanations, with name and source`() throws {
        let data = ScoreJSON.leadScored(Samples.score(), name: "Ann", source: nil, needsReview: true)
        let root = try JSONDocument(parsing: data).root
        #expect(root["lead_name"]?.string == "Ann")
        #expect(root["source"]?.isNull == true)
        #expect(root["needs_review"]?.bool == true)
        #expect(root["ml_score"]?.double == 71.4)
        #expect(root["classification"]?.string == "warm")
        #expect(root["feature_explanations"] == nil)
        #expect(root["shap_values"] == nil)
    }

    @Test func `a frame has the five keys, and the data byte for byte`() {
        let event = NewEvent(
            tenant: .local, type: .leadScored, id: "evt_1", timestamp: Samples.score().scoredAt,
            data: Array(#"{"a":1}"#.utf8), leadID: "x")
        let frame = ScoreJSON.frame(CommittedEvent(event: event, offset: 1_043, epoch: "e"))
        #expect(
            text(frame)
                == #"{"event_type":"lead_scored","data":{"a":1},"timestamp":"2026-11-22T09:30:00.125Z","#
                + #""id":"evt_1","offset":1043}"#)
    }

    @Test func `history says what changed between each two and how it goes`() throws {
        var old = FeatureVector()
        old.set(.isPreApproved, bool: false)
        _ = old.set(.communicationStyle, category: "casual")
        var new = old
        new.set(.isPreApproved, bool: true)
        // Two features that say the same, and one that has no other word for what it became.
        new.set(.hasSpecificBudget, bool: false)
        new[.budgetSpecificityScore] = 0.5
        old[.messageLengthVariance] = 500
        new[.messageLengthVariance] = 510
        _ = new.set(.communicationStyle, category: "formal")
        func stored(_ score: Double, _ vector: FeatureVector, _ model: String) -> StoredScore {
            StoredScore(
                leadID: "a", leadName: nil, leadSource: nil, mlScore: score, conversionProbability: 0.1,
                confidence: 0.7, classification: .warm, estimatedCommission: 100, needsReview: false,
                modelSHA256: model, scoredAt: Samples.score().scoredAt, features: vector, body: [])
        }
        let scores = [stored(70, new, "m2"), stored(60.5, old, "m1")]
        let root = try JSONDocument(parsing: ScoreJSON.history(leadID: "a", scores: scores)).root
        #expect(root["trend"]?.string == "rising")
        let entries = try #require(root["scores"]).elements.map { $0 }
        #expect(entries.count == 2)
        #expect(entries[0]["change"]?["from"]?.double == 60.5)
        #expect(entries[0]["change"]?["delta"]?.double == 9.5)
        let because = try #require(entries[0]["change"]?["because"]).elements.compactMap(\.string)
        // The masked feature changed too, and is not spoken of.
        #expect(
            because == [
                "The model changed.", "They gave a budget range. Before: Their budget is not known yet.",
                "They have named no budget. Before: Their budget is not known yet.",
                "They say they are approved or pay cash. Before: They are not approved by a lender yet.",
            ])
        #expect(entries[1]["change"]?.isNull == true)
        #expect(entries[0]["expected_commission"]?.double == 10)
    }

    @Test(
        arguments: [
            ([50.0], nil), ([53, 50], "rising"), ([52, 50], "steady"), ([48, 50], "steady"), ([47, 60, 50], "falling"),
        ] as [([Double], String?)])
    func `a trend needs two scores and more than two points`(scores: [Double], trend: String?) {
        let stored = scores.map { score in
            StoredScore(
                leadID: "a", leadName: nil, leadSource: nil, mlScore: score, conversionProbability: 0.1,
                confidence: 0.7, classification: .warm, estimatedCommission: nil, needsReview: false,
                modelSHA256: "m", scoredAt: Samples.score().scoredAt, features: nil, body: [])
        }
        #expect(ScoreJSON.trend(stored) == trend)
    }
}
