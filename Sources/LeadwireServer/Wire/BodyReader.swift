import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore

extension Exchange {
    /// The whole body, at most `limit` bytes. Of a larger one the rest is read and thrown away up to
    /// ``RequestLimits/discardedBytes``, so that a client that is still sending sees the 413 and not a reset; beyond
    /// that the connection closes after the answer.
    func collectBody(limit: Int) async throws -> [UInt8] {
        let announced = headers[.contentLength].flatMap { Int($0) }
        let mostRead = max(limit, limits.discardedBytes)
        if let announced, announced > mostRead { throw Self.tooLarge(limit, closing: true) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(announced ?? 1_024, limit))
        var total = 0
        for try await buffer in body {
            total += buffer.readableBytes
            if total > mostRead { throw Self.tooLarge(limit, closing: true) }
            if total <= limit {
                bytes.append(contentsOf: buffer.readableBytesView)
            } else {
                bytes = []
            }
        }
        guard total <= limit else { throw Self.tooLarge(limit, closing: false) }
        return bytes
    }

    /// The body as JSON; refuses another content type first.
    func collectJSON(limit: Int? = nil) async throws -> (document: JSONDocument, bytes: [UInt8]) {
        let bytes = try await collectBody(limit: limit ?? limits.bodyBytes)
        return (try Self.parse(bytes, limits: limits), bytes)
    }

    static func parse(_ bytes: [UInt8], limits: RequestLimits) throws(APIError) -> JSONDocument {
        do {
            var json = JSONLimits.request
            json.maximumDepth = limits.jsonDepth
            json.maximumBytes = max(limits.batchBodyBytes, limits.bodyBytes)
            return try JSONDocument(parsing: bytes, limits: json)
        } catch {
            throw .notJSON(error)
        }
    }

    private static func tooLarge(_ limit: Int, closing: Bool) -> APIError {
        var error = APIError(.tooLarge, "the body is larger than \(limit) bytes")
        error.closesConnection = closing
        return error
    }

    /// No content type, and no body by its headers (RFC 9112, section 6.3).
    var announcesNoBody: Bool {
        headers[.contentType] == nil && headers[.transferEncoding] == nil && (headers[.contentLength] ?? "0") == "0"
    }

    /// `application/json`, with any parameters; the contract asks it of every POST.
    func requireContentType(_ accepted: [String]) throws(APIError) {
        let given = headers[.contentType] ?? ""
        let type = given.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        guard accepted.contains(type) else {
            throw APIError(.unsupportedMediaType, "send \(accepted.joined(separator: " or "))")
        }
    }
}
