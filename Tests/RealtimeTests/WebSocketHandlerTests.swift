import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// The handler in front of an echo, on a channel without a socket. Everything stays on the test's own thread.
struct WebSocketHandlerTests {
    private let channel = EmbeddedChannel()
    private let handler: WebSocketHandler

    init() throws {
        handler = WebSocketHandler(
            limits: FrameParser.Limits(maximumFrameBytes: 1 << 16, maximumMessageBytes: 1 << 16, maximumFragments: 64),
            session: EchoSession())
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func send(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    private func sent() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }

    @Test func `a message comes back as it was, whole or in fragments`() throws {
        try send(ClientFrame.text("héllo"))
        #expect(try sent() == [0x81, 6] + Array("héllo".utf8))
        try send(ClientFrame.binary([1, 2], final: false) + ClientFrame.more([3], final: true))
        #expect(try sent() == [0x82, 3, 1, 2, 3])
    }

    @Test func `a ping is answered in the middle of a message`() throws {
        try send(ClientFrame.text("a", final: false) + ClientFrame.ping([9, 9]))
        #expect(try sent() == [0x8A, 2, 9, 9])
    }

    @Test(
        arguments: [
            (ClientFrame.close(1000, Array("bye".utf8)), [0x88, 2, 3, 0xE8]),
            (ClientFrame.close(4321), [0x88, 2, 0x10, 0xE1]),
            (ClientFrame.close(), [0x88, 0]), (ClientFrame.close([1]), [0x88, 2, 3, 0xEA]),
            (ClientFrame.text(bytes: [0xFF]), [0x88, 2, 3, 0xEF]),
            (ClientFrame.frame(1, [65], masked: false), [0x88, 2, 3, 0xEA]),
            (ClientFrame.frame(2, Array(repeating: 0, count: 70_000)), [0x88, 2, 3, 0xF1]),
        ] as [([UInt8], [UInt8])])
    func `an end is answered once, nothing follows, and the socket closes at the deadline`(
        _ input: [UInt8], _ answer: [UInt8]
    ) throws {
        try send(input + ClientFrame.text("late") + ClientFrame.ping())
        // On this channel shutting down the output closes it all; on a socket the input is drained first.
        #expect(try sent() == answer)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try sent() == [])
        #expect(!channel.isActive)
    }

    @Test func `our close waits for the peer's and then closes`() throws {
        handler.close(.goingAway, deadline: nil)
        #expect(Array(try sent().prefix(4)) == [0x88, 12, 3, 0xE9])
        try send(ClientFrame.text("still here") + ClientFrame.ping())
        #expect(try sent() == [])
        #expect(channel.isActive)
        try send(ClientFrame.close(1001))
        #expect(!channel.isActive)
    }

    @Test func `our close does not wait for ever`() throws {
        handler.close(.goingAway, deadline: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func `a peer that only hangs up is hung up on`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!channel.isActive)
    }

    @Test func `shutdown says 1001`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(Array(try sent().prefix(4)) == [0x88, 12, 3, 0xE9])
    }

    @Test func `a peer that doesn't read gets no pongs queued and is not read from`() throws {
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        try send(ClientFrame.ping([1]))
        #expect(try sent() == [])
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        try send(ClientFrame.ping([2]))
        #expect(try sent() == [0x8A, 1, 2])
    }

    @Test func `the table of close codes has unique numbers and the class tells who comes back`() {
        #expect(Set(CloseCode.table.map(\.number)).count == CloseCode.table.count)
        #expect(Set(CloseCode.table.map(\.name)).count == CloseCode.table.count)
        for code in CloseCode.table where code.number >= 3000 {
            let comesBack = (3000...3499).contains(code.number) || (4000...4499).contains(code.number)
            #expect(code.allowsReconnect == comesBack)
            #expect((4000...4999).contains(code.number))
        }
        for code in CloseCode.table { #expect(CloseCode.mayBeSent(code.number)) }
        #expect(CloseCode.goingAway.allowsReconnect)
        #expect(!CloseCode.protocolError.allowsReconnect)
    }
}
