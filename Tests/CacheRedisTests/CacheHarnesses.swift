import CacheConformance
import Logging
import Redis
import RedisTestServer
import Scoring
import TestSupport

@testable import CacheRedis

/// A quiet logger.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func makeClient(_ address: String, deadline: Duration = .seconds(20)) throws -> RedisClient {
    var configuration = RedisConfiguration()
    configuration.commandDeadline = deadline
    configuration.connectDeadline = .seconds(10)
    configuration.maximumBackOff = .milliseconds(200)
    return try RedisClient(RedisAddress(address), configuration: configuration)
}

extension RedisScoreCache.Settings {
    /// Deadlines for a busy machine.
    static func patient(_ change: (inout Self) -> Void = { _ in }) -> Self {
        var settings = Self()
        settings.deadline = .seconds(20)
        settings.pingDeadline = .seconds(20)
        change(&settings)
        return settings
    }
}

/// Lets real time go by, at the pace of the machine.
func pass(_ duration: Duration) async {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end, !Task.isCancelled { await Task.yield() }
}

/// Asks again and again until it is so; fails after a minute.
func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw NoRedis(why: "waited in vain: \(what)") }
        await Task.yield()
    }
}

struct MemoryHarness: CacheHarness {
    let clock = TestClock()
    let cache: any ScoreCache
    let timeToLive = MemoryScoreCache.defaultTimeToLive

    init() { cache = MemoryScoreCache(clock: clock) }

    func pass(_ duration: Duration) { clock.advance(by: duration) }
    func damage(_ key: CacheKey) -> Bool { false }
}

/// A server of its own. With memory in front it is the resilient cache, with the server gone that cache's memory.
final class RedisHarness: CacheHarness {
    enum Kind: Sendable { case redis, resilient, resilientWithoutServer }

    let server: RedisProcess
    let client: RedisClient
    let cache: any ScoreCache
    let timeToLive = MemoryScoreCache.defaultTimeToLive
    private let clock = TestClock()
    private let kind: Kind

    init(_ kind: Kind) async throws {
        self.kind = kind
        server = try RedisProcess()
        client = try makeClient(server.address)
        let shared = RedisScoreCache(client, settings: .patient())
        try await shared.ping()
        let memory = MemoryScoreCache(clock: clock)
        let resilient = ResilientScoreCache(shared, memory: memory, logger: quiet)
        cache = kind == .redis ? shared : resilient
        guard kind == .resilientWithoutServer else { return }
        server.kill()
        let key = CacheSample.key("probe", 0)
        try await until("the breaker opens") {
            if resilient.isShared { _ = await resilient.record(for: key) }
            return !resilient.isShared
        }
    }

    /// Moves the ends of all entries, and of their keys, nearer: what time would do, without its passing.
    func pass(_ duration: Duration) async throws {
        guard kind != .resilientWithoutServer else { return clock.advance(by: duration) }
        let script = RedisScript(
            """
            for _, key in ipairs(redis.call('KEYS', 'lw1:*:c:*')) do
                local entries = redis.call('HGETALL', key)
                for place = 1, #entries, 2 do
                    local ends = tonumber(string.sub(entries[place + 1], 1, 13)) - ARGV[1]
                    local rest = string.sub(entries[place + 1], 14)
                    redis.call('HSET', key, entries[place], string.format('%013.0f', ends) .. rest)
                end
                redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
            end
            """)
        _ = try await client.run(script, keys: [], arguments: [.integer(Int64(duration / .milliseconds(1)))])
    }

    func damage(_ key: CacheKey) async throws -> Bool {
        guard kind != .resilientWithoutServer else { return false }
        let name = RedisArgument.bytes(RedisKeys.lead(key.leadID, key.tenant))
        let field = RedisArgument.bytes(RedisScoreCache.field(key))
        guard var value = try await client.send(RedisCommand("HGET", name, field)).bytes else { return false }
        value[value.count / 2] ^= 0x20
        _ = try await client.send(RedisCommand("HSET", name, field, .bytes(value)))
        return true
    }
}
