import NIOCore
import Testing

@testable import Realtime

/// Over loopback sockets: what a channel without a socket can't show.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct LiveHubTests {
    @Test(arguments: [true, false])
    func `a thousand publications reach fifty clients, each once and in order`(directly: Bool) async throws {
        let live = try await LiveHub(writesPastPipeline: directly)
        var clients: [LiveClient] = []
        for _ in 0..<50 { clients.append(try await live.subscriber()) }
        for offset in 1...1_000 as ClosedRange<UInt64> { live.hub.publish([StillHub.event(offset)]) }
        let wanted = (1...1_000).map { StillHub.text($0) }
        for client in clients { #expect(await client.next(1_000) == wanted) }
        let figures = await live.hub.metrics()
        #expect(figures.eventsDelivered == 50_000)
        #expect(figures.connections.active == 50)
        try await live.stop()
    }

    @Test func `from many threads each tenant's order is the publisher's`() async throws {
        let live = try await LiveHub()
        let client = try await live.subscriber()
        await withTaskGroup(of: Void.self) { tasks in
            for thread in 0..<8 {
                tasks.addTask {
                    for offset in 1...500 as ClosedRange<UInt64> {
                        live.hub.publish([StillHub.event(offset, tenant: thread == 0 ? "t1" : "t\(thread + 10)")])
                    }
                }
            }
        }
        #expect(await client.next(500) == (1...500).map { StillHub.text($0) })
        try await live.stop()
    }

    @Test(arguments: [true, false])
    func `a reader that stops reading moves nobody, and later gets what is left and is told the gap`(
        directly: Bool
    ) async throws {
        let live = try await LiveHub(writesPastPipeline: directly) { $0.historyCount = 64 }
        let slow = try await live.subscriber()
        let quick = try await live.subscriber()
        try await slow.setReading(false)
        let filler = String(repeating: "x", count: 8_000)
        let count: UInt64 = 600
        for offset in 1...count {
            live.hub.publish([StillHub.event(offset, data: "{\"pad\":\"\(filler)\"}")])
            // The quick one is waited for, so that it is never behind.
            let text = await quick.next()
            if text != StillHub.text(offset, data: "{\"pad\":\"\(filler)\"}") { Issue.record("quick at \(offset)") }
        }
        #expect(await live.hub.metrics().lagging == 1)
        // What waits in user space for it is bounded by the watermark and one batch.
        #expect(await live.hub.metrics().bufferedBytes < 200_000)
        try await slow.setReading(true)
        var have: UInt64 = 0
        var lost: UInt64 = 0
        while have < count, let message = await slow.next() {
            if message.hasPrefix(#"{"type":"gap""#) {
                let range = message.matches(of: /"from":(\d+),"to":(\d+)/).first.flatMap { match in
                    UInt64(match.1).flatMap { from in UInt64(match.2).map { (from, $0) } }
                }
                guard let range else {
                    Issue.record("\(message)")
                    break
                }
                #expect(range.0 == have + 1)
                lost += range.1 - range.0 + 1
                have = range.1
            } else {
                #expect(message == StillHub.text(have + 1, data: "{\"pad\":\"\(filler)\"}"))
                have += 1
            }
        }
        #expect(have == count)
        #expect(lost > 0)
        live.hub.publish([StillHub.event(count + 1)])
        #expect(await slow.next() == StillHub.text(count + 1))
        try await live.stop()
    }

    @Test func `a client that comes back with since has everything exactly once`() async throws {
        let live = try await LiveHub { $0.historyCount = 4_096 }
        let publisher = Task {
            for offset in 1...2_000 as ClosedRange<UInt64> {
                live.hub.publish([StillHub.event(offset)])
                if offset % 50 == 0 { await Task.yield() }
            }
        }
        var seen: [String] = []
        while seen.count < 2_000 {
            let client = try await live.subscriber(since: UInt64(seen.count))
            for _ in 0..<300 where seen.count < 2_000 {
                guard let message = await client.next() else { break }
                if message.hasPrefix(#"{"event_type""#) { seen.append(message) }
                if message.hasPrefix(#"{"type":"gap""#) { Issue.record("\(message)") }
            }
            try await client.close()
        }
        await publisher.value
        #expect(seen == (1...2_000).map { StillHub.text($0) })
        try await live.stop()
    }

    @Test func `a message in the handshake's own packet is read`() async throws {
        let live = try await LiveHub()
        let client = try await live.connect(with: ClientFrame.text(#"{"type":"ping","id":1}"#))
        #expect(await client.next()?.hasPrefix(#"{"type":"pong","id":1"#) == true)
        try await live.stop()
    }

    @Test func `a peer that shuts down its side without a word is gone`() async throws {
        let live = try await LiveHub()
        let client = try await live.subscriber()
        try await client.close(.output)
        #expect(await client.next() == nil)
        #expect(await live.hub.metrics().closes == [1006: 1])
        try await live.stop()
    }

    @Test func `a violation's close frame arrives although more input was on its way`() async throws {
        let live = try await LiveHub()
        let client = try await live.connect()
        let flood = (0..<200).flatMap { _ in ClientFrame.text(String(repeating: "y", count: 1_000)) }
        try? await client.send(bytes: ClientFrame.frame(1, [65], masked: false) + flood)
        #expect(await client.next() == "<close 1002 >")
        try? await client.close()
        try await live.stop()
    }

    @Test func `the echo sends a mebibyte in four fragments back`() async throws {
        let live = try await LiveHub()
        let client = try await live.connect("/echo")
        let part = String(repeating: "0123456789abcdef", count: 1 << 14)
        try await client.send(bytes: ClientFrame.text(part, final: false))
        for index in 1..<4 { try await client.send(bytes: ClientFrame.more(part, final: index == 3)) }
        let message = await client.next()
        #expect(message?.utf8.count == 1 << 20)
        try await live.stop()
    }

    @Test func `shutdown ends every connection with 1001`() async throws {
        let live = try await LiveHub()
        var clients: [LiveClient] = []
        for _ in 0..<20 { clients.append(try await live.subscriber()) }
        let stopping = Task { await live.hub.shutDown(window: .milliseconds(50), deadline: .seconds(5)) }
        for client in clients {
            #expect(await client.next()?.hasPrefix(#"{"type":"going_away""#) == true)
            #expect(await client.next() == "<close 1001 going_away>")
            try? await client.send(bytes: ClientFrame.close(1001))
            #expect(await client.next() == nil)
        }
        await stopping.value
        try await live.stop()
    }
}
