import Features
import JSONBytes
import Leads
import TestSupport
import Testing

@testable import Scoring

/// Who is escalated, who stands in the review list, and what changed since the last score.
@Suite(.timeLimit(.minutes(5))) struct EscalationTests {
    /// Every lead is uncertain.
    private func doubtful(share: Double = 0.2) throws -> EngineFixture {
        var profile = AgencyProfile()
        profile.thresholds.confidence = 1.01
        var configuration = ScoringConfiguration()
        configuration.escalationShare = share
        return try EngineFixture(profile: profile, configuration: configuration)
    }

    @Test func `an uncertain lead raises the event and stands in the review list`() async throws {
        let fixture = try doubtful()
        let record = try await fixture.score(LeadFactory.bare())
        #expect(record.needsReview)
        #expect(fixture.eventTypes == [.leadScored, .leadEscalated])
        let data = try JSONDocument(parsing: try #require(fixture.store.commits.first?.events.last).data).root
        #expect(data["lead_id"]?.string == "test_123")
        #expect(data["ml_confidence"]?.double == record.score.confidence)
        #expect(data["reason"]?.string?.isEmpty == false)
    }

    @Test func `a confident lead does neither`() async throws {
        var profile = AgencyProfile()
        profile.thresholds.confidence = 0
        let fixture = try EngineFixture(profile: profile)
        #expect(try await fixture.score(LeadFactory.bare()).needsReview == false)
        #expect(fixture.eventTypes == [.leadScored])
    }

    @Test func `over the budget a lead says so and raises nothing`() async throws {
        let fixture = try doubtful()
        var escalated = 0
        for index in 0..<10 {
            let record = try await fixture.score(LeadFactory.bare("lead_\(index)"))
            let saysSo = record.score.warnings.contains { $0.hasPrefix("escalation_over_budget") }
            #expect(record.needsReview != saysSo)
            escalated += record.needsReview ? 1 : 0
        }
        #expect(escalated == 2)
        #expect(fixture.eventTypes.count { $0 == .leadEscalated } == 2)
        #expect(fixture.engine.statistics.escalations == 2)
    }

    @Test(arguments: [(Escalation.auto, true, false), (.wait, true, true), (.never, false, false)])
    func `auto and wait escalate, never does not; wait without a second opinion says so`(
        escalation: Escalation, isEscalated: Bool, warns: Bool
    ) async throws {
        let fixture = try doubtful()
        let record = try await fixture.score(LeadFactory.bare()) { $0.escalation = escalation }
        #expect(record.needsReview == isEscalated)
        #expect(record.score.warnings.contains("second_opinion_not_configured") == warns)
        #expect(!record.score.warnings.contains { $0.hasPrefix("escalation_over_budget") })
    }

    @Test func `wait answers at once from the cache too, and says why`() async throws {
        let fixture = try doubtful()
        _ = try await fixture.score(LeadFactory.bare())
        let hit = try await fixture.engine.score(fixture.request(LeadFactory.bare()) { $0.escalation = .wait })
        #expect(hit.cacheHit)
        let warnings = try #require(try JSONDocument(parsing: hit.body).root["warnings"]).elements.compactMap(\.string)
        #expect(warnings.contains("second_opinion_not_configured"))
    }

    @Test func `the review list keeps an uncertain lead and lets a confident one go`() async throws {
        let fixture = try doubtful()
        let lead = LeadFactory.bare()
        #expect(try await fixture.score(lead).needsReview)
        // The budget is used: no second event, but the lead stays, without a warning.
        let again = try await fixture.score(lead) { $0.forceRefresh = true }
        #expect(again.needsReview)
        #expect(!again.score.warnings.contains { $0.hasPrefix("escalation_over_budget") })
        var sure = AgencyProfile()
        sure.thresholds.confidence = 0
        let later = try ScoringEngine(
            model: fixture.engine.everyonesModel, profile: sure, store: fixture.store, cache: fixture.cache,
            clock: fixture.clock)
        let confident = try await later.score(fixture.request(lead) { $0.forceRefresh = true })
        #expect(confident.record?.needsReview == false)
    }

    @Test func `an unqualified lead goes to a person, with the reason`() async throws {
        var profile = AgencyProfile()
        profile.thresholds.confidence = 0
        profile.criteria.priceFrom = 1_000_000
        profile.criteria.hard = [.price]
        let fixture = try EngineFixture(profile: profile)
        var lead = LeadFactory.bare()
        lead.message = "I want to buy a house, my budget is $300,000."
        let record = try await fixture.score(lead)
        #expect(record.score.classification == .unqualified)
        #expect(record.needsReview)
        #expect(record.score.analysisSummary.contains("review"))
        #expect(record.score.keyInsights.first?.hasPrefix("For a person to review: ") == true)
    }

    // MARK: Change

    @Test func `the first score has no change, the next one says what moved it`() async throws {
        let fixture = try EngineFixture()
        var lead = LeadFactory.bare()
        lead.message = "Hello, I would like to know more."
        let first = try await fixture.score(lead)
        #expect(first.score.change == nil)
        fixture.clock.advance(by: .seconds(60))
        lead.message = "We are pre-approved and want to buy within 30 days, budget $450,000."
        let second = try await fixture.score(lead)
        let change = try #require(second.score.change)
        #expect(change.from == first.score.mlScore)
        let (before, after) = (try #require(first.score.mlScore), try #require(second.score.mlScore))
        #expect(change.delta == Figures.score(after - before))
        #expect(change.delta > 10)
        #expect((1...3).contains(change.because.count))
        #expect(change.because.allSatisfy { $0.hasSuffix(", which moved the score up.") }, "\(change.because)")
        let events = try #require(fixture.store.commits.last).events
        let changed = try #require(events.first { $0.type == .scoreChanged })
        let data = try JSONDocument(parsing: changed.data).root
        #expect(data["from"]?.double == before)
        #expect(data["previous_classification"]?.string == first.score.classification.rawValue)
    }

    @Test func `the reasons of a change are the differences of the stored contributions, the largest first`()
        async throws
    {
        let fixture = try EngineFixture()
        let before = try await fixture.score(lead("Hello, I would like to know more.")).score
        fixture.clock.advance(by: .seconds(60))
        let after = try await fixture.score(lead("Pre-approved, we want to buy within 30 days, $450,000.")).score
        let moves = zip(before.shapValues, after.shapValues).map { ($1.feature, $1.value - $0.value) }
            .sorted { abs($0.1) > abs($1.1) }
        let because = try #require(after.change?.because)
        let largest = try #require(after.explanations.first { $0.featureName == moves[0].0 })
        let statement = try #require(largest.sentence.split(separator: ", which").first)
        #expect(because.first == "\(statement), which moved the score up.")
        // Reading the stored body gives the same as running the old features through the model again.
        let stored = try #require(fixture.store.commits.first?.scores.first)
        let document = try JSONDocument(parsing: stored.body).root
        #expect(document["shap_values"]?.members.map(\.value.double) == before.shapValues.map(\.value))
    }

    @Test func `a team's own columns say what moved in its words`() async throws {
        let fixture = try EngineFixture(model: TableModel.artifact())
        var lead = LeadFactory.bare()
        lead.customFields = [CustomField(name: "total_visits", value: .number(1))]
        let first = try await fixture.score(lead).score
        #expect(first.explanations.first?.sentence == "Total visits is 1, which lowers the score.")
        fixture.clock.advance(by: .seconds(60))
        lead.customFields = [
            CustomField(name: "total_visits", value: .number(1_200)),
            CustomField(name: "bestChannel", value: .text("web")),
        ]
        let second = try await fixture.score(lead).score
        #expect(
            second.change?.because == [
                "Total visits is 1200, which moved the score up.", "Best channel is web, which moved the score down.",
            ])
    }

    private func lead(_ message: String) -> Lead {
        var lead = LeadFactory.bare()
        lead.message = message
        return lead
    }

    @Test func `a score that did not move raises no score_changed`() async throws {
        let fixture = try EngineFixture()
        _ = try await fixture.score(LeadFactory.bare())
        let again = try await fixture.score(LeadFactory.bare()) { $0.forceRefresh = true }
        #expect(again.score.change == ScoreChange(from: try #require(again.score.mlScore), delta: 0, because: []))
        #expect(!fixture.eventTypes.contains(.scoreChanged))
    }
}
