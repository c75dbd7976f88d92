import Foundation
import NIOHTTP1

/// What RFC 6455 section 4.2.1 asks of a handshake beyond NIO's upgrader, which looks at `Upgrade`, at the version and
/// at the number of keys only.
enum WebSocketHandshake {
    /// False for HTTP/1.0, a `Connection` header without `upgrade`, a key that is not 16 bytes in base64, and a request
    /// with a body: its bytes would be read as frames.
    static func isComplete(_ head: HTTPRequestHead) -> Bool {
        guard head.version.major > 1 || head.version == .http1_1 else { return false }
        guard head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
            return false
        }
        guard let key = head.headers.first(name: "sec-websocket-key"), Data(base64Encoded: key)?.count == 16 else {
            return false
        }
        return !head.headers.contains(name: "transfer-encoding")
            && head.headers["content-length"].allSatisfy { $0 == "0" }
    }
}
