import JSONBytes
import Leads
import TestSupport
import Testing

@testable import Scoring

/// Cache, single flight and idempotency: what happens when the same request comes more than once.
@Suite(.timeLimit(.minutes(5))) struct EqualRequestsTests {
    @Test func `a hit is the stored record, stores nothing and publishes nothing`() async throws {
        let fixture = try EngineFixture()
        let lead = LeadFactory.ready(at: fixture.clock.now)
        let first = try await fixture.engine.score(fixture.request(lead))
        fixture.clock.advance(by: .seconds(299))
        let hit = try await fixture.engine.score(fixture.request(lead))
        #expect(hit.cacheHit && !first.cacheHit)
        #expect(fixture.store.commits.count == 1)
        let (before, after) = (try JSONDocument(parsing: first.body).root, try JSONDocument(parsing: hit.body).root)
        for (key, value) in before.members where key != "cache_hit" && key != "score_source" {
            #expect(after[key].map { Array($0.bytes) } == Array(value.bytes), "\(key)")
        }
        #expect(after["cache_hit"]?.bool == true)
        #expect(after["score_source"]?.string == "cache")
        #expect(hit.record?.score == first.record?.score)
    }

    @Test func `after 300 seconds the lead is scored anew`() async throws {
        let fixture = try EngineFixture()
        _ = try await fixture.score(LeadFactory.bare())
        fixture.clock.advance(by: .seconds(300))
        #expect(try await fixture.engine.score(fixture.request(LeadFactory.bare())).cacheHit == false)
        #expect(fixture.scoreCount == 2)
    }

    @Test func `other content, another tenant and force_refresh miss`() async throws {
        let fixture = try EngineFixture()
        let lead = LeadFactory.bare()
        _ = try await fixture.score(lead)
        var other = lead
        other.message = "hello"
        #expect(try await fixture.engine.score(fixture.request(other)).cacheHit == false)
        #expect(try await fixture.engine.score(fixture.request(lead) { $0.tenant = Tenant("b") }).cacheHit == false)
        #expect(try await fixture.engine.score(fixture.request(lead) { $0.forceRefresh = true }).cacheHit == false)
        #expect(fixture.scoreCount == 4)
    }

    @Test func `fifty equal requests at once cost one commit`() async throws {
        let fixture = try EngineFixture()
        let request = fixture.request(LeadFactory.ready(at: fixture.clock.now))
        let engine = fixture.engine
        fixture.store.hold()
        let bodies = try await withThrowingTaskGroup(of: ScoreAnswer.self) { group in
            for _ in 0..<50 { group.addTask { try await engine.score(request) } }
            await fixture.store.commitIsHeld()
            while engine.equalRequests.waiting < 49, !Task.isCancelled { await Task.yield() }
            fixture.store.release()
            var answers: [ScoreAnswer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
        #expect(fixture.store.commits.count == 1)
        #expect(bodies.count { !$0.cacheHit } == 1)
        #expect(Set(bodies.compactMap(\.record?.score)).count == 1)
        #expect(engine.statistics.sharedComputations == 49)
    }

    @Test func `a caller that goes away takes nobody with it`() async throws {
        let fixture = try EngineFixture()
        let request = fixture.request(LeadFactory.bare())
        let engine = fixture.engine
        fixture.store.hold()
        let leader = Task { try await engine.score(request) }
        await fixture.store.commitIsHeld()
        let follower = Task { try await engine.score(request) }
        let leaver = Task { try await engine.score(request) }
        while engine.equalRequests.waiting < 2, !Task.isCancelled { await Task.yield() }
        leaver.cancel()
        await #expect(throws: ScoringError.cancelled) { try await leaver.value }
        leader.cancel()
        fixture.store.release()
        #expect(try await follower.value.body.isEmpty == false)
        _ = try? await leader.value
        #expect(fixture.scoreCount == 1)
    }

    @Test func `a failing leader fails those that waited for the same thing`() async throws {
        let fixture = try EngineFixture()
        let engine = fixture.engine
        let request = fixture.request(LeadFactory.bare())
        let failure = StoreError(.full, "commit")
        fixture.store.failCommits(failure)
        fixture.store.hold()
        let leader = Task { try await engine.score(request) }
        await fixture.store.commitIsHeld()
        let follower = Task { try await engine.score(request) }
        while engine.equalRequests.waiting < 1, !Task.isCancelled { await Task.yield() }
        fixture.store.release()
        await #expect(throws: ScoringError.store(failure)) { try await leader.value }
        await #expect(throws: ScoringError.store(failure)) { try await follower.value }
    }

    @Test func `a cache that fails is gone round, and said so`() async throws {
        let clock = TestClock()
        let store = MemoryLeadStore()
        let engine = try ScoringEngine(
            model: Prior.artifact(profile: AgencyProfile()), profile: AgencyProfile(), store: store,
            cache: BrokenCache(), clock: clock)
        let request = ScoreRequest(tenant: .local, input: .lead(LeadFactory.bare(), json: []))
        let record = try #require(try await engine.score(request).record)
        #expect(record.score.warnings.contains { $0.hasPrefix("cache_unavailable") })
    }

    private struct BrokenCache: ScoreCache {
        struct Failure: Error {}
        func record(for key: CacheKey) async throws -> ScoreRecord? { throw Failure() }
        func insert(_ record: ScoreRecord, for key: CacheKey) async throws { throw Failure() }
        func remove(leadID: String, tenant: Tenant) async throws { throw Failure() }
        func forgetOwn(of tenant: Tenant) {}
        func ping() async throws { throw Failure() }
        var statistics: CacheStatistics { CacheStatistics(entries: 0, hits: 0, misses: 0, evictions: 0) }
    }

    // MARK: Idempotency

    private func keyed(_ fixture: EngineFixture, _ lead: Lead, _ digest: UInt8, key: String = "k") -> ScoreRequest {
        fixture.request(lead) {
            $0.idempotencyKey = key
            $0.requestID = key
            $0.requestDigest = [digest]
            $0.forceRefresh = true
        }
    }

    @Test func `a repeat within a day gets the first answer, byte for byte`() async throws {
        let fixture = try EngineFixture()
        let request = keyed(fixture, LeadFactory.bare(), 1)
        let first = try await fixture.engine.score(request)
        fixture.clock.advance(by: .seconds(86_400))
        let again = try await fixture.engine.score(request)
        #expect(again.replayed && again.body == first.body)
        #expect(fixture.scoreCount == 1)
        #expect(fixture.store.commits.first?.idempotency.count == 1)
        fixture.clock.advance(by: .seconds(1))
        #expect(try await fixture.engine.score(request).replayed == false)
    }

    @Test func `another body under the key is a conflict, another tenant's key is not`() async throws {
        let fixture = try EngineFixture()
        _ = try await fixture.engine.score(keyed(fixture, LeadFactory.bare(), 1))
        await #expect(throws: ScoringError.idempotencyConflict) {
            try await fixture.engine.score(keyed(fixture, LeadFactory.bare("other"), 2))
        }
        var foreign = keyed(fixture, LeadFactory.bare("other"), 2)
        foreign.tenant = Tenant("b")
        #expect(try await fixture.engine.score(foreign).replayed == false)
    }

    @Test func `two at once under one key: one computes, the equal one repeats, the other conflicts`() async throws {
        let fixture = try EngineFixture()
        let engine = fixture.engine
        let (same, different) = (keyed(fixture, LeadFactory.bare(), 1), keyed(fixture, LeadFactory.bare("b"), 2))
        fixture.store.hold()
        let leader = Task { try await engine.score(same) }
        await fixture.store.commitIsHeld()
        let equal = Task { try await engine.score(same) }
        let other = Task { try await engine.score(different) }
        while engine.equalKeys.waiting < 2, !Task.isCancelled { await Task.yield() }
        fixture.store.release()
        let first = try await leader.value
        #expect(try await equal.value.body == first.body)
        await #expect(throws: ScoringError.idempotencyConflict) { try await other.value }
        #expect(fixture.scoreCount == 1)
    }

    @Test func `a hit under a new key is remembered, and stores no score`() async throws {
        let fixture = try EngineFixture()
        let lead = LeadFactory.bare()
        _ = try await fixture.score(lead)
        var request = keyed(fixture, lead, 1)
        request.forceRefresh = false
        let hit = try await fixture.engine.score(request)
        #expect(hit.cacheHit)
        #expect(fixture.scoreCount == 1)
        let commits = fixture.store.commits
        #expect(commits.count == 2 && commits[1].events.isEmpty && commits[1].idempotency.count == 1)
        fixture.clock.advance(by: .seconds(1_000))
        let again = try await fixture.engine.score(request)
        #expect(again.replayed && again.body == hit.body)
    }

    @Test func `a failed first request leaves the key free`() async throws {
        let fixture = try EngineFixture()
        let request = keyed(fixture, LeadFactory.bare(), 1)
        fixture.store.failCommits(StoreError(.unavailable, "commit"))
        await #expect(throws: ScoringError.self) { try await fixture.engine.score(request) }
        fixture.store.failCommits(nil)
        #expect(try await fixture.engine.score(request).replayed == false)
    }
}
