import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// Server-Sent Events of the hub, on channels without sockets.
@Suite(.timeLimit(.minutes(5)))
struct EventStreamTests {
    // MARK: The wire

    @Test func `an event stands on the wire with its place as id, in one chunk or plain`() {
        let event = StillHub.event(7)
        let plain = "id: e1:7\nevent: lead_scored\ndata: \(StillHub.text(7))\n\n"
        for (isChunked, wanted) in [
            (false, plain), (true, "\(String(plain.utf8.count, radix: 16))\r\n\(plain)\r\n"),
        ] {
            let encoding = EventStreamEncoding(isChunked: isChunked)
            var buffer = ByteBuffer()
            encoding.append(event, to: &buffer)
            #expect(String(buffer: buffer) == wanted)
            #expect(encoding.size(of: event) == wanted.utf8.count)
        }
    }

    @Test func `line breaks between JSON tokens do not break an event`() {
        let event = StillHub.event(1, .custom, data: "{\"a\":\r\n  1,\n\"b\":\"x\\ny\"}")
        var buffer = ByteBuffer()
        let encoding = EventStreamEncoding(isChunked: true)
        encoding.append(event, to: &buffer)
        #expect(buffer.readableBytes == encoding.size(of: event))
        var reader = EventStreamReader(isChunked: true)
        let text = StillHub.text(1, .custom, data: "{\"a\":    1, \"b\":\"x\\ny\"}")
        #expect(reader.read(Array(buffer.readableBytesView)) == [StreamedEvent(id: "e1:1", name: "custom", data: text)])
    }

    @Test(arguments: [true, false])
    func `a stream begins with a time to come back after and with where it stands`(_ isChunked: Bool) async throws {
        let still = StillHub()
        await still.publish([StillHub.event(1)])
        let stream = try await still.stream([.leadScored, .custom], isChunked: isChunked)
        let first = try await stream.received()
        #expect((1_000...4_000).contains(try #require(stream.reader.retry)))
        #expect(first.map(\.name) == ["subscription_updated"] && first[0].id == "e1:1")
        #expect(first[0].data.contains(#""subscriptions":["lead_scored","custom"],"denied":[]"#))
        await still.publish([StillHub.event(2), StillHub.event(3, .modelStatus), StillHub.event(4, .custom)])
        #expect(
            try await stream.received() == [
                StreamedEvent(id: "e1:2", name: "lead_scored", data: StillHub.text(2)),
                StreamedEvent(id: "e1:4", name: "custom", data: StillHub.text(4, .custom)),
            ])
    }

    // MARK: Coming back

    @Test func `who comes back with the last id has what was missed, then a heartbeat, then what is live`() async throws
    {
        let still = StillHub()
        await still.publish((1...9).map { StillHub.event($0) })
        let stream = try await still.stream([.leadScored], since: ("e1", 5))
        let received = try await stream.received()
        // Without an id: who loses the connection right here must still ask from where it stood.
        #expect(received.first?.name == "subscription_updated" && received.first?.id == nil)
        #expect(received.first?.data.contains(#""recovered":true,"replaying":4"#) == true)
        #expect(received.dropFirst().map(\.id) == (6...9).map { "e1:\($0)" } + ["e1:9"])
        #expect(received.last?.name == "hb")
        await still.publish([StillHub.event(10)])
        #expect(try await stream.received().map(\.id) == ["e1:10"])
    }

    @Test func `another log's id gets a reset and what is live`() async throws {
        let still = StillHub()
        await still.publish((1...3).map { StillHub.event($0) })
        let stream = try await still.stream([.leadScored], since: ("e0", 700))
        let received = try await stream.received()
        #expect(received.map(\.name) == ["subscription_updated", "reset"])
        #expect(received.map(\.id) == [nil, "e1:3"])
        #expect(received[1].data.contains(#""reason":"epoch_changed""#))
        await still.publish([StillHub.event(4)])
        #expect(try await stream.received().map(\.id) == ["e1:4"])
    }

    @Test func `too far back is announced as a gap, and so is what neither memory nor a log has`() async throws {
        let still = StillHub {
            $0.maximumReplay = 6
            $0.historyCount = 4
        }
        await still.publish((1...20).map { StillHub.event($0) })
        let received = try await still.stream([.leadScored], since: ("e1", 2)).received()
        #expect(
            received.map(\.name) == ["subscription_updated", "gap", "gap"] + Array(repeating: "lead_scored", count: 4)
                + ["hb"])
        #expect(received[1].data == HubRecoveryTests.gap(#""lead_scored""#, 3, 14, "too_old"))
        #expect(received[2].data == HubRecoveryTests.gap(#""lead_scored""#, 15, 16, "evicted"))
        #expect(received[1].id == nil && received[2].id == nil)
    }

    @Test func `what memory has lost is read from the log`() async throws {
        let log = TestLog((1...600).map { StillHub.event($0) })
        let still = StillHub(history: log) { $0.historyCount = 8 }
        let stream = try await still.stream([.leadScored], since: ("e1", 0))
        let received = try await stream.received(602)
        #expect(received.filter { $0.name == "lead_scored" }.map(\.offset) == (1...600).map { $0 })
        #expect(received.last?.name == "hb" && received.last?.id == "e1:600")
    }

    @Test func `a log that can't be read ends the stream with an error and the wish to come back`() async throws {
        let log = TestLog([])
        log.state.withLockedValue { $0.isBroken = true }
        let still = StillHub(history: log)
        let stream = try await still.stream()
        let received = try await stream.received(2)
        #expect(received.map(\.name) == ["error", "close"])
        #expect(received.last?.data == #"{"type":"close","code":4012,"reason":"subscription_failed","reconnect":true}"#)
        #expect(stream.reader.hasEnded && !stream.isActive)
    }

    // MARK: Walls

    @Test func `roles, tenants and filters are the same as over a WebSocket`() async throws {
        let still = StillHub()
        await still.publish([StillHub.event(1)])
        let viewer = try await still.stream(nil, role: .viewer)
        let filtered = try await still.stream([.leadScored], filter: #"{"gte":["n",4]}"#)
        let foreign = try await still.stream(tenant: "t2")
        let socket = try await still.subscriber(["*"], role: .viewer)
        for stream in [viewer, filtered, foreign] { _ = try await stream.received() }
        let secret = Audience(roles: [.admin])
        await still.publish([
            StillHub.event(2, .userActivity), StillHub.event(3), StillHub.event(4),
            StillHub.event(5, .custom, audience: secret), StillHub.event(6, .custom),
        ])
        let seen = try await viewer.received()
        #expect(seen.map(\.id) == ["e1:3", "e1:4", "e1:6"])
        #expect(seen.map(\.data) == (try await socket.received()))
        #expect(try await filtered.received().map(\.id) == ["e1:4"])
        #expect(try await foreign.received() == [])
        #expect(
            try EventStreamRequest(events: [.userActivity], filter: nil, since: nil).isAllowed(for: .viewer) == false)
        for bad in ["", "{", "[]", #"{"near":["n",4]}"#, String(repeating: " ", count: 20_000)] {
            #expect(throws: EventStreamRequest.InvalidFilter.self) {
                try EventStreamRequest(events: nil, filter: bad, since: nil)
            }
        }
    }

    // MARK: Signs of life, slow readers, the end

    @Test func `a heartbeat moves the id of a reader that nothing concerns, and a comment keeps one behind alive`()
        async throws
    {
        let still = StillHub {
            $0.heartbeatSeconds = 3
            $0.pongSeconds = 1
        }
        let stream = try await still.stream([.modelStatus])
        await still.publish((1...5).map { StillHub.event($0) })
        _ = try await stream.received()
        await still.pass(seconds: 9)
        let beats = try await stream.received()
        #expect(beats.count == 3 && beats.allSatisfy { $0.name == "hb" && $0.id == "e1:5" })
        // It answers nothing, and nobody minds.
        #expect(stream.isActive && stream.reader.comments == 0)
        let late = StillHub(history: TestLog([])) {
            $0.heartbeatSeconds = 3
            $0.pongSeconds = 1
        }
        let ahead = try await late.stream([.leadScored], since: ("e1", 9))
        _ = try await ahead.received(1)
        await late.pass(seconds: 1)
        #expect(try await ahead.received().isEmpty)
        await late.pass(seconds: 4)
        let names = try await ahead.received().map(\.name)
        #expect(names == ["reset"] && ahead.reader.comments == 1)
    }

    @Test
    func `a slow reader falls behind alone, catches up once and in order, and is ended if it never takes anything`()
        async throws
    {
        let still = StillHub()
        let slow = try await still.stream([.leadScored])
        let quick = try await still.stream([.leadScored])
        _ = try await slow.received()
        _ = try await quick.received()
        try await slow.setWritable(false)
        for offset in 1...500 as ClosedRange<UInt64> { await still.publish([StillHub.event(offset)]) }
        #expect(try await quick.received().map(\.offset) == (1...500).map { $0 })
        #expect(try await slow.received() == [])
        #expect(await still.hub.metrics().lagging == 1)
        try await slow.setWritable(true)
        #expect(try await slow.received().map(\.offset) == (1...500).map { $0 })
        #expect(await still.hub.metrics().lagging == 0)
        try await slow.setWritable(false)
        await still.pass(seconds: 13)
        #expect(!slow.isActive && quick.isActive)
        let figures = await still.hub.metrics()
        #expect(figures.closes == [4008: 1] && figures.slowCloses == 1)
    }

    @Test func `an administrator sees a stream, counts it and ends it with a last event and the last chunk`()
        async throws
    {
        let still = StillHub()
        let stream = try await still.stream([.leadScored])
        _ = try await still.subscriber(["lead_scored"])
        let page = await still.hub.connections(ConnectionQuery(tenant: "t1")).connections
        #expect(page.map(\.transport) == ["sse", "websocket"])
        #expect(await still.hub.metrics().connections.byTransport == ["sse": 1, "websocket": 1])
        #expect(await still.hub.disconnect(id: page[0].id, tenant: "t1"))
        let last = try await stream.received().last
        #expect(
            last?.data
                == #"{"type":"close","code":4501,"reason":"disconnected_by_administrator","reconnect":false}"#)
        #expect(stream.reader.hasEnded && !stream.isActive)
        #expect(await still.hub.metrics().connections.byTransport == ["sse": 0, "websocket": 1])
    }

    @Test func `a token that ends is told of, and ends the stream`() async throws {
        let still = StillHub { $0.tokenGrace = .seconds(2) }
        let stream = try await still.stream([.leadScored], expiresAt: StillHub.start + 5_000)
        await still.pass(seconds: 8)
        #expect(try await stream.received().map(\.name).suffix(2) == ["token_expiring", "close"])
        #expect(!stream.isActive)
    }

    @Test func `shutdown says goodbye to every stream`() async throws {
        let still = StillHub()
        let stream = try await still.stream([.leadScored])
        let hub = still.hub
        let stopping = Task { await hub.shutDown(window: .zero, deadline: .seconds(5)) }
        let received = try await stream.received(3)
        #expect(received.map(\.name) == ["subscription_updated", "going_away", "close"])
        await still.loop.run()
        await stopping.value
        #expect(stream.reader.hasEnded && !stream.isActive)
        await #expect(throws: HubRefusal.self) { try await still.stream() }
    }

    @Test func `whoever leaves, by half or in whole, frees everything`() async throws {
        let still = StillHub()
        let streams = [
            try await still.stream([.leadScored], filter: #"{"eq":["a",1]}"#), try await still.stream(),
            try await still.stream(),
        ]
        #expect(await still.hub.metrics().distinctFilters == 1)
        _ = try await streams[0].channel.finish(acceptAlreadyClosed: true)
        let channel = streams[1].channel
        try await still.loop.executeInContext {
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        // One that talks on and on is not waited for.
        for _ in 0..<5 { _ = try? await streams[2].channel.writeInbound(ByteBuffer(repeating: 65, count: 4_000)) }
        await still.loop.run()
        #expect(streams.allSatisfy { !$0.isActive })
        let figures = await still.hub.metrics()
        #expect(figures.connections.active == 0 && figures.distinctFilters == 0 && figures.subscriptions.isEmpty)
        #expect(figures.closes == [1006: 3])
        await still.publish([StillHub.event(1)])
    }
}
