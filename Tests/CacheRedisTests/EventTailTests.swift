import Leads
import Redis
import RedisTestServer
import Scoring
import Synchronization
import Testing

@testable import CacheRedis

/// What a tail handed on, in order.
private final class Receiver: Sendable {
    private let received = Mutex<[RedisEventTail.Item]>([])

    var items: [RedisEventTail.Item] { received.withLock { $0 } }

    func take(_ item: RedisEventTail.Item) { received.withLock { $0.append(item) } }

    func offsets(_ tenant: Tenant = Tenant("north")) -> [UInt64] {
        items.flatMap { item -> [UInt64] in
            guard case .events(let events) = item, events.first?.event.tenant == tenant else { return [] }
            return events.map(\.offset)
        }
    }

    var isAway: Bool { items.contains { if case .away = $0 { true } else { false } } }

    /// Events and what was named as missing: what a relay would have seen or read from the store.
    func accounted(_ tenant: Tenant = Tenant("north")) -> [UInt64] {
        items.flatMap { item -> [UInt64] in
            switch item {
            case .events(let events) where events.first?.event.tenant == tenant: return events.map(\.offset)
            case .missing(let whose, _, let after, let through) where whose == tenant:
                return Array((after + 1)...through)
            default: return []
            }
        }
    }
}

@Suite(.needsRedis, .serialized) struct EventTailTests {
    private let north = Tenant("north")
    private let south = Tenant("south")

    private struct Parts {
        let server: RedisProcess
        let log: RedisEventLog
        let tail: RedisEventTail
        let receiver = Receiver()

        func start() -> Task<Void, Never> {
            Task { [tail, receiver] in await tail.run { receiver.take($0) } }
        }
    }

    private func parts(
        _ arguments: [String] = [], _ change: (inout RedisEventTail.Settings) -> Void = { _ in }
    ) throws -> Parts {
        let server = try RedisProcess(arguments)
        var settings = RedisEventLog.Settings()
        settings.deadline = .seconds(20)
        let log = RedisEventLog(try makeClient(server.address), settings: settings)
        var tailing = RedisEventTail.Settings()
        tailing.checkInterval = .milliseconds(200)
        tailing.maximumBackOff = .milliseconds(200)
        change(&tailing)
        return Parts(server: server, log: log, tail: RedisEventTail(log, settings: tailing))
    }

    private func start(_ offset: UInt64 = 0, epoch: String = "e1") -> StreamPosition {
        StreamPosition(epoch: epoch, offset: offset)
    }

    @Test(.timeLimit(.minutes(5)))
    func `what any node publishes arrives in order, and a tenant is added at once`() async throws {
        let parts = try parts { $0.block = .seconds(250) }
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(1...1_000))
        try await until("north is read") { parts.receiver.offsets().count == 1_000 }
        _ = try await parts.log.publish(EventSample.events(1...5, tenant: south))
        try await until("the reading blocks") { try parts.server.cli("INFO", "clients").contains("blocked_clients:1") }
        try await parts.tail.follow(south, after: start(2))
        // The reading that blocks for minutes was interrupted.
        try await until("south is read") { parts.receiver.offsets(south) == [3, 4, 5] }
        let sent = ContinuousClock.now
        _ = try await parts.log.publish(EventSample.events(1_001...1_001))
        try await until("one more") { parts.receiver.offsets().last == 1_001 }
        Figures.note("from publishing to the receiver: \(sent.duration(to: .now))")
        #expect(parts.receiver.offsets() == Array(1...1_001))
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `an old server, in RESP2, is read the same`() async throws {
        let parts = try parts(["--rename-command", "HELLO", ""])
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(1...100))
        try await parts.log.erase(offsets: [50], tenant: north)
        try await until("north is read") { parts.receiver.accounted().count == 100 }
        _ = try await parts.log.publish(EventSample.events(101...102))
        try await until("more is read") { parts.receiver.accounted() == Array(1...102) }
        try await parts.log.notify([5])
        try await until("a notification") { parts.receiver.items.contains(.notification([5])) }
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `killed connections lose nothing`() async throws {
        let parts = try parts()
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        let all = EventSample.events(1...5_000)
        for start in stride(from: 0, to: all.count, by: 100) {
            var isPublished = false
            while !isPublished {
                isPublished = (try? await parts.log.publish(Array(all[start..<(start + 100)]))) != nil
            }
            if start.isMultiple(of: 1_000) { try parts.server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") }
        }
        try await until("all are read") { parts.receiver.offsets().count >= all.count }
        #expect(parts.receiver.offsets() == Array(1...5_000))
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `a server that dies is named away, and what came meanwhile is read or named`() async throws {
        let parts = try parts()
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(1...10))
        try await until("ten are read") { parts.receiver.offsets().count == 10 }
        parts.server.kill()
        try await until("it is noticed") { parts.receiver.isAway }
        try parts.server.start()
        try await until("published again") {
            (try? await parts.log.publish(EventSample.events(15...20))) != nil
        }
        try await until("all is accounted for") { parts.receiver.accounted().last == 20 }
        #expect(parts.receiver.accounted() == Array(1...20))
        #expect(parts.receiver.items.contains(.back))
        #expect(parts.receiver.items.contains(.missing(north, epoch: "e1", after: 10, through: 14)))
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `a flush is noticed though nobody publishes, and events that went with it are named`() async throws {
        let parts = try parts()
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(1...3))
        try await until("three are read") { parts.receiver.offsets().count == 3 }
        try parts.server.cli("FLUSHALL")
        try await until("the flush is noticed") { parts.receiver.items.contains(.unknown(north)) }
        // Published and trimmed before anybody read: the state knows of it, the stream does not.
        try parts.server.cli("HSET", "lw1:log:{north}:meta", "epoch", "e1", "last", "7")
        try await until("the loss is named") { parts.receiver.accounted() == Array(1...7) }
        _ = try await parts.log.publish(EventSample.events(8...9))
        try await until("it goes on") { parts.receiver.accounted() == Array(1...9) }
        #expect(parts.tail.position(of: north) == start(9))
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `another epoch is named, and its events follow from the first`() async throws {
        let parts = try parts { $0.checkInterval = .seconds(600) }
        try await parts.tail.follow(north, after: start())
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(1...500))
        try await until("the old are read") { parts.receiver.offsets().count == 500 }
        _ = try await parts.log.publish(EventSample.events(1...3, epoch: "e2"), rotate: true)
        // The rotation is told on the control stream: nobody waits for the next check.
        try await until("the new are read") { parts.receiver.offsets().count == 503 }
        #expect(parts.receiver.offsets().suffix(3) == [1, 2, 3])
        let named = parts.receiver.items.compactMap { item -> String? in
            if case .epoch(north, let position) = item { position.epoch } else { nil }
        }
        #expect(named == ["e2"])
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `erased and unreadable entries are named as missing, and the rest arrives`() async throws {
        let parts = try parts()
        _ = try await parts.log.publish(EventSample.events(1...10))
        try await parts.log.erase(offsets: [3, 4, 10], tenant: north)
        try parts.server.cli("XADD", "lw1:log:{north}", "11-0", "e", "of another version")
        try parts.server.cli("HSET", "lw1:log:{north}:meta", "last", "11")
        try await parts.tail.follow(north, after: start(1))
        let running = parts.start()
        _ = try await parts.log.publish(EventSample.events(12...12))
        try await until("all is accounted for") { parts.receiver.accounted().last == 12 }
        #expect(parts.receiver.accounted() == Array(2...12))
        #expect(parts.receiver.offsets() == [2, 5, 6, 7, 8, 9, 12])
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `notifications reach every node, from when it began to tail`() async throws {
        let parts = try parts()
        try await parts.log.notify([0])
        let other = RedisEventTail(parts.log)
        let second = Receiver()
        let running = [parts.start(), Task { await other.run { second.take($0) } }]
        try await until("both block") { try parts.server.cli("INFO", "clients").contains("blocked_clients:2") }
        for number in 1...20 as ClosedRange<UInt8> { try await parts.log.notify([number, 0, 255]) }
        let expected = (1...20 as ClosedRange<UInt8>).map { RedisEventTail.Item.notification([$0, 0, 255]) }
        try await until("both have all") {
            parts.receiver.items.count >= 20 && second.items.count >= 20
        }
        #expect(parts.receiver.items == expected && second.items == expected)
        for task in running {
            task.cancel()
            await task.value
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a slow receiver is waited for, and readings are bounded`() async throws {
        let parts = try parts {
            $0.eventsPerStream = 64
            $0.eventsPerReading = 100
        }
        try await parts.tail.follow(north, after: start())
        try await parts.tail.follow(south, after: start())
        _ = try await parts.log.publish(EventSample.events(1...1_000) + EventSample.events(1...1_000, tenant: south))
        let largest = Mutex(0)
        let receiver = parts.receiver
        let running = Task { [tail = parts.tail] in
            await tail.run { item in
                if case .events(let events) = item { largest.withLock { $0 = max($0, events.count) } }
                await Task.yield()
                receiver.take(item)
            }
        }
        try await until("all are read") {
            receiver.offsets().count == 1_000 && receiver.offsets(south).count == 1_000
        }
        #expect(largest.withLock { $0 } == 50)
        #expect(receiver.offsets() == Array(1...1_000) && receiver.offsets(south) == Array(1...1_000))
        running.cancel()
        await running.value
    }

    @Test(.timeLimit(.minutes(5)))
    func `too many tenants are refused`() async throws {
        let parts = try parts { $0.maximumTenants = 2 }
        try await parts.tail.follow(north, after: start())
        try await parts.tail.follow(south, after: start())
        try await parts.tail.follow(south, after: start(1))
        await #expect(throws: RedisError.self) { try await parts.tail.follow(Tenant("west"), after: start()) }
        parts.tail.unfollow(north)
        try await parts.tail.follow(Tenant("west"), after: start())
    }
}
