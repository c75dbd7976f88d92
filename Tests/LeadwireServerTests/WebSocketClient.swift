import JSONBytes

/// A WebSocket client of a few lines: masked text frames out, whole frames in.
final class WebSocketClient: Sendable {
    private let socket: ClientSocket
    /// The head of the 101.
    let answer: String

    private init(_ socket: ClientSocket, answer: String) {
        self.socket = socket
        self.answer = answer
    }

    static let handshake =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    /// `headers` are whole lines, each with its end.
    static func open(port: Int, headers: String = "") async throws -> WebSocketClient {
        try await BlockingWork.run {
            let socket = try ClientSocket(port: port)
            let head = "GET /api/v1/ml/ws/live-scores HTTP/1.1\r\nHost: localhost:\(port)\r\n\(headers)\(handshake)\r\n"
            try socket.send(Array(head.utf8))
            var answer: [UInt8] = []
            while !answer.suffix(4).elementsEqual("\r\n\r\n".utf8) { answer += try socket.receive(exactly: 1) }
            let text = String(decoding: answer, as: UTF8.self)
            // The key's answer is the example of RFC 6455, section 1.3.
            guard text.hasPrefix("HTTP/1.1 101"), text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
                throw TestFailure("refused: \(text.prefix(80))")
            }
            return WebSocketClient(socket, answer: text)
        }
    }

    func send(_ text: String) async throws {
        let payload = Array(text.utf8)
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame: [UInt8] = [0x81]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        }
        frame += mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
        let bytes = frame
        try await BlockingWork.run { [socket] in try socket.send(bytes) }
    }

    enum Message: Sendable {
        case text(JSONElement)
        case close(Int)
    }

    /// The next text frame, parsed; pings are passed over.
    func receive() async throws -> JSONElement {
        switch try await next() {
        case .text(let element): return element
        case .close(let code): throw TestFailure("closed with \(code)")
        }
    }

    /// Skips messages until one is of this type.
    func receive(type: String) async throws -> JSONElement {
        while true {
            let message = try await receive()
            if message["type"]?.string == type { return message }
        }
    }

    /// The number of the close frame; messages before it are passed over.
    func receiveClose() async throws -> Int {
        while true {
            if case .close(let code) = try await next() { return code }
        }
    }

    private func next() async throws -> Message {
        try await BlockingWork.run { [socket] in
            while true {
                let head = try socket.receive(exactly: 2)
                var length = Int(head[1] & 127)
                if length == 126 {
                    let more = try socket.receive(exactly: 2)
                    length = Int(more[0]) << 8 | Int(more[1])
                } else if length == 127 {
                    length = try socket.receive(exactly: 8).reduce(0) { $0 << 8 | Int($1) }
                }
                let payload = try socket.receive(exactly: length)
                switch head[0] & 15 {
                case 1: return .text(try JSONDocument(parsing: payload).root)
                case 8: return .close(payload.prefix(2).reduce(0) { $0 << 8 | Int($1) })
                default: continue
                }
            }
        }
    }
}
