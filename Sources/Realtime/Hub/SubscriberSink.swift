import NIOCore

/// How an event and a message of the server stand on the wire.
enum Transport: Hashable {
    case webSocket

    func append(_ publication: Publication, to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket: buffer.writeBytes(publication.frame)
        }
    }

    func size(of publication: Publication) -> Int {
        switch self {
        case .webSocket: publication.frame.count
        }
    }

    func append(_ text: [UInt8], to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket:
            var head: [UInt8] = []
            FrameEncoding.header(FrameEncoding.text, payload: text.count, appendTo: &head)
            buffer.writeBytes(head)
            buffer.writeBytes(text)
        }
    }

    /// Asks the peer for a sign of life that comes back with `payload`; nothing where the transport has no such thing.
    func appendPing(_ payload: UInt64, to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket:
            buffer.writeInteger(FrameEncoding.ping)
            buffer.writeInteger(UInt8(8))
            buffer.writeInteger(payload)
        }
    }
}

/// The way out to one reader: takes bytes that are ready for the wire. Confined to the reader's loop. A second
/// transport (Server-Sent Events) is another implementation and a case of ``Transport``.
protocol SubscriberSink: AnyObject {
    var transport: Transport { get }
    /// False from the high watermark on until the backlog has shrunk to the low one.
    var isWritable: Bool { get }
    /// Not for the hot path.
    var bufferedBytes: Int { get }
    /// The peer has begun a message and not finished it.
    var isInsideMessage: Bool { get }
    func write(_ bytes: ByteBuffer)
    func close(_ code: CloseCode, deadline: TimeAmount?)
    func abort()
}

extension WebSocketHandler: SubscriberSink {
    var transport: Transport { .webSocket }
}
