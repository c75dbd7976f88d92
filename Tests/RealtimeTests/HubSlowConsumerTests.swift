import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(5)))
struct HubSlowConsumerTests {
    @Test func `a reader that takes nothing moves nobody else and catches up when it can`() async throws {
        let still = StillHub()
        let slow = try await still.subscriber(["lead_scored"])
        let quick = try await still.subscriber(["lead_scored"])
        try await slow.setWritable(false)
        for offset in 1...500 as ClosedRange<UInt64> { await still.publish([StillHub.event(offset)]) }
        let wanted = (1...500).map { StillHub.text($0) }
        #expect(try await quick.received() == wanted)
        #expect(try await slow.received() == [])
        let page = await still.hub.connections(ConnectionQuery(tenant: "t1")).connections
        #expect(page.map(\.lagEvents) == [500, 0])
        #expect(await still.hub.metrics().lagging == 1)
        try await slow.setWritable(true)
        #expect(try await slow.received() == wanted)
        await still.publish([StillHub.event(501)])
        #expect(try await slow.received() == [StillHub.text(501)])
        let figures = await still.hub.metrics()
        #expect(figures.lagging == 0)
        #expect(figures.fellBehind == 1)
    }

    @Test func `when memory has moved on, the slow reader is told what it lost`() async throws {
        let still = StillHub { $0.historyCount = 10 }
        let slow = try await still.subscriber(["lead_scored"])
        try await slow.setWritable(false)
        await still.publish((1...100).map { StillHub.event($0) })
        try await slow.setWritable(true)
        let received = try await slow.received()
        #expect(received.first == HubRecoveryTests.gap(#""lead_scored""#, 1, 90, "evicted"))
        #expect(Array(received[1...]) == (91...100).map { StillHub.text($0) })
    }

    @Test func `of a state only the newest of each thing is caught up, and the rest announced`() async throws {
        let still = StillHub()
        let slow = try await still.subscriber(["bot_status", "lead_scored"])
        try await slow.setWritable(false)
        // Two bots' states in turn; the third tells no key, the fifth is another event.
        var events = (1...9).map { StillHub.event($0, .botStatus, stateKey: $0 % 2 == 0 ? "a" : "b") }
        events[2] = StillHub.event(3, .botStatus)
        events[4] = StillHub.event(5)
        await still.publish(events)
        try await slow.setWritable(true)
        #expect(
            try await slow.received() == [
                HubRecoveryTests.gap(#""bot_status""#, 1, 7, "conflated"), StillHub.text(3, .botStatus),
                StillHub.text(5), StillHub.text(8, .botStatus), StillHub.text(9, .botStatus),
            ])
        #expect(await still.hub.metrics().conflated == 5)
    }

    @Test func `a replay that was asked for leaves no state out`() async throws {
        let still = StillHub()
        await still.publish((1...5).map { StillHub.event($0, .botStatus, stateKey: "a") })
        let client = try await still.connect()
        try await client.send(HubRecoveryTests.subscribe(#""bot_status""#, since: 1))
        #expect(try await client.received()[1...4] == (2...5).map { StillHub.text($0, .botStatus) }[...])
    }

    @Test func `a reader that takes nothing for ten seconds is closed with a code to come back on`() async throws {
        let still = StillHub()
        let stuck = try await still.subscriber(["lead_scored"])
        try await stuck.setWritable(false)
        await still.publish([StillHub.event(1)])
        await still.pass(seconds: 10)
        #expect(stuck.isActive)
        await still.pass(seconds: 2)
        #expect(try await stuck.received() == ["<close 4008 slow_consumer>"])
        #expect(!stuck.isActive)
        let figures = await still.hub.metrics()
        #expect(figures.slowCloses == 1)
        #expect(figures.closes == [4008: 1])
        #expect(figures.connections.active == 0)
    }

    @Test func `above the budget of bytes the worst are closed first`() async throws {
        let still = StillHub { $0.maximumBufferedBytes = 60_000 }
        let small = try await still.subscriber(["lead_scored"])
        let large = try await still.subscriber(["*"])
        // Written, and taken by nobody: on this channel that is what has not been flushed.
        let loop = still.loop
        for (client, count) in [(small, 30_000), (large, 50_000)] {
            let channel = client.channel
            try await loop.executeInContext { channel.write(ByteBuffer(repeating: 0, count: count), promise: nil) }
            try await client.setWritable(false)
        }
        await still.pass(seconds: 1)
        await still.pass(seconds: 1)
        #expect(!large.isActive)
        #expect(small.isActive)
        #expect(await still.hub.metrics().closes == [4010: 1])
    }

    @Test func `a heartbeat tells a live reader how far it is, and a ping asks for a sign of life`() async throws {
        let still = StillHub()
        let client = try await still.subscriber(["lead_scored"])
        let silent = try await still.connect()
        await still.publish([StillHub.event(1, .custom)])
        await still.pass(seconds: 24)
        #expect(try await client.received() == [])
        await still.pass(seconds: 1)
        #expect(
            try await client.received() == [
                #"{"type":"hb","epoch":"e1","offset":1,"timestamp":"2026-11-21T10:00:25.000Z"}"#, "<ping>",
            ])
        // Before its first message a reader gets no message; a ping is none.
        #expect(try await silent.received() == ["<ping>"])
    }

    @Test func `a ping's round trip is measured, and any byte is a sign of life`() async throws {
        let still = StillHub()
        let answering = try await still.subscriber(["lead_scored"])
        let talking = try await still.subscriber(["lead_scored"])
        let dead = try await still.subscriber(["lead_scored"])
        await still.pass(seconds: 25)
        guard let ping = try await answering.channel.readOutbound(as: ByteBuffer.self) else {
            Issue.record("no heartbeat")
            return
        }
        await still.loop.advanceTime(by: .milliseconds(40))
        try await answering.send(bytes: ClientFrame.pong(Array(ping.readableBytesView.suffix(8))))
        try await talking.send(#"{"type":"heartbeat"}"#)
        await still.pass(seconds: 10)
        #expect(answering.isActive)
        #expect(talking.isActive)
        #expect(!dead.isActive)
        let page = await still.hub.connections(ConnectionQuery(tenant: nil)).connections
        #expect(page.map(\.roundTripMilliseconds) == [40, nil])
        let figures = await still.hub.metrics()
        #expect(figures.closes == [4009: 1])
        #expect(figures.pingRoundTrip.count == 1)
    }

    @Test func `a message that never ends is not waited for`() async throws {
        let still = StillHub()
        let client = try await still.subscriber(["lead_scored"])
        let slow = Array(ClientFrame.text(#"{"type":"ping","pad":"\#(String(repeating: "x", count: 300))"}"#))
        for byte in slow[..<75] {
            try await client.send(bytes: [byte])
            await still.pass(seconds: 1)
            if !client.isActive { break }
        }
        #expect(try await client.received().contains("<close 4011 message_timeout>"))
    }

    @Test func `a peer that is gone costs nothing that stays`() async throws {
        let still = StillHub()
        for _ in 0..<20 {
            let client = try await still.subscriber(["lead_scored"])
            _ = try await client.channel.finish(acceptAlreadyClosed: true)
            await still.publish([])
        }
        let figures = await still.hub.metrics()
        #expect(figures.connections.active == 0)
        #expect(figures.connections.total == 20)
        #expect(figures.subscriptions == [:])
        #expect(figures.distinctSubscriptions == 0)
        #expect(figures.closes == [1006: 20])
    }
}
