import NIOCore

/// Sends every message back as it came: what the protocol's own conformance suite wants to talk to.
final class EchoSession: WebSocketSession {
    private var connection: WebSocketHandler?

    func opened(by connection: WebSocketHandler) { self.connection = connection }

    func received(_ message: [UInt8], isText: Bool) {
        let first = isText ? FrameEncoding.text : FrameEncoding.binary
        connection?.write(FrameEncoding.frame(first, message, ByteBufferAllocator()))
    }

    func receivedPong(_ payload: [UInt8]) {}
    func receivedBytes(_ count: Int) {}
    func writabilityChanged(_ isWritable: Bool) {}
    func shouldQuiesce() { connection?.close(.goingAway, deadline: nil) }
    func closed(closeNumber: UInt16?) { connection = nil }
}
