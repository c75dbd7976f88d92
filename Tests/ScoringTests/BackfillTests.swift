import Features
import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite(.timeLimit(.minutes(5))) struct BackfillTests {
    private static let day = Duration.seconds(86_400)

    private func past(
        _ lead: Lead, daysAgo: Int, _ fixture: EngineFixture, outcome: Outcome.Result? = nil
    ) -> PastLead {
        let at = fixture.clock.now.advanced(by: .zero - Self.day * daysAgo)
        return PastLead(
            lead: lead, json: Array("{\"lead_id\":\"\(lead.id)\"}".utf8), at: at,
            outcome: outcome.map {
                Outcome(leadID: lead.id, result: $0, value: 1_000, at: at.advanced(by: Self.day))
            })
    }

    @Test func `a batch is one silent commit of scores as of their moments and of outcomes`() async throws {
        let fixture = try EngineFixture()
        let leads = LeadFactory.simulated(100, at: fixture.clock.now.advanced(by: .zero - Self.day * 400))
        let rows = leads.enumerated().map { past($1, daysAgo: 300 + $0, fixture, outcome: $0 % 4 == 0 ? .won : nil) }
        let results = try await fixture.engine.backfill(rows, tenant: .local)
        #expect(results.allSatisfy { $0 == .scored })
        #expect(fixture.store.commits.count == 1 && fixture.eventTypes.isEmpty)
        let commit = try #require(fixture.store.commits.first)
        #expect(commit.scores.count == 100 && commit.outcomes.count == 25 && commit.idempotency.isEmpty)
        for (row, record) in zip(rows, commit.scores) {
            #expect(record.score.scoredAt == row.at && !record.needsReview && record.score.change == nil)
            // The same bits as scoring the lead at that moment.
            fixture.clock.advance(by: row.at.duration(since: fixture.clock.now))
            let then = try await fixture.score(row.lead) { $0.forceRefresh = true }
            #expect(then.score.margin.bitPattern == record.score.margin.bitPattern)
            #expect(then.features == record.features && then.score.shapValues == record.score.shapValues)
        }
    }

    @Test func `nothing dated after the moment is read`() async throws {
        let fixture = try EngineFixture()
        let at = fixture.clock.now.advanced(by: .zero - Self.day * 30)
        func lead(_ bodies: [(String, Duration)]) -> Lead {
            var lead = LeadFactory.bare("lead")
            lead.messages = bodies.map { Message(direction: .inbound, body: $0.0, at: at.advanced(by: $0.1)) }
            return lead
        }
        let before: [(String, Duration)] = [("Hello, looking around", .zero - Self.day)]
        let with = lead(before + [("Cash buyer, must close this week, $450,000", Self.day)])
        _ = try await fixture.engine.backfill([past(with, daysAgo: 30, fixture)], tenant: .local)
        _ = try await fixture.engine.backfill([past(lead(before), daysAgo: 30, fixture)], tenant: Tenant("other"))
        let records = fixture.store.commits.flatMap(\.scores)
        #expect(records.count == 2 && records[0].features == records[1].features)
    }

    @Test func `running it again stores no score twice`() async throws {
        let fixture = try EngineFixture()
        let rows = (0..<10).map { past(LeadFactory.bare("lead \($0)"), daysAgo: 10 + $0, fixture, outcome: .lost) }
        _ = try await fixture.engine.backfill(rows + [rows[0]], tenant: .local)
        #expect(fixture.scoreCount == 10)
        let again = try await fixture.engine.backfill(rows, tenant: .local)
        #expect(again.allSatisfy { $0 == .known } && fixture.scoreCount == 10)
        // Another moment of the same lead is another score.
        let other = past(LeadFactory.bare("lead 0"), daysAgo: 3, fixture)
        #expect(try await fixture.engine.backfill([other], tenant: .local) == [.scored])
        #expect(fixture.scoreCount == 11)
    }

    @Test func `who asked not to be scored is left out, and the others are stored`() async throws {
        let fixture = try EngineFixture()
        try await fixture.store.optOut("out", tenant: .local, at: fixture.clock.now)
        let rows = ["in", "out"].map { past(LeadFactory.bare($0), daysAgo: 5, fixture, outcome: .won) }
        #expect(try await fixture.engine.backfill(rows, tenant: .local) == [.scored, .refused])
        #expect(fixture.store.commits.flatMap(\.outcomes).map(\.outcome.leadID) == ["in"])
    }

    @Test func `a store that fails stores nothing and says so`() async throws {
        let fixture = try EngineFixture()
        fixture.store.failCommits(StoreError(.full, "commit"))
        await #expect(throws: ScoringError.store(StoreError(.full, "commit"))) {
            _ = try await fixture.engine.backfill([past(LeadFactory.bare("a"), daysAgo: 1, fixture)], tenant: .local)
        }
        #expect(try await fixture.engine.backfill([], tenant: .local).isEmpty)
    }
}
