import JSONBytes

/// A response, read by the tests' own rules.
struct HTTPAnswer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]

    /// The last response of `bytes`; interim ones are skipped, chunks are joined.
    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while true {
            guard let end = Self.endOfHead(rest) else { throw TestFailure("no head in \(bytes.count) bytes") }
            let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n")
            guard let first = lines.first?.split(separator: " "), first.count > 1, let status = Int(first[1]) else {
                throw TestFailure("no status line")
            }
            self.status = status
            headers = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
            }
            body = Array(rest[(end + 4)...])
            guard status == 100 else { break }
            rest = rest[(end + 4)...]
        }
        if header("transfer-encoding") == "chunked" { body = try Self.joinChunks(body) }
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> JSONElement { try JSONDocument(parsing: body).root }

    /// The names in an error's `details`.
    func fields() throws -> [String] {
        try json()["details"].map { $0.elements.compactMap { $0["field"]?.string } } ?? []
    }

    private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (bytes.startIndex...(bytes.endIndex - 4)).first { bytes[$0..<$0 + 4].elementsEqual(mark) }
    }

    private static func joinChunks(_ bytes: [UInt8]) throws -> [UInt8] {
        var joined: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 13) {
            guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else {
                throw TestFailure("a chunk without a size")
            }
            if size == 0 { return joined }
            joined += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 4 + size)...]
        }
        throw TestFailure("the last chunk is missing")
    }
}
