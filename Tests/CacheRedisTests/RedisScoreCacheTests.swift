import CacheConformance
import Foundation
import Leads
import Redis
import RedisTestServer
import Scoring
import Synchronization
import Testing

@testable import CacheRedis

@Suite(.needsRedis) struct RedisScoreCacheTests {
    /// Lives as long as the test.
    private let server: RedisProcess

    init() throws { server = try RedisProcess() }

    private func parts(
        _ change: (inout RedisScoreCache.Settings) -> Void = { _ in }
    ) throws -> (client: RedisClient, cache: RedisScoreCache) {
        let client = try makeClient(server.address)
        return (client, RedisScoreCache(client, settings: .patient(change)))
    }

    @Test(.timeLimit(.minutes(5)))
    func `what one node caches another finds`() async throws {
        let one = try parts().cache
        let two = RedisScoreCache(try makeClient(server.address), settings: .patient())
        let key = CacheSample.key("a", 1)
        try await one.insert(CacheSample.record("a"), for: key)
        #expect(try await two.record(for: key) == CacheSample.record("a"))
        try await two.remove(leadID: "a", tenant: CacheSample.tenant)
        #expect(try await one.record(for: key) == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `entries end spread over the last tenth of their life, and every key has an end`() async throws {
        let (client, cache) = try parts()
        for number in 0..<200 {
            try await cache.insert(CacheSample.record("\(number)"), for: CacheSample.key("\(number)", 1))
        }
        let now = try #require(Int64(try server.cli("TIME").split(separator: "\n")[0])) * 1_000
        var lives: [Int64] = []
        for number in 0..<200 {
            let key = CacheSample.key("\(number)", 1)
            let name = RedisArgument.bytes(RedisKeys.lead(key.leadID, key.tenant))
            let value = try await client.send(RedisCommand("HGET", name, .bytes(RedisScoreCache.field(key))))
            let end = Int64(String(decoding: (value.bytes ?? []).prefix(13), as: UTF8.self))
            lives.append(try #require(end) - now)
            let left = try #require(try await client.send(RedisCommand("PTTL", name)).integer)
            #expect((200_000...300_000).contains(left))
        }
        // 270 to 300 s from their insertion, which took a moment.
        #expect(lives.allSatisfy { (250_000...301_000).contains($0) })
        #expect((lives.max() ?? 0) - (lives.min() ?? 0) > 15_000)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a record that was on its way when its lead was removed does not come back`() async throws {
        #expect(RedisScoreCache.Settings().shadow == .seconds(10))
        let cache = try parts({ $0.shadow = .seconds(300) }).cache
        let key = CacheSample.key("a", 1)
        try await cache.remove(leadID: "a", tenant: CacheSample.tenant)
        try await cache.insert(CacheSample.record("a"), for: key)
        #expect(try await cache.record(for: key) == nil)
        try await cache.insert(CacheSample.record("b"), for: CacheSample.key("b", 1))
        #expect(try await cache.record(for: CacheSample.key("b", 1)) != nil, "nobody else is kept out")
        let shadow = String(decoding: RedisKeys.shadow("a", CacheSample.tenant), as: UTF8.self)
        let left = try #require(Int(try server.cli("PTTL", shadow)))
        #expect((1...300_000).contains(left))
        // As if its time were over.
        try server.cli("DEL", shadow)
        try await cache.insert(CacheSample.record("a"), for: key)
        #expect(try await cache.record(for: key) != nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `one lead keeps a bounded number of contents`() async throws {
        let cache = try parts({ $0.maximumEntriesPerLead = 4 }).cache
        for low in 0..<50 as Range<UInt64> {
            try await cache.insert(CacheSample.record("a"), for: CacheSample.key("a", low))
            let name = String(decoding: RedisKeys.lead("a", CacheSample.tenant), as: UTF8.self)
            let count = try #require(Int(try server.cli("HLEN", name)))
            #expect((1...4).contains(count))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `every byte of an entry counts: one that is changed anywhere is a miss and counted`() async throws {
        let key = CacheSample.key("a", 1)
        let bytes = ScoreRecordForm.bytes(of: CacheSample.record("a", bodyBytes: 40))
        #expect(throws: Never.self) { try ScoreRecordForm.record(bytes[...], for: key) }
        for place in bytes.indices {
            var harmed = bytes
            harmed[place] ^= 0x01
            #expect(throws: DamagedForm()) { try ScoreRecordForm.record(harmed[...], for: key) }
            #expect(throws: DamagedForm()) { try ScoreRecordForm.record(bytes[..<place], for: key) }
        }
        #expect(throws: DamagedForm()) { try ScoreRecordForm.record(bytes[...], for: CacheSample.key("b", 1)) }
        let (client, cache) = try parts()
        let name = RedisArgument.bytes(RedisKeys.lead("a", CacheSample.tenant))
        for value in ["", "short", "99999999999999", "9999999999999", "999999999999x" + "y"] {
            let field = RedisArgument.bytes(RedisScoreCache.field(key))
            _ = try await client.send(RedisCommand("HSET", name, field, .text(value)))
            #expect(try await cache.record(for: key) == nil)
        }
        #expect(cache.unreadableEntries == 5 && cache.statistics.misses == 5)
    }

    @Test(.timeLimit(.minutes(5)))
    func `the names in Redis tell no lead and no ticket`() async throws {
        let (client, cache) = try parts { $0.shadow = .seconds(300) }
        try await cache.insert(CacheSample.record("ada@example.com"), for: CacheSample.key("ada@example.com", 1))
        try await cache.remove(leadID: "bob@example.com", tenant: CacheSample.tenant)
        _ = try await RedisTickets(client, deadline: .seconds(20)).put(ticket: "secret", value: [1])
        let names = try server.cli("KEYS", "*")
        #expect(names.split(separator: "\n").count == 3)
        #expect(!names.contains("example") && !names.contains("secret"))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a ticket is good once, and not longer than its time`() async throws {
        let client = try parts().client
        let tickets = RedisTickets(client, deadline: .seconds(20))
        #expect(try await tickets.put(ticket: "one", value: [0, 255, 10]))
        #expect(try await !tickets.put(ticket: "one", value: [9]), "it was given before")
        let taken = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<50 { group.addTask { try await tickets.take(ticket: "one") } }
            return try await group.reduce(into: [[UInt8]]()) { all, one in if let one { all.append(one) } }
        }
        #expect(taken == [[0, 255, 10]])
        #expect(try await tickets.take(ticket: "never") == nil)
        #expect(try await tickets.put(ticket: "two", value: [], timeToLive: .milliseconds(100)))
        await pass(.milliseconds(150))
        #expect(try await tickets.take(ticket: "two") == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `the whole cache in a full server is a failure of the insertion alone, and removing works`() async throws {
        let cache = try parts().cache
        let key = CacheSample.key("a", 1)
        try await cache.insert(CacheSample.record("a"), for: key)
        try server.cli("CONFIG", "SET", "maxmemory", "1")
        await #expect(throws: RedisError.self) {
            try await cache.insert(CacheSample.record("b"), for: CacheSample.key("b", 1))
        }
        #expect(try await cache.record(for: key) != nil)
        try await cache.remove(leadID: "a", tenant: CacheSample.tenant)
        #expect(try await cache.record(for: key) == nil)
    }

    /// The rights that docs/operations.md gives, word for word.
    @Test(.timeLimit(.minutes(5)))
    func `a user with the rights of the manual can do all of it`() async throws {
        let manual = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../docs/operations.md").standardizedFileURL, encoding: .utf8)
        let block = try #require(manual.firstMatch(of: /redis-cli (ACL SETUSER leadwire[^`]+)/)).1
        let words = block.replacing("\\\n", with: " ").replacing("'", with: "").split(whereSeparator: \.isWhitespace)
        try server.cli(words.map(String.init))
        let client = try makeClient("redis://leadwire:password@127.0.0.1:\(server.port)")
        let cache = RedisScoreCache(client, settings: .patient())
        let key = CacheSample.key("a", 1)
        try await cache.ping()
        #expect(cache.statistics.entries == 0)
        try await cache.insert(CacheSample.record("a"), for: key)
        #expect(try await cache.record(for: key) != nil)
        try await cache.remove(leadID: "a", tenant: CacheSample.tenant)
        let tickets = RedisTickets(client, deadline: .seconds(20))
        #expect(try await tickets.put(ticket: "a", value: [1]))
        #expect(try await tickets.take(ticket: "a") == [1])
        var settings = RedisEventLog.Settings()
        settings.deadline = .seconds(20)
        let log = RedisEventLog(client, settings: settings)
        let tail = RedisEventTail(log)
        let seen = Mutex<[RedisEventTail.Item]>([])
        let running = Task { await tail.run { item in seen.withLock { $0.append(item) } } }
        try await tail.follow(Tenant("north"), after: StreamPosition(epoch: "e1", offset: 0))
        _ = try await log.publish(EventSample.events(1...3))
        _ = try await log.publish(EventSample.events(1...2, epoch: "e2"), rotate: true)
        try await log.erase(offsets: [1], tenant: Tenant("north"))
        // Heard from when the tail has begun to read.
        try await until("it arrives") {
            try await log.notify([7])
            return seen.withLock { $0.contains(.notification([7])) }
        }
        #expect(!seen.withLock { $0.contains { if case .away = $0 { true } else { false } } })
        running.cancel()
        await running.value
    }
}
