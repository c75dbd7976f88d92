import NIOCore

/// Server-Sent Events (WHATWG HTML, section 9.2) as they stand in the body of a response: each event with its place in
/// the log as id, so that a browser brings it back as `Last-Event-ID`.
///
/// ```text
/// id: k3f9:1043
/// event: lead_scored
/// data: {"event_type":"lead_scored",…}
/// ```
///
/// A chunk of HTTP/1.1 (RFC 9112, section 7.1) holds one event, so events that were rendered once can be put together
/// in any way and shared by every connection.
struct EventStreamEncoding: Hashable {
    /// False for HTTP/1.0, whose body ends with the connection.
    let isChunked: Bool

    // MARK: Whole events

    func size(of publication: Publication) -> Int {
        let length = Self.length(
            epoch: publication.epoch, offset: publication.offset, name: publication.name.rawValue,
            text: publication.text.count)
        return isChunked ? length + String(length, radix: 16).utf8.count + 4 : length
    }

    func append(_ publication: Publication, to buffer: inout ByteBuffer) {
        let length = Self.length(
            epoch: publication.epoch, offset: publication.offset, name: publication.name.rawValue,
            text: publication.text.count)
        beginChunk(length, &buffer)
        Self.appendID(publication.epoch, publication.offset, &buffer)
        Self.appendEvent(publication.name.rawValue, publication.json, &buffer)
        endChunk(&buffer)
    }

    func append(_ message: ServerMessage, to buffer: inout ByteBuffer) {
        let name = "\(message.type)"
        let length = Self.length(
            epoch: message.position?.epoch, offset: message.position?.offset ?? 0, name: name, text: message.json.count)
        beginChunk(length, &buffer)
        if let position = message.position { Self.appendID(position.epoch, position.offset, &buffer) }
        Self.appendEvent(name, message.json[...], &buffer)
        endChunk(&buffer)
    }

    /// How long a browser waits before it comes back by itself.
    func appendRetry(milliseconds: Int, to buffer: inout ByteBuffer) {
        append("retry: \(milliseconds)\n\n", to: &buffer)
    }

    /// A comment: read by nobody, seen by every proxy.
    func appendKeepAlive(to buffer: inout ByteBuffer) { append(":\n\n", to: &buffer) }

    /// The end of the body.
    func appendEnd(to buffer: inout ByteBuffer) {
        if isChunked { buffer.writeStaticString("0\r\n\r\n") }
    }

    // MARK: Parts

    private func append(_ text: String, to buffer: inout ByteBuffer) {
        beginChunk(text.utf8.count, &buffer)
        buffer.writeString(text)
        endChunk(&buffer)
    }

    private func beginChunk(_ length: Int, _ buffer: inout ByteBuffer) {
        guard isChunked else { return }
        buffer.writeString(String(length, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    private func endChunk(_ buffer: inout ByteBuffer) {
        if isChunked { buffer.writeStaticString("\r\n") }
    }

    /// Of the lines that ``appendID(_:_:_:)`` and ``appendEvent(_:_:_:)`` write; no epoch, no id.
    private static func length(epoch: String?, offset: UInt64, name: String, text: Int) -> Int {
        let id = epoch.map { "id: :\n".utf8.count + $0.utf8.count + String(offset).utf8.count } ?? 0
        return id + "event: \ndata: \n\n".utf8.count + name.utf8.count + text
    }

    private static func appendID(_ epoch: String, _ offset: UInt64, _ buffer: inout ByteBuffer) {
        buffer.writeStaticString("id: ")
        buffer.writeString(epoch)
        buffer.writeStaticString(":")
        buffer.writeString(String(offset))
        buffer.writeStaticString("\n")
    }

    private static func appendEvent(_ name: String, _ text: ArraySlice<UInt8>, _ buffer: inout ByteBuffer) {
        buffer.writeStaticString("event: ")
        buffer.writeString(name)
        buffer.writeStaticString("\ndata: ")
        if text.contains(where: isLineBreak) {
            // Between JSON tokens only (RFC 8259, section 7: none within a string), where a space means the same.
            buffer.writeBytes(text.lazy.map { isLineBreak($0) ? UInt8(ascii: " ") : $0 })
        } else {
            buffer.writeBytes(text)
        }
        buffer.writeStaticString("\n\n")
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}
