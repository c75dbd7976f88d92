import Realtime

/// JWT mode's door: a token says who asks, in the `Authorization` header or, for browsers' WebSockets, as a subprotocol. A
/// proxy in front is expected; its headers are neither needed nor believed.
final class TokenGate: Gate {
    private let verifier: TokenVerifier
    private let limiter: RequestLimiter
    private let allowedOrigins: Set<String>

    init(verifier: TokenVerifier, limiter: RequestLimiter, allowedOrigins: [String]) {
        self.verifier = verifier
        self.limiter = limiter
        self.allowedOrigins = Set(allowedOrigins.map { $0.lowercased() })
    }

    func listening(on port: Int) {}

    func admit(_ head: RequestHead, from address: String) async throws(APIError) -> Principal? {
        try checkOrigin(head, from: address)
        let token: String?
        do throws(APIError) {
            token = try head.token
        } catch {
            try limiter.take(.address(address))
            throw error
        }
        guard let token else {
            try limiter.take(.address(address))
            return nil
        }
        let verified: TokenVerifier.Verified
        do {
            verified = try await verifier.verify(token)
        } catch {
            try limiter.take(.address(address))
            throw error.error
        }
        try limiter.take(.token(verified.digest))
        return verified.principal
    }

    func checkPlace(_ head: RequestHead, from address: String) throws(APIError) {
        try checkOrigin(head, from: address)
        try limiter.take(.address(address))
        // A token in the URL stays refused, whatever stands beside it.
        _ = try head.token
    }

    private func checkOrigin(_ head: RequestHead, from address: String) throws(APIError) {
        for origin in head.origin where !isAllowed(origin.lowercased(), host: head.host) {
            try limiter.take(.address(address))
            throw APIError(.forbidden, "a page of this origin may not ask: see --allowed-origins")
        }
    }

    /// The server's own pages, over either scheme (TLS may end before us), and those that were named.
    private func isAllowed(_ origin: String, host: String?) -> Bool {
        if allowedOrigins.contains(origin) { return true }
        guard let host = host?.lowercased() else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }
}
