import Features
import JSONBytes
import Leads
import Learning
import TestSupport
import Testing

@testable import Scoring

@Suite(.timeLimit(.minutes(5))) struct ScoringEngineTests {
    @Test func `the first command of the contract gets a whole score`() async throws {
        let fixture = try EngineFixture()
        let answer = try await fixture.engine.score(fixture.request(LeadFactory.bare()))
        let root = try JSONDocument(parsing: answer.body).root
        #expect(root["lead_id"]?.string == "test_123")
        let score = try #require(root["ml_score"]?.double)
        #expect((0...100).contains(score))
        #expect(root["classification"]?.string == "cold")
        #expect(root["model"]?["name"]?.string == "prior")
        #expect(root["model"]?["prior_weight"]?.double == 1)
        #expect(root["analysis_summary"]?.string?.contains("not learned") == true)
        #expect(root["estimated_commission"]?.isNull == true)
        let warnings = try #require(root["warnings"]).elements.compactMap(\.string)
        #expect(warnings.contains { $0.hasPrefix("no_price") })
        #expect(warnings.contains { $0.hasPrefix("no_timeline") })
        #expect(root["scored_at"]?.string == fixture.clock.now.description)
        #expect(root["expires_at"]?.string == fixture.clock.now.advanced(by: .seconds(300)).description)
    }

    @Test func `answer, record and event are made of the same committed score`() async throws {
        let fixture = try EngineFixture()
        let answer = try await fixture.engine.score(
            fixture.request(LeadFactory.ready(at: fixture.clock.now)) { $0.escalation = .never })
        let commit = try #require(fixture.store.commits.first)
        #expect(fixture.store.commits.count == 1)
        #expect(commit.scores.count == 1)
        #expect(commit.scores.first?.body == answer.body)
        #expect(commit.events.map(\.type) == [.leadScored])
        let body = try JSONDocument(parsing: answer.body).root
        let data = try JSONDocument(parsing: try #require(commit.events.first).data).root
        #expect(data["lead_name"]?.string == "Avery Oak")
        #expect(data["source"]?.string == "referral")
        var compared = 0
        for (key, value) in body.members where key != "feature_explanations" && key != "shap_values" {
            #expect(data[key].map { Array($0.bytes) } == Array(value.bytes), "\(key)")
            compared += 1
        }
        #expect(compared > 20)
    }

    @Test func `SHAP, base value and margin add up in every answer`() async throws {
        let fixture = try EngineFixture()
        for lead in LeadFactory.simulated(50, at: fixture.clock.now) {
            let score = try await fixture.score(lead).score
            let sum = score.shapValues.reduce(score.baseValue) { $0 + $1.value }
            #expect(abs(sum - score.margin) < 1e-5, "\(lead.id)")
            #expect(score.shapValues.count == 26)
        }
    }

    @Test func `nothing is ever said about a masked feature`() async throws {
        let fixture = try EngineFixture()
        for lead in LeadFactory.simulated(50, at: fixture.clock.now) {
            let record = try await fixture.score(lead)
            let body = String(decoding: record.body, as: UTF8.self)
            #expect(!body.contains("primary_location_area") && !body.contains("communication_style"), "\(lead.id)")
        }
    }

    @Test func `every explanation is one sentence about a named feature`() async throws {
        let fixture = try EngineFixture()
        for lead in LeadFactory.simulated(50, at: fixture.clock.now) {
            let score = try await fixture.score(lead).score
            #expect(!score.explanations.isEmpty)
            #expect(score.explanations.count <= Explainer.maximumExplanations)
            for explanation in score.explanations {
                let feature = try #require(Feature(name: explanation.featureName))
                #expect(explanation.sentence.hasSuffix("s the score."), "\(explanation.sentence)")
                #expect(!explanation.sentence.contains("_"), "\(feature.name): \(explanation.sentence)")
                #expect((0...1).contains(explanation.importance))
            }
            let magnitudes = score.explanations.map(\.importance)
            #expect(magnitudes == magnitudes.sorted(by: >))
        }
    }

    @Test(arguments: [
        (79.99, Classification.warm), (80, .hot), (100, .hot), (50, .warm), (49.99, .cold), (0, .cold),
    ])
    func `the class follows the shown score and the profile's thresholds`(
        score: Double, expected: Classification
    ) throws {
        let fixture = try EngineFixture()
        var facts = try facts(fixture, LeadFactory.bare(), mlScore: score)
        #expect(facts.classification(AgencyProfile.Thresholds()) == expected)
        var stricter = AgencyProfile.Thresholds()
        stricter.hot = 101
        stricter.warm = 101
        #expect(facts.classification(stricter) == .cold)
        facts = try self.facts(fixture, LeadFactory.bare(), mlScore: score, unqualified: "spam")
        #expect(facts.classification(AgencyProfile.Thresholds()) == .unqualified)
    }

    @Test(arguments: [
        (475_000.0, 0.06, 0.25, 28_500.0, 7_125.0), (450_000, 0.06, 0.212, 27_000, 5_724),
        (333_333, 0.025, 0.5, 8_333.33, 4_166.67), (0.01, 0.06, 1, 0, 0),
    ])
    func `commission is price times rate, expected is that times the probability, in cents`(
        price: Double, rate: Double, probability: Double, estimated: Double, expected: Double
    ) throws {
        var profile = AgencyProfile()
        profile.commissionRate = rate
        let fixture = try EngineFixture(profile: profile)
        let facts = try facts(fixture, LeadFactory.bare(), mlScore: 60, price: price, probability: probability)
        let score = facts.score(
            profile: profile, verdict: .init(isEscalated: false, isOverBudget: false, needsReview: false), change: nil,
            freshness: .seconds(300))
        #expect(score.estimatedCommission == estimated)
        #expect(score.expectedCommission == expected)
        #expect(!score.warnings.contains { $0.hasPrefix("no_price") })
    }

    @Test func `a stated range gives the commission on its middle`() async throws {
        let fixture = try EngineFixture()
        var lead = LeadFactory.bare()
        lead.budgetRange = "$450k-$500k"
        #expect(try await fixture.score(lead).score.estimatedCommission == 28_500)
    }

    @Test func `days to close come from the agency's own closings of that timeline`() async throws {
        let fixture = try EngineFixture()
        var lead = LeadFactory.bare()
        lead.timelineUrgency = "within 30 days"
        let before = try await fixture.score(lead).score
        #expect(before.expectedCloseDays == nil)
        #expect(before.warnings.contains { $0.hasPrefix("close_days_unknown") })
        let timeline = try #require(fixture.store.commits.first?.scores.first?.features?.category(.timelineCategory))
        fixture.store.setCloseDays(42, timeline: timeline)
        // Asked of the store again after a minute, not for every lead.
        #expect(try await fixture.score(lead) { $0.forceRefresh = true }.score.expectedCloseDays == nil)
        #expect(fixture.store.closeDaysReads == 1)
        fixture.clock.advance(by: .seconds(61))
        let after = try await fixture.score(lead) { $0.forceRefresh = true }.score
        #expect(after.expectedCloseDays == 42)
        #expect(!after.warnings.contains { $0.hasPrefix("close_days_unknown") })
    }

    @Test func `features scored alone give the same bits as the lead they came from`() async throws {
        let fixture = try EngineFixture()
        for lead in LeadFactory.simulated(40, at: fixture.clock.now) {
            let whole = try await fixture.score(lead)
            let vector = try #require(whole.features)
            let answer = try await fixture.engine.score(fixture.request("\(lead.id)_again", vector))
            let again = try #require(answer.record).score
            #expect(again.margin.bitPattern == whole.score.margin.bitPattern)
            #expect(again.mlScore == whole.score.mlScore)
            #expect(again.shapValues == whole.score.shapValues)
            let prediction = try fixture.engine.predict(features: vector, tenant: .local)
            #expect(Double(prediction.margin).bitPattern == whole.score.margin.bitPattern)
        }
    }

    @Test func `the same lead at the same moment scores to the same bytes on another engine`() async throws {
        let (one, other) = (try EngineFixture(), try EngineFixture())
        for lead in LeadFactory.simulated(20, at: one.clock.now) {
            var first = try await one.score(lead) { $0.requestID = "r" }.score
            var second = try await other.score(lead) { $0.requestID = "r" }.score
            for time in [\Score.processingTimeMilliseconds, \Score.inferenceTimeMilliseconds] {
                first[keyPath: time] = 0
                second[keyPath: time] = 0
            }
            #expect(ScoreJSON.score(first) == ScoreJSON.score(second))
        }
    }

    @Test func `an opted-out lead is not scored, from the cache neither`() async throws {
        let fixture = try EngineFixture()
        let lead = LeadFactory.bare()
        _ = try await fixture.score(lead)
        try await fixture.store.optOut(lead.id, tenant: .local, at: fixture.clock.now)
        try await fixture.engine.forget(leadID: lead.id, tenant: .local)
        await #expect(throws: ScoringError.optedOut) { try await fixture.score(lead) }
        await #expect(throws: ScoringError.optedOut) { try await fixture.score(lead) { $0.forceRefresh = true } }
        #expect(fixture.scoreCount == 1)
    }

    @Test func `a lead forgotten while it is computed does not stay in the cache`() async throws {
        let fixture = try EngineFixture()
        let lead = LeadFactory.bare()
        fixture.store.hold()
        async let scored = fixture.score(lead)
        await fixture.store.commitIsHeld()
        try await fixture.engine.forget(leadID: lead.id, tenant: .local)
        fixture.store.release()
        _ = try await scored
        #expect(fixture.cache.statistics.entries == 0)
    }

    @Test func `what is not stored is not acknowledged, nor cached`() async throws {
        let fixture = try EngineFixture()
        let failure = StoreError(.unavailable, "commit")
        fixture.store.failCommits(failure)
        await #expect(throws: ScoringError.store(failure)) { try await fixture.score(LeadFactory.bare()) }
        #expect(fixture.cache.statistics.entries == 0)
        fixture.store.failCommits(nil)
        #expect(try await fixture.engine.score(fixture.request(LeadFactory.bare())).cacheHit == false)
        #expect(fixture.engine.statistics.failures == 1)
    }

    @Test func `the model tests itself, and a swapped one serves the next request`() async throws {
        let fixture = try EngineFixture()
        #expect(fixture.engine.selfTest())
        var profile = AgencyProfile()
        profile.thresholds.hot = 95
        let other = try Prior.artifact(profile: profile)
        let before = try await fixture.score(LeadFactory.bare())
        try fixture.engine.serve(other, in: .everyone)
        let answer = try await fixture.engine.score(fixture.request(LeadFactory.bare()))
        #expect(!answer.cacheHit, "another model's score is not this one's")
        let after = try #require(answer.record).score
        #expect(after.model.sha256 == other.sha256 && before.score.model.sha256 != other.sha256)
        #expect(after.change?.because.first == "The model changed.")
    }

    @Test func `a model that can't assess is refused`() throws {
        let prior = try Prior.artifact(profile: AgencyProfile())
        let bare = try ModelArtifact(
            forest: prior.forest,
            parts: ModelArtifact.Parts(kind: .imported, schema: .leadFeatures(.standard), card: ModelCard(name: "x")))
        #expect(throws: ScoringError.noModel) { try EngineFixture(model: bare) }
    }

    @Test func `stages are measured`() async throws {
        let fixture = try EngineFixture()
        _ = try await fixture.score(LeadFactory.bare())
        _ = try await fixture.score(LeadFactory.bare())
        let statistics = fixture.engine.statistics
        #expect(statistics.scored == 1)
        #expect(statistics.cacheHits == 1)
        #expect(statistics.cacheHitRate == 0.5)
        for stage in ScoringStage.allCases {
            #expect(statistics.sinceStart[stage]?.count == (stage == .total ? 2 : 1))
            #expect(statistics.lastMinute[stage]?.count == (stage == .total ? 2 : 1))
        }
    }

    /// Facts with what a test wants to fix.
    private func facts(
        _ fixture: EngineFixture, _ lead: Lead, mlScore: Double, price: Double? = nil, probability: Double = 0.2,
        unqualified: String? = nil
    ) throws -> ScoreFacts {
        let model = fixture.engine.champion(of: .local)
        let request = fixture.request(lead)
        var input = try ModelInput(
            request, model: model, extractor: fixture.engine.extractor, asOf: fixture.clock.now)
        input.price = price
        input.unqualifiedReason = unqualified
        var prediction = try fixture.engine.predict(input, model)
        prediction.assessment.mlScore = mlScore
        prediction.assessment.probability = probability
        return ScoreFacts(
            request: request, model: model, input: input, prediction: prediction,
            state: LeadState(latest: nil, optedOut: false), closeDays: nil, now: fixture.clock.now,
            inferenceTime: .zero, warnings: [])
    }
}
