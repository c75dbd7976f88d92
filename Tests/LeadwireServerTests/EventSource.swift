import JSONBytes

/// A client of Server-Sent Events of a few lines: a request out, whole events in.
final class EventSource: Sendable {
    struct Event: Sendable {
        var id: String?
        var name: String
        var data: [UInt8]

        func json() throws -> JSONElement { try JSONDocument(parsing: data).root }
    }

    private let socket: ClientSocket
    /// As the server sent them, names in lower case.
    let headers: [String: String]

    private init(_ socket: ClientSocket, headers: [String: String]) {
        self.socket = socket
        self.headers = headers
    }

    /// Opens `/events` with this query and these headers; fails unless the answer is 200.
    static func open(port: Int, _ query: String = "", headers: [(String, String)] = []) async throws -> EventSource {
        try await BlockingWork.run {
            let socket = try ClientSocket(port: port)
            let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
            let head = "GET /api/v1/ml/events\(query) HTTP/1.1\r\nHost: localhost:\(port)\r\n\(fields)\r\n"
            try socket.send(Array(head.utf8))
            var answer: [UInt8] = []
            while !answer.suffix(4).elementsEqual("\r\n\r\n".utf8) { answer += try socket.receive(exactly: 1) }
            let lines = String(decoding: answer, as: UTF8.self).split(separator: "\r\n")
            guard lines[0].hasPrefix("HTTP/1.1 200") else { throw TestFailure("refused: \(lines[0])") }
            var given: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                given[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            }
            return EventSource(socket, headers: given)
        }
    }

    /// The next event, one chunk; `retry` and comments are passed over. Nil at the end of the body.
    func next() async throws -> Event? {
        try await BlockingWork.run { [socket] in
            while true {
                var line: [UInt8] = []
                while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try socket.receive(exactly: 1) }
                guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
                    throw TestFailure("a chunk without a size")
                }
                let chunk = try socket.receive(exactly: size + 2).dropLast(2)
                if size == 0 { return nil }
                guard chunk.suffix(2).elementsEqual("\n\n".utf8) else { throw TestFailure("half an event in a chunk") }
                var event = Event(id: nil, name: "", data: [])
                for line in chunk.split(separator: UInt8(ascii: "\n")) {
                    let text = String(decoding: line, as: UTF8.self)
                    if text.hasPrefix("id: ") { event.id = String(text.dropFirst(4)) }
                    if text.hasPrefix("event: ") { event.name = String(text.dropFirst(7)) }
                    if text.hasPrefix("data: ") { event.data = Array(line.dropFirst(6)) }
                }
                if !event.data.isEmpty { return event }
            }
        }
    }

    func next(_ name: String) async throws -> Event {
        guard let event = try await next() else { throw TestFailure("the stream ended before \(name)") }
        guard event.name == name else { throw TestFailure("\(event.name) instead of \(name)") }
        return event
    }
}
