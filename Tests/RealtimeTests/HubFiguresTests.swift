import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// The figures of `GET /ws/metrics` and `GET /ws/connections` that have a size, a time or a rate, against what clients
/// counted on their side of the wire while the hub's time stood still between two steps.
@Suite(.timeLimit(.minutes(5)))
struct HubFiguresTests {
    @Test func `bytes, rates, history and positions are what the clients counted`() async throws {
        let still = StillHub()
        let reader = try await still.subscriber(["lead_scored", "custom"], user: "ann")
        let viewer = try await still.subscriber(["custom"], user: "vic", role: .viewer)
        await still.pass(seconds: 1)
        for second in 0..<30 as Range<UInt64> {
            await still.publish([StillHub.event(2 * second + 1), StillHub.event(2 * second + 2, .custom)])
            await still.pass(seconds: 1)
        }
        for id in 1...3 { try await reader.send(#"{"type":"ping","id":\#(id)}"#) }
        let received = try await reader.received()
        #expect(received.filter { $0.hasPrefix(#"{"event_type""#) } == (1...60).map(Self.event))
        #expect(try await viewer.received().filter { $0.hasPrefix(#"{"event_type""#) }.count == 30)
        let figures = await still.hub.metrics(tenant: "t1")
        #expect(figures.bytesSent == UInt64(reader.bytesReceived + viewer.bytesReceived))
        #expect(figures.eventsDelivered == 60 + 30)
        // The answers to two subscriptions and three pings, and a heartbeat each; a WebSocket ping is no message.
        #expect(figures.messagesSent == 60 + 30 + 2 + 3 + 2)
        #expect(figures.messagesReceived == 2 + 3)
        for window in [1, 10, 60] {
            #expect(figures.rates[window]?.published == 2, "\(window) s")
            #expect(figures.rates[window]?.delivered == 3, "\(window) s")
        }
        let second = UInt64(FrameReader.length(of: Self.event(59)) + 2 * FrameReader.length(of: Self.event(60)))
        #expect(figures.rates[1]?.bytesOut == Double(second))
        await still.pass(seconds: 1)
        let later = await still.hub.metrics(tenant: "t1")
        #expect(later.rates[1]?.published == 0)
        #expect(later.rates[1]?.received == 3)
        #expect(abs((later.rates[10]?.received ?? 0) - 0.3) < 1e-9)
        #expect(later.history.map(\.name) == [.leadScored, .custom])
        #expect(later.history.map(\.first) == [1, 2])
        #expect(later.history.map(\.last) == [59, 60])
        #expect(later.history.map(\.count) == [30, 30])
        #expect(later.history.allSatisfy { $0.bytes >= 30 * 100 && $0.bytes < 30 * 400 })
        #expect(later.epoch == "e1" && later.offset == 60)
        #expect(later.publishToFlush.count == 90)
        let json = String(decoding: later.json(), as: UTF8.self)
        #expect(json.contains(#""last_updated":"2026-11-21T10:00:32.000Z""#))
        #expect(json.contains(#""bytes_sent":\#(later.bytesSent),"#))
        #expect(json.contains(#""60s":{"published_per_second":"#))
    }

    @Test func `a connection's own figures are what its client counted`() async throws {
        let still = StillHub()
        let reader = try await still.subscriber(["lead_scored"], user: "ann")
        let silent = try await still.connect("sue")
        await still.publish((1...7).map { StillHub.event($0) })
        await still.pass(seconds: 25)
        let beat = try #require(try await reader.channel.readOutbound(as: ByteBuffer.self))
        // Events and heartbeat came as two buffers; the ping is the end of the last one.
        var sent = beat.readableBytes
        var last = beat
        while let more = try await reader.channel.readOutbound(as: ByteBuffer.self) {
            sent += more.readableBytes
            last = more
        }
        await still.loop.advanceTime(by: .milliseconds(40))
        try await reader.send(bytes: ClientFrame.pong(Array(last.readableBytesView.suffix(8))))
        await still.loop.advanceTime(by: .milliseconds(500))
        _ = try await silent.received()
        let page = await still.hub.connections(ConnectionQuery(tenant: "t1")).connections
        try #require(page.count == 2)
        #expect(page[0].messagesIn == 1 && page[0].messagesOut == 1 + 7 + 1)
        #expect(page[0].bytesIn == UInt64(reader.bytesSent))
        #expect(page[0].bytesOut == UInt64(reader.bytesReceived + sent))
        #expect(page[0].roundTripMilliseconds == 40 && page[0].lastSeenMilliseconds == 500)
        #expect(page[0].cursor == 7 && page[0].lagEvents == 0 && page[0].bufferedBytes == 0)
        #expect(abs(page[0].ageSeconds - 25.54) < 1e-6)
        #expect(page[1].messagesIn == 0 && page[1].bytesIn == 0 && page[1].subscriptions.isEmpty)
        #expect(page[1].bytesOut == UInt64(silent.bytesReceived))
        let roundTrip = await still.hub.metrics().pingRoundTrip
        #expect(roundTrip.count == 1 && roundTrip.mean == 40e6)
    }

    @Test func `a reader that is behind is seen to be, by how much, and no longer once it has caught up`() async throws
    {
        let still = StillHub()
        let slow = try await still.subscriber(["lead_scored"], user: "sam")
        let quick = try await still.subscriber(["lead_scored"], user: "quinn")
        await still.publish([StillHub.event(1), StillHub.event(2)])
        try await slow.setWritable(false)
        await still.publish((3...7).map { StillHub.event($0) })
        await still.pass(seconds: 3)
        var query = ConnectionQuery(tenant: "t1")
        query.isLagging = true
        let behind = await still.hub.connections(query).connections
        try #require(behind.map(\.principal.user) == ["sam"])
        #expect(behind[0].cursor == 2 && behind[0].lagEvents == 5 && behind[0].lagMilliseconds == 3_000)
        let figures = await still.hub.metrics(tenant: "t1")
        #expect(figures.lagging == 1 && figures.stalled == 1 && figures.fellBehind == 1)
        #expect(figures.maximumLagMilliseconds == 3_000)
        #expect(
            String(decoding: figures.json(), as: UTF8.self).contains(#""consumers":{"live":1,"lagging":1,"stalled":1"#))
        try await slow.setWritable(true)
        #expect(try await slow.received(7) == (1...7).map { StillHub.text($0) })
        #expect(try await quick.received() == (1...7).map { StillHub.text($0) })
        let after = await still.hub.metrics(tenant: "t1")
        #expect(after.lagging == 0 && after.stalled == 0 && after.maximumLagMilliseconds == 0 && after.gaps == 0)
        #expect(after.fellBehind == 1, "it is a count")
        #expect(await still.hub.connections(query).connections.isEmpty)
    }

    private static func event(_ offset: UInt64) -> String {
        StillHub.text(offset, offset % 2 == 0 ? .custom : .leadScored)
    }
}

extension FrameReader {
    /// Bytes on the wire of a text message of the server.
    static func length(of text: String) -> Int {
        FrameEncoding.headerLength(payload: text.utf8.count) + text.utf8.count
    }
}
