import Features
import JSONBytes
import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite(.timeLimit(.minutes(5))) struct BatchTests {
    private func items(_ fixture: EngineFixture, _ leads: [Lead]) -> [BatchItem] {
        leads.map { .request(fixture.request($0) { $0.escalation = .never }) }
    }

    @Test func `a hundred leads are one read, one commit, and the same bits as one by one`() async throws {
        let (batched, single) = (try EngineFixture(), try EngineFixture())
        let leads = LeadFactory.simulated(100, at: batched.clock.now)
        let answer = try await batched.engine.scoreBatch(items(batched, leads), batchID: "b", tenant: .local)
        #expect(batched.store.commits.count == 1)
        #expect(batched.store.stateReads == 1)
        #expect(answer.results.map(\.index) == Array(0..<100))
        #expect(answer.failures.isEmpty)
        for (lead, result) in zip(leads, answer.results) {
            let one = try await single.score(lead) { $0.escalation = .never }.score
            let many = try #require(result.answer.record).score
            #expect(many.margin.bitPattern == one.margin.bitPattern)
            #expect(many.shapValues == one.shapValues)
            #expect(many.mlScore == one.mlScore)
            #expect(many.analysisSummary == one.analysisSummary)
        }
    }

    @Test func `its events are started, the scores with progress between, finished`() async throws {
        let fixture = try EngineFixture()
        let leads = (0..<60).map { LeadFactory.bare("lead_\($0)") }
        _ = try await fixture.engine.scoreBatch(items(fixture, leads), batchID: "b7", tenant: .local)
        let types = fixture.eventTypes
        #expect(types.first == .batchProcessing && types.last == .batchProcessing)
        #expect(types.count { $0 == .leadScored } == 60)
        let states = try fixture.store.commits.flatMap(\.events).filter { $0.type == .batchProcessing }.map { event in
            let root = try JSONDocument(parsing: event.data).root
            #expect(root["batch_id"]?.string == "b7")
            #expect(root["total"]?.int == 60)
            return "\(root["state"]?.string ?? "") \(root["done"]?.int ?? -1)"
        }
        #expect(states == ["started 0", "progress 25", "progress 50", "finished 60"])
    }

    @Test func `bad items fail alone`() async throws {
        let fixture = try EngineFixture()
        try await fixture.store.optOut("out", tenant: .local, at: fixture.clock.now)
        let rejected = BatchFailure(
            leadID: nil, code: "validation_failed", message: "1 field is wrong",
            details: [FieldProblem(field: "lead_id", problem: "is missing")])
        let batch: [BatchItem] = [
            .rejected(rejected), .request(fixture.request(LeadFactory.bare("a"))),
            .request(fixture.request(LeadFactory.bare("out"))), .request(fixture.request(LeadFactory.bare("a"))),
            .request(fixture.request(LeadFactory.bare("b"))),
        ]
        let answer = try await fixture.engine.scoreBatch(batch, batchID: "b", tenant: .local)
        #expect(answer.results.map(\.index) == [1, 4])
        #expect(answer.failures.map(\.index) == [0, 2, 3])
        #expect(answer.failures.map(\.failure.code) == ["validation_failed", "scoring_opted_out", "duplicate_lead"])
        let root = try JSONDocument(parsing: answer.body).root
        #expect(root["total"]?.int == 5)
        #expect(root["succeeded"]?.int == 2)
        #expect(root["failed"]?.int == 3)
        let errors = try #require(root["errors"]).elements.map { $0 }
        #expect(errors.map { $0["index"]?.int } == [0, 2, 3])
        #expect(errors[0]["details"]?.elements.map { $0["field"]?.string } == ["lead_id"])
        #expect(errors[0]["lead_id"]?.isNull == true)
        #expect(root["score_distribution"]?["cold"]?.int == 2)
        let shown = try #require(root["results"]).elements.compactMap { $0["ml_score"]?.double }
        #expect(root["average_score"]?.double == Figures.score(shown.reduce(0, +) / 2))
    }

    @Test func `a request id that stands at two leads of a batch is the first one's`() async throws {
        let fixture = try EngineFixture()
        let batch: [BatchItem] = ["a", "b"].map { id in
            .request(
                fixture.request(LeadFactory.bare(id)) {
                    $0.idempotencyKey = "same"
                    $0.requestDigest = Array(id.utf8)
                })
        }
        let answer = try await fixture.engine.scoreBatch(batch, batchID: "b", tenant: .local)
        #expect(answer.results.map(\.index) == [0])
        #expect(answer.failures.map(\.failure.code) == ["idempotency_conflict"])
    }

    @Test func `who opts out while its batch is computed is left out, and the others are stored`() async throws {
        let fixture = try EngineFixture()
        let leads = ["a", "b", "c"].map { LeadFactory.bare($0) }
        fixture.store.hold()
        async let answering = fixture.engine.scoreBatch(items(fixture, leads), batchID: "b", tenant: .local)
        await fixture.store.commitIsHeld()
        try await fixture.store.optOut("b", tenant: .local, at: fixture.clock.now)
        fixture.store.release()
        let answer = try await answering
        #expect(answer.results.map(\.index) == [0, 2])
        #expect(answer.failures.map(\.failure.code) == ["scoring_opted_out"])
        #expect(Set(fixture.store.commits.flatMap(\.scores).map(\.score.leadID)) == ["a", "c"])
        #expect(fixture.eventTypes.last == .batchProcessing)
    }

    @Test func `a batch of nothing but errors is answered, with its events`() async throws {
        let fixture = try EngineFixture()
        let bad = BatchItem.rejected(BatchFailure(leadID: "x", code: "validation_failed", message: "m"))
        let answer = try await fixture.engine.scoreBatch([bad, bad], batchID: "b", tenant: .local)
        #expect(answer.results.isEmpty && answer.failures.count == 2)
        #expect(fixture.eventTypes == [.batchProcessing, .batchProcessing])
        #expect(try JSONDocument(parsing: answer.body).root["average_score"]?.isNull == true)
    }

    @Test func `cached leads are answered from the cache, repeats from their key`() async throws {
        let fixture = try EngineFixture()
        _ = try await fixture.score(LeadFactory.bare("known"))
        let keyed = fixture.request(LeadFactory.bare("keyed")) {
            $0.idempotencyKey = "k"
            $0.requestDigest = [1]
        }
        let first = try await fixture.engine.score(keyed)
        var conflicting = keyed
        conflicting.requestDigest = [2]
        conflicting.input = .lead(LeadFactory.bare("conflict"), json: [])
        let batch: [BatchItem] = [
            .request(fixture.request(LeadFactory.bare("known"))), .request(keyed), .request(conflicting),
        ]
        let answer = try await fixture.engine.scoreBatch(batch, batchID: "b", tenant: .local)
        #expect(answer.results.map(\.answer.cacheHit) == [true, false])
        #expect(answer.results.map(\.answer.replayed) == [false, true])
        #expect(answer.results.last?.answer.body == first.body)
        #expect(answer.failures.map(\.failure.code) == ["idempotency_conflict"])
        #expect(fixture.scoreCount == 2)
    }

    @Test func `when the store fails nothing of the batch is acknowledged`() async throws {
        let fixture = try EngineFixture()
        let failure = StoreError(.unavailable, "commit")
        fixture.store.failCommits(failure)
        await #expect(throws: ScoringError.store(failure)) {
            try await fixture.engine.scoreBatch(
                items(fixture, [LeadFactory.bare()]), batchID: "b", tenant: .local)
        }
        #expect(fixture.cache.statistics.entries == 0)
    }
}
