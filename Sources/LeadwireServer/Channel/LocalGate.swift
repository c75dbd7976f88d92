import Leads
import NIOConcurrencyHelpers
import Realtime

/// Local mode's door: who may ask anything at all of a server that trusts this machine.
///
/// A browser on this machine runs other people's pages, so what it says about where a request comes from is checked
/// on every request, WebSocket and SSE included; a proxy would make strangers look local, so its headers are refused.
final class LocalGate: Gate {
    static let developmentToken = "test_token"

    /// The port that answers; known once the socket is bound.
    private let port = NIOLockedValueBox(0)

    func listening(on port: Int) {
        self.port.withLockedValue { $0 = port }
    }

    func admit(_ head: RequestHead, from address: String) throws(APIError) -> Principal? { try admit(head) }

    func admit(_ head: RequestHead) throws(APIError) -> Principal {
        try checkPlace(head)
        guard let token = try head.token else {
            return Principal(user: "local", role: .admin, tenant: Tenant.local.name)
        }
        guard Self.equalInConstantTime(token, Self.developmentToken) else {
            throw APIError(.unauthorized, "not a token that this server knows")
        }
        return Principal(user: "development", role: .admin, tenant: Tenant.local.name)
    }

    func checkPlace(_ head: RequestHead, from address: String) throws(APIError) { try checkPlace(head) }

    /// Where a request comes from, whoever asks.
    func checkPlace(_ head: RequestHead) throws(APIError) {
        if let header = head.proxyHeader {
            throw APIError(
                .forbidden, "\(header.lowercased()) is not taken in local mode: behind a proxy use --auth jwt")
        }
        guard let host = head.host, isOurs(host) else {
            throw APIError(.forbidden, "local mode answers to localhost, 127.0.0.1 or [::1] with its port only")
        }
        for origin in head.origin where origin.lowercased() != "http://" + host.lowercased() {
            throw APIError(.forbidden, "a page of another origin may not ask")
        }
        guard !head.fetchSite.contains(where: { $0.lowercased() == "cross-site" }) else {
            throw APIError(.forbidden, "a page of another site may not ask")
        }
    }

    private func isOurs(_ host: String) -> Bool {
        let port = port.withLockedValue { $0 }
        let lowercased = host.lowercased()
        return ["localhost", "127.0.0.1", "[::1]"].contains { name in
            lowercased == "\(name):\(port)" || (port == 80 && lowercased == name)
        }
    }

    /// Takes as long for a near miss as for a far one.
    static func equalInConstantTime(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var difference = UInt8(left.count == right.count ? 0 : 1)
        for index in right.indices { difference |= right[index] ^ (index < left.count ? left[index] : 0) }
        return difference == 0
    }
}
