import LeadwireServer
import NIOConcurrencyHelpers
import Testing

@testable import LeadwireClient

/// The client against the real server over a line that fails.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct FaultTests {
    /// What one consumer saw.
    struct Seen: Sendable {
        var numbers: [Int] = []
        var offsets: [UInt64] = []
        var losses: [LeadwireItem] = []
        var interruptions: [LeadwireInterruption] = []
        var connections = 0

        mutating func take(_ item: LeadwireItem) throws {
            switch item {
            case .event(let event):
                numbers.append(try LiveClientTests.number(event))
                offsets.append(event.position?.offset ?? 0)
            case .gap, .reset: losses.append(item)
            case .state(.waiting(_, let reason)): interruptions.append(reason)
            case .state(.live): connections += 1
            case .state: break
            }
        }
    }

    /// Takes items until so many events have come.
    static func collect(
        _ count: Int, of events: LeadwireEvents, _ note: (Seen) async throws -> Void = { _ in }
    ) async throws -> Seen {
        var seen = Seen()
        for await item in events {
            try seen.take(item)
            try await note(seen)
            if seen.numbers.count >= count { break }
        }
        return seen
    }

    @Test(arguments: [1, 2, UInt64.random(in: 3 ... .max)])
    func `every event comes once and in order while the line is cut at random bytes`(seed: UInt64) async throws {
        let total = 400
        let random = NIOLockedValueBox(SeededGenerator(seed: seed))
        @Sendable func pick(_ range: ClosedRange<Int>) -> Int {
            random.withLockedValue { Int.random(in: range, using: &$0) }
        }
        try await RunningServer.run { server in
            let start = try await LiveClientTests.start(server)
            // From within the handshake to some dozens of events, and mostly in the middle of a frame.
            try await FaultProxy.run(to: server.port, budget: { _ in pick(20...9_000) }) { proxy in
                let client = try LeadwireClient(url: proxy.url, configuration: LiveClientTests.configuration())
                let received = Progress()
                async let published: Void = {
                    var next = 0
                    while next < total {
                        // Far enough ahead that some are live and some are replayed.
                        await received.wait(for: next - 40)
                        let end = min(total, next + pick(1...12))
                        try await server.publish(next..<end, padding: pick(0...600))
                        next = end
                    }
                }()
                let seen = try await Self.collect(total, of: client.events(.leadScored, since: start)) { seen in
                    // At the first fault, rather than waiting for what will not come.
                    let isWhole = seen.numbers.last.map { $0 == seen.numbers.count - 1 } ?? true
                    try #require(isWhole, "seed \(seed): \(seen.numbers.suffix(3)), \(seen.losses)")
                    received.reach(seen.numbers.count)
                }
                try await published
                #expect(seen.numbers == Array(0..<total), "seed \(seed)")
                #expect(seen.losses == [], "seed \(seed)")
                #expect(zip(seen.offsets, seen.offsets.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
                #expect(seen.connections > 5 && proxy.count >= seen.connections, "seed \(seed)")
            }
        }
    }

    @Test func `a restarted server is found again, and nothing is missing or doubled`() async throws {
        try await RunningServer.withFolder { folder in
            let ports = NIOLockedValueBox<[Int]>([])
            let isStarted = Progress()
            let received = Progress()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<3 {
                        try await RunningServer.run(in: folder) { server in
                            ports.withLockedValue { $0.append(server.port) }
                            isStarted.reach(round + 1)
                            // Nobody may be there yet: the first are replayed. The last are not waited for, so that some
                            // are still under way when the server goes.
                            try await server.publish(round * 10..<round * 10 + 5)
                            await received.wait(for: round * 10 + 5)
                            try await server.publish(round * 10 + 5..<round * 10 + 10)
                            if round == 2 { await received.wait(for: 30) }
                        }
                    }
                }
                await isStarted.wait(for: 1)
                try await FaultProxy.run(to: ports.withLockedValue { $0[0] }) { proxy in
                    let seen = try await Self.followRestarts(through: proxy, ports, isStarted, received)
                    #expect(seen.numbers == Array(0..<30) && seen.losses == [] && seen.connections >= 3)
                }
                try await group.waitForAll()
            }
        }
    }

    private static func followRestarts(
        through proxy: FaultProxy, _ ports: NIOLockedValueBox<[Int]>, _ isStarted: Progress, _ received: Progress
    ) async throws -> Seen {
        async let followed: Void = {
            for round in 2...3 {
                await isStarted.wait(for: round)
                proxy.lead(to: ports.withLockedValue { $0[round - 1] })
            }
        }()
        let client = try LeadwireClient(url: proxy.url, configuration: LiveClientTests.configuration())
        // The first answer names the log's epoch; then from its beginning.
        var beginning: LeadwirePosition?
        for await item in client.events(.leadScored) {
            guard case .state(.live(let subscription)) = item else { continue }
            beginning = LeadwirePosition(epoch: subscription.position.epoch, offset: 0)
            break
        }
        let seen = try await collect(30, of: client.events(.leadScored, since: beginning)) { seen in
            received.reach(seen.numbers.count)
        }
        await followed
        return seen
    }

    @Test func `a connection that is open and silent is given up, and the next brings what was missed`() async throws {
        try await RunningServer.run { server in
            try await FaultProxy.run(to: server.port) { proxy in
                let configuration = LiveClientTests.configuration { $0.silence = .milliseconds(500) }
                let client = try LeadwireClient(url: proxy.url, configuration: configuration)
                let start = try await LiveClientTests.start(server)
                // What was done, so that it is done once however often the client comes back.
                let published = NIOLockedValueBox(0)
                let seen = try await Self.collect(2, of: client.events(.leadScored, since: start)) { seen in
                    switch published.withLockedValue({ $0 }) {
                    case 0 where seen.connections > 0:
                        published.withLockedValue { $0 = 1 }
                        try await server.publish(0..<1)
                    case 1 where seen.numbers == [0]:
                        published.withLockedValue { $0 = 2 }
                        try await proxy.stallAll()
                        try await server.publish(1..<2)
                    default: break
                    }
                }
                #expect(seen.numbers == [0, 1] && seen.losses == [])
                #expect(seen.interruptions.contains(.silent))
            }
        }
    }

    @Test func `a consumer that stops is felt by the server, holds little, and misses nothing`() async throws {
        try await RunningServer.run { server in
            try await FaultProxy.run(to: server.port) { proxy in
                let configuration = LiveClientTests.configuration {
                    $0.bufferedItems = 50
                    $0.bufferedBytes = 256 << 10
                }
                let client = try LeadwireClient(url: proxy.url, configuration: configuration)
                let start = try await LiveClientTests.start(server)
                var events = client.events(.leadScored, since: start).makeAsyncIterator()
                var seen = Seen()
                while seen.connections == 0, let item = await events.next() { try seen.take(item) }
                // 8 MB for a consumer that takes nothing, while it takes nothing.
                for first in stride(from: 0, to: 2_000, by: 100) {
                    try await server.publish(first..<first + 100, padding: 4_000)
                }
                #expect(await proxy.stalls.next() == 0)
                // The client's own buffer, and what the kernel and the proxy hold for it.
                #expect(proxy.passedBytes < 3 << 20)
                while seen.numbers.count < 2_000, let item = await events.next() { try seen.take(item) }
                #expect(seen.numbers == Array(0..<2_000) && seen.losses == [])
            }
        }
    }
}
