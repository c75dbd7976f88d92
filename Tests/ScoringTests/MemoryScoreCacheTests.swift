import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite struct MemoryScoreCacheTests {
    private let clock = TestClock()

    private func key(_ lead: String, _ low: UInt64 = 0, tenant: Tenant = .local) -> CacheKey {
        CacheKey(tenant: tenant, leadID: lead, high: 1, low: low)
    }

    private func record(_ lead: String, bodyBytes: Int = 10) -> ScoreRecord {
        ScoreRecord(
            tenant: .local, score: Samples.score(leadID: lead), leadName: nil, leadSource: nil, features: nil,
            lead: [], body: [UInt8](repeating: 32, count: bodyBytes), needsReview: false)
    }

    @Test(arguments: [(0, true), (299, true), (300, false), (301, false), (-1, false), (-400, false)])
    func `a record lives for 300 seconds, and never before its insertion`(seconds: Int, isHit: Bool) {
        let cache = MemoryScoreCache(clock: clock)
        cache.insert(record("a"), for: key("a"))
        clock.advance(by: .seconds(seconds))
        #expect((cache.record(for: key("a")) != nil) == isHit)
    }

    @Test func `inserting again starts a new life`() {
        let cache = MemoryScoreCache(clock: clock)
        cache.insert(record("a"), for: key("a"))
        clock.advance(by: .seconds(200))
        cache.insert(record("a"), for: key("a"))
        clock.advance(by: .seconds(200))
        #expect(cache.record(for: key("a")) != nil)
        clock.advance(by: .seconds(100))
        #expect(cache.record(for: key("a")) == nil)
    }

    @Test func `the oldest goes first when there are too many`() {
        let cache = MemoryScoreCache(clock: clock, maximumEntries: 3)
        for lead in ["a", "b", "c", "d", "e"] { cache.insert(record(lead), for: key(lead)) }
        let live = ["a", "b", "c", "d", "e"].filter { cache.record(for: key($0)) != nil }
        #expect(live == ["c", "d", "e"])
        #expect(cache.statistics.entries == 3)
        #expect(cache.statistics.evictions == 2)
    }

    @Test func `bytes are bounded as well as entries`() {
        let cache = MemoryScoreCache(clock: clock, maximumEntries: 100, maximumBytes: 10_000)
        for lead in 0..<50 { cache.insert(record("\(lead)", bodyBytes: 2_000), for: key("\(lead)")) }
        #expect(cache.statistics.entries == 3)
        cache.insert(record("huge", bodyBytes: 20_000), for: key("huge"))
        #expect(cache.record(for: key("huge")) == nil)
        #expect(cache.statistics.entries == 3)
    }

    @Test func `one key refreshed many times keeps memory and neighbours`() {
        let cache = MemoryScoreCache(clock: clock, maximumEntries: 10)
        cache.insert(record("first"), for: key("first"))
        for _ in 0..<10_000 { cache.insert(record("again"), for: key("again")) }
        #expect(cache.statistics.entries == 2)
        #expect(cache.record(for: key("first")) != nil)
    }

    @Test func `removing a lead takes every version of it, of its tenant only`() {
        let cache = MemoryScoreCache(clock: clock)
        let other = Tenant("other")
        cache.insert(record("a"), for: key("a", 1))
        cache.insert(record("a"), for: key("a", 2))
        cache.insert(record("b"), for: key("b"))
        cache.insert(record("a"), for: key("a", 1, tenant: other))
        cache.remove(leadID: "a", tenant: .local)
        #expect(cache.record(for: key("a", 1)) == nil)
        #expect(cache.record(for: key("a", 2)) == nil)
        #expect(cache.record(for: key("b")) != nil)
        #expect(cache.record(for: key("a", 1, tenant: other)) != nil)
    }

    @Test func `hits and misses are counted`() {
        let cache = MemoryScoreCache(clock: clock)
        cache.insert(record("a"), for: key("a"))
        _ = cache.record(for: key("a"))
        _ = cache.record(for: key("b"))
        _ = cache.record(for: key("a", 9))
        #expect(cache.statistics == CacheStatistics(entries: 1, hits: 1, misses: 2, evictions: 0))
    }
}
