import Leads
import Redis
import RedisTestServer
import Scoring
import TestSupport
import Testing

@testable import CacheRedis

enum EventSample {
    static func event(
        _ offset: UInt64, tenant: Tenant = Tenant("north"), epoch: String = "e1", bytes: Int = 40
    ) -> CommittedEvent {
        CommittedEvent(
            event: NewEvent(
                tenant: tenant, type: .leadScored, id: "evt_\(epoch)_\(offset)",
                timestamp: Timestamp(milliseconds: Int64(offset)), data: [UInt8](repeating: 0xFE, count: bytes),
                leadID: offset.isMultiple(of: 3) ? nil : "lead \(offset)"), offset: offset, epoch: epoch)
    }

    static func events(
        _ offsets: ClosedRange<UInt64>, tenant: Tenant = Tenant("north"), epoch: String = "e1"
    ) -> [CommittedEvent] {
        offsets.map { event($0, tenant: tenant, epoch: epoch) }
    }
}

@Suite(.needsRedis) struct EventLogTests {
    private let north = Tenant("north")
    /// Lives as long as the test.
    private let server: RedisProcess

    init() throws { server = try RedisProcess() }

    private func log(
        _ change: (inout RedisEventLog.Settings) -> Void = { _ in }
    ) throws -> RedisEventLog {
        var settings = RedisEventLog.Settings()
        settings.deadline = .seconds(20)
        change(&settings)
        return RedisEventLog(try makeClient(server.address), settings: settings)
    }

    /// What stands in the stream.
    private func stored(_ log: RedisEventLog, _ tenant: Tenant = Tenant("north")) async throws -> [CommittedEvent] {
        let answer = try await log.client.send(
            RedisCommand("XRANGE", .bytes(RedisKeys.stream(tenant)), "-", "+"))
        return try (answer.elements ?? []).map { try #require(StreamEntry($0)?.event(of: tenant)) }
    }

    private func answer(
        _ result: RedisEventLog.Publication.Result, _ appended: Int, _ last: UInt64, epoch: String = "e1",
        tenant: Tenant = Tenant("north")
    ) -> RedisEventLog.Publication {
        RedisEventLog.Publication(
            tenant: tenant, result: result, appended: appended, position: StreamPosition(epoch: epoch, offset: last))
    }

    @Test(.timeLimit(.minutes(5)))
    func `events stand in the stream once, in order, byte for byte, however often they are published`() async throws {
        let log = try log()
        #expect(try await log.position(of: north) == nil)
        #expect(try await log.publish([]) == [])
        // The first publication begins where it begins.
        #expect(try await log.publish(EventSample.events(41...43)) == [answer(.complete, 3, 43)])
        #expect(try await log.publish(EventSample.events(41...43)) == [answer(.complete, 0, 43)])
        #expect(try await log.publish(EventSample.events(42...45)) == [answer(.complete, 2, 45)])
        #expect(try await stored(log) == EventSample.events(41...45))
        #expect(try await log.position(of: north) == StreamPosition(epoch: "e1", offset: 45))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a hole is answered with where the stream stands, and filled from there`() async throws {
        let log = try log()
        _ = try await log.publish(EventSample.events(1...3))
        let later = [3, 4, 7, 8].map { EventSample.event($0) }
        #expect(try await log.publish(later) == [answer(.hole, 1, 4)])
        #expect(try await log.publish(EventSample.events(5...8)) == [answer(.complete, 4, 8)])
        #expect(try await stored(log) == EventSample.events(1...8))
    }

    @Test(.timeLimit(.minutes(5)))
    func `another epoch changes nothing unless the caller says so`() async throws {
        let log = try log()
        _ = try await log.publish(EventSample.events(1...3))
        let next = EventSample.events(1...2, epoch: "e2")
        #expect(try await log.publish(next) == [answer(.otherEpoch, 0, 3)])
        #expect(try await stored(log) == EventSample.events(1...3))
        #expect(try await log.publish(next, rotate: true) == [answer(.complete, 2, 2, epoch: "e2")])
        #expect(try await stored(log) == next)
        #expect(try await log.publish(next, rotate: true) == [answer(.complete, 0, 2, epoch: "e2")])
        #expect(try await log.publish(EventSample.events(4...4)) == [answer(.otherEpoch, 0, 2, epoch: "e2")])
    }

    @Test(.timeLimit(.minutes(5)))
    func `tenants in one call have each their own stream`() async throws {
        let log = try log() { $0.eventsPerCall = 7 }
        let south = Tenant("south}:meta")
        let mixed = (1...50 as ClosedRange<UInt64>).flatMap {
            [EventSample.event($0), EventSample.event($0 + 100, tenant: south)]
        }
        let answers = try await log.publish(mixed)
        #expect(answers == [answer(.complete, 50, 50), answer(.complete, 50, 150, tenant: south)])
        #expect(try await stored(log) == EventSample.events(1...50))
        #expect(try await stored(log, south) == EventSample.events(101...150, tenant: south))
    }

    /// A publisher as a node has it: it brings its own events, fills a hole from the store, and repeats what failed.
    private func publish(
        _ log: RedisEventLog, _ batch: [CommittedEvent], from all: [CommittedEvent]
    ) async throws {
        var batch = batch
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            guard let answer = try? await log.publish(batch).first else {
                await Task.yield()
                continue
            }
            guard answer.result == .hole else { return }
            let next = Int(answer.position.offset)
            let newest = Int(batch.last?.offset ?? 0)
            batch = Array(all[next..<max(next, newest)])
        }
        throw NoRedis(why: "a publisher came to no end")
    }

    @Test(.timeLimit(.minutes(5)), arguments: [1, 2, 3] as [UInt64])
    func `two publishers racing over ten thousand events leave each once, in order`(seed: UInt64) async throws {
        let all = EventSample.events(1...10_000)
        var random = SplitMix(seed: seed)
        var shares: [[[CommittedEvent]]] = [[], []]
        var next = 0
        while next < all.count {
            let size = min(1 + Int(random.next() % 60), all.count - next)
            let batch = Array(all[next..<(next + size)])
            switch random.next() % 4 {
            case 0: shares[0].append(batch)
            case 1: shares[1].append(batch)
            default:
                shares[0].append(batch)
                shares[1].append(batch)
            }
            next += size
        }
        let logs = [try log() { $0.maximumEvents = 20_000 }, try log() { $0.maximumEvents = 20_000 }]
        // The stream must begin with the first event for the test to know what it holds.
        _ = try await logs[0].publish([all[0]])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (log, share) in zip(logs, shares) {
                group.addTask { for batch in share { try await publish(log, batch, from: all) } }
            }
            try await group.waitForAll()
        }
        try await publish(logs[0], [all[9_999]], from: all)
        #expect(try await stored(logs[0]) == all, "seed \(seed)")
    }

    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func `a flush or a restart in the middle leaves a dense stream with the newest event`(isFlush: Bool) async throws {
        let all = EventSample.events(1...4_000)
        let logs = [try log(), try log()]
        async let harm: Void = {
            for _ in 0..<3 {
                let seen = try? await logs[0].position(of: north)?.offset
                try await until("the publishers move on") {
                    (try? await logs[0].position(of: north)?.offset).map { $0 > (seen ?? 0) + 300 } ?? false
                }
                if isFlush {
                    try server.cli("FLUSHALL")
                } else {
                    server.kill()
                    try server.start()
                }
            }
        }()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, log) in logs.enumerated() {
                group.addTask {
                    for start in stride(from: place * 5, to: all.count, by: 10) {
                        try await publish(log, Array(all[start..<(start + 5)]), from: all)
                    }
                }
            }
            try await group.waitForAll()
        }
        // The harm may be waiting for movement that will not come any more.
        try? await harm
        try await until("the server is back") {
            (try? await logs[1].client.send(RedisCommand("PING"))) != nil
        }
        try await publish(logs[1], [all[3_999]], from: all)
        let left = try await stored(logs[1])
        #expect(left.last == all.last)
        #expect(left == Array(all.suffix(left.count)))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stream is bounded by count`() async throws {
        let log = try log { $0.maximumEvents = 1_000 }
        for start in stride(from: UInt64(1), to: 5_000, by: 500) {
            _ = try await log.publish(EventSample.events(start...(start + 499)))
        }
        let left = try await stored(log)
        // Trimmed by whole nodes of the stream's tree, a hundred entries each.
        #expect((1_000...1_200).contains(left.count) && left.last?.offset == 5_000)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stream is bounded by age, whether others come or none`() async throws {
        let log = try log { $0.maximumAge = .milliseconds(1_000) }
        _ = try await log.publish(EventSample.events(1...100))
        await pass(.milliseconds(600))
        // The first half life made a mark, the second takes what is older.
        _ = try await log.publish(EventSample.events(101...101))
        await pass(.milliseconds(600))
        _ = try await log.publish(EventSample.events(102...102))
        #expect(try await stored(log).allSatisfy { $0.offset == 102 })
        // Nobody publishes any more.
        try await until("the stream ends as a whole") { try await stored(log).isEmpty }
        #expect(try await log.publish(EventSample.events(103...103)) == [answer(.complete, 1, 103)])
    }

    @Test(.timeLimit(.minutes(5)))
    func `erased events are gone, and the rest goes on`() async throws {
        let log = try log()
        _ = try await log.publish(EventSample.events(1...1_500))
        try await log.erase(offsets: Array(2...1_400) + [9_999], tenant: north)
        try await log.erase(offsets: [], tenant: north)
        #expect(try await stored(log).map(\.offset) == [1] + Array(1_401...1_500))
        #expect(try await log.publish(EventSample.events(2...1_501)) == [answer(.complete, 1, 1_501)])
    }
}

/// Vigna's SplitMix64, so that a seed names a race.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
