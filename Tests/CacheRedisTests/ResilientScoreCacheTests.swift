import CacheConformance
import Leads
import Redis
import RedisTestServer
import Scoring
import TestSupport
import Testing

@testable import CacheRedis

@Suite(.needsRedis, .serialized) struct ResilientScoreCacheTests {
    private struct Parts {
        let server: RedisProcess
        let shared: RedisScoreCache
        let memory: MemoryScoreCache
        let cache: ResilientScoreCache
    }

    private func parts(
        timeToLive: Duration = .seconds(300), maximumPending: Int = 1_000, _ arguments: [String] = []
    ) async throws -> Parts {
        let server = try RedisProcess(arguments)
        var settings = RedisScoreCache.Settings()
        settings.timeToLive = timeToLive
        settings.deadline = .seconds(3)
        let shared = RedisScoreCache(try makeClient(server.address), settings: settings)
        try await until("the client is connected") { (try? await shared.ping()) != nil }
        let memory = MemoryScoreCache(clock: TestClock())
        let cache = ResilientScoreCache(
            shared, memory: memory, logger: quiet,
            breaker: Breaker.Settings(
                failuresToOpen: 3, firstBackOff: .milliseconds(20), maximumBackOff: .milliseconds(200)),
            maximumPending: maximumPending)
        return Parts(server: server, shared: shared, memory: memory, cache: cache)
    }

    private func untilOpen(_ parts: Parts) async throws {
        try await until("the breaker opens") {
            _ = await parts.cache.record(for: CacheSample.key("probe", 0))
            return !parts.cache.isShared
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func `while Redis is away memory serves at once, and afterwards it is used again by itself`(
        isKilled: Bool
    ) async throws {
        let parts = try await parts()
        let key = CacheSample.key("a", 1)
        await parts.cache.insert(CacheSample.record("a"), for: key)
        #expect(await parts.cache.record(for: key) != nil && parts.memory.statistics.entries == 0)
        if isKilled { parts.server.kill() } else { parts.server.freeze() }
        try await untilOpen(parts)
        await #expect(throws: RedisError.self, "health hears the truth") { try await parts.cache.ping() }
        let other = CacheSample.key("b", 1)
        await parts.cache.insert(CacheSample.record("b"), for: other)
        let start = ContinuousClock.now
        for _ in 0..<1_000 { #expect(await parts.cache.record(for: other) != nil) }
        // Nobody waits for anything: one deadline each would be fifty minutes.
        #expect(start.duration(to: .now) < .seconds(60))
        if isKilled { try parts.server.start() } else { parts.server.thaw() }
        try await until("Redis is used again") { parts.cache.isShared }
        #expect(parts.memory.statistics.entries == 0, "what memory had is of the past")
        await parts.cache.insert(CacheSample.record("c"), for: CacheSample.key("c", 1))
        #expect(try await parts.shared.record(for: CacheSample.key("c", 1)) != nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a lead that was removed while Redis hung is found in neither, then or afterwards`() async throws {
        let parts = try await parts()
        let key = CacheSample.key("a", 1)
        await parts.cache.insert(CacheSample.record("a"), for: key)
        parts.server.freeze()
        // The removal itself finds out that Redis is away.
        await parts.cache.remove(leadID: "a", tenant: CacheSample.tenant)
        #expect(!parts.cache.isShared && parts.cache.pendingRemovals == 1)
        #expect(await parts.cache.record(for: key) == nil)
        // Cached here meanwhile, and removed again.
        await parts.cache.insert(CacheSample.record("a"), for: key)
        await parts.cache.remove(leadID: "a", tenant: CacheSample.tenant)
        #expect(await parts.cache.record(for: key) == nil)
        parts.server.thaw()
        try await until("Redis is used again") { parts.cache.isShared }
        #expect(parts.cache.pendingRemovals == 0)
        #expect(await parts.cache.record(for: key) == nil)
        #expect(try await parts.shared.record(for: key) == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `removals that do not fit keep Redis unused until its entries have ended`() async throws {
        let parts = try await parts(timeToLive: .seconds(3), maximumPending: 2)
        let keys = (0..<5).map { CacheSample.key("\($0)", 1) }
        for key in keys { await parts.cache.insert(CacheSample.record(key.leadID), for: key) }
        parts.server.freeze()
        for key in keys.dropLast() { await parts.cache.remove(leadID: key.leadID, tenant: key.tenant) }
        let removed = ContinuousClock.now
        await parts.cache.remove(leadID: keys[4].leadID, tenant: keys[4].tenant)
        #expect(parts.cache.pendingRemovals == 2)
        parts.server.thaw()
        try await until("Redis is used again") {
            for key in keys { #expect(await parts.cache.record(for: key) == nil) }
            return parts.cache.isShared
        }
        #expect(removed.duration(to: .now) >= .seconds(3))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a replica that takes no writes is not read from once it refused a removal`() async throws {
        let parts = try await parts()
        let key = CacheSample.key("a", 1)
        await parts.cache.insert(CacheSample.record("a"), for: key)
        try parts.server.cli("REPLICAOF", "127.0.0.1", "1")
        #expect(await parts.cache.record(for: key) != nil)
        await parts.cache.remove(leadID: "a", tenant: CacheSample.tenant)
        #expect(await parts.cache.record(for: key) == nil && !parts.cache.isShared)
        try parts.server.cli("REPLICAOF", "NO", "ONE")
        try await until("Redis is used again") { parts.cache.isShared }
        #expect(await parts.cache.record(for: key) == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `what a request pays while Redis is away, measured`() async throws {
        let parts = try await parts()
        let key = CacheSample.key("a", 1)
        func perCall(_ cache: any ScoreCache) async throws -> Duration {
            let start = ContinuousClock.now
            for _ in 0..<2_000 { _ = try await cache.record(for: key) }
            return start.duration(to: .now) / 2_000
        }
        await parts.cache.insert(CacheSample.record("a"), for: key)
        let start = ContinuousClock.now
        for _ in 0..<500 { _ = await parts.cache.record(for: key) }
        let there = start.duration(to: .now) / 500
        parts.server.kill()
        try await untilOpen(parts)
        await parts.cache.insert(CacheSample.record("a"), for: key)
        let (open, plain) = (try await perCall(parts.cache), try await perCall(parts.memory))
        Figures.note("a hit: Redis \(there), open breaker \(open), memory alone \(plain)")
        // A wait would cost a back-off or a deadline.
        #expect(open < .milliseconds(5))
    }
}

@Suite struct BreakerTests {
    @Test func `it opens after three failures in a row, and at once after a grave one`() {
        var breaker = Breaker()
        var opened: [Bool] = []
        func fail(isGrave: Bool = false) { opened.append(breaker.failed(isGrave: isGrave)) }
        fail()
        fail()
        breaker.succeeded()
        fail()
        fail()
        #expect(breaker.isClosed)
        fail()
        #expect(!breaker.isClosed)
        fail(isGrave: true)
        #expect(opened == [false, false, false, false, true, false], "it opens once")
        breaker.succeeded()
        #expect(!breaker.isClosed, "a late success closes nothing")
        breaker.close()
        fail(isGrave: true)
        #expect(opened.last == true)
    }

    @Test func `the bound of the wait doubles to the longest, and begins anew with each outage`() {
        var breaker = Breaker()
        for _ in 0..<2 {
            _ = breaker.failed(isGrave: true)
            let bounds = (0..<8).map { _ in breaker.nextBound() }
            #expect(bounds == [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000].map { .milliseconds($0) })
            breaker.close()
        }
    }

    @Test func `pending removals are bounded, and what does not fit blocks for a life`() {
        var pending = PendingRemovals(maximumCount: 2, timeToLive: .seconds(300))
        let now = ContinuousClock.now
        let removals = (0..<3).map { Removal(leadID: "\($0)", tenant: .local) }
        for removal in [removals[0], removals[0], removals[1]] { pending.add(removal, at: now) }
        #expect(pending.count == 2 && !pending.isBlocked(at: now))
        pending.add(removals[0], at: now)
        #expect(!pending.isBlocked(at: now))
        pending.add(removals[2], at: now)
        #expect(pending.isBlocked(at: now + .seconds(299)) && !pending.isBlocked(at: now + .seconds(300)))
        pending.done(pending.next(5))
        #expect(pending.isEmpty)
    }
}
