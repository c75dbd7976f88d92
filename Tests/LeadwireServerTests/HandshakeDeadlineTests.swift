import Logging
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import LeadwireServer

/// Connections that never finish their first request, on a channel whose time the test moves.
struct HandshakeDeadlineTests {
    private let channel = EmbeddedChannel()

    init() throws {
        let server = OnePortChannel(
            responder: { _, _, _ in }, settings: OnePortChannel.Settings(), admission: ScoreAdmission(limit: 1),
            admitUpgrade: { _, channel in
                let upgrade = HandshakeDecision.Upgrade { _ in }
                return channel.eventLoop.makeSucceededFuture(
                    HandshakeDecision(admission: .success(nil), upgrade: upgrade))
            })
        _ = try server.setup(channel: channel, logger: Logger(label: "test")).wait()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func pass(seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    @Test func `a peer that says nothing is let go after fifteen seconds`() {
        pass(seconds: 14)
        #expect(channel.isActive)
        pass(seconds: 1)
        #expect(!channel.isActive)
    }

    @Test func `a byte a second does not keep a handshake alive`() throws {
        let head = Array("GET /api/v1/ml/ws/live-scores HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n".utf8)
        for byte in head.prefix(15) {
            #expect(channel.isActive)
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
            pass(seconds: 1)
        }
        #expect(!channel.isActive)
    }

    @Test func `a handshake that is finished in time has no deadline any more`() throws {
        let head = """
            GET /api/v1/ml/ws/live-scores HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
            """
        pass(seconds: 14)
        try channel.writeInbound(ByteBuffer(string: head))
        pass(seconds: 60)
        #expect(channel.isActive)
    }
}
