import NIOCore

/// How an event and a message of the server stand on the wire.
enum Transport: Hashable {
    case webSocket
    case serverSentEvents(EventStreamEncoding)

    /// The word for administrators and figures.
    var name: String {
        switch self {
        case .webSocket: "websocket"
        case .serverSentEvents: "sse"
        }
    }

    /// Whether the client can say anything after it has connected.
    var takesCommands: Bool { self == .webSocket }

    /// Whether the transport itself brings a ping back.
    var answersPings: Bool { self == .webSocket }

    func append(_ publication: Publication, to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket: buffer.writeBytes(publication.frame)
        case .serverSentEvents(let encoding): encoding.append(publication, to: &buffer)
        }
    }

    /// Bytes that ``append(_:to:)-(Publication,_)`` writes.
    func size(of publication: Publication) -> Int {
        switch self {
        case .webSocket: publication.frame.count
        case .serverSentEvents(let encoding): encoding.size(of: publication)
        }
    }

    func append(_ message: ServerMessage, to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket:
            var head: [UInt8] = []
            FrameEncoding.header(FrameEncoding.text, payload: message.json.count, appendTo: &head)
            buffer.writeBytes(head)
            buffer.writeBytes(message.json)
        case .serverSentEvents(let encoding): encoding.append(message, to: &buffer)
        }
    }

    /// Asks the peer for a sign of life that comes back with `payload`; where the transport has no such thing, a few
    /// bytes that keep whatever is between from closing an idle connection.
    func appendPing(_ payload: UInt64, to buffer: inout ByteBuffer) {
        switch self {
        case .webSocket:
            buffer.writeInteger(FrameEncoding.ping)
            buffer.writeInteger(UInt8(8))
            buffer.writeInteger(payload)
        case .serverSentEvents(let encoding): encoding.appendKeepAlive(to: &buffer)
        }
    }
}
