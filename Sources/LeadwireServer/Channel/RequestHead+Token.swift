/// Where a request may carry its token, and where it may not.
extension RequestHead {
    /// The subprotocol that this server speaks; answered to a client that offers it.
    static let subprotocol = "leadwire.v1"
    private static let bearerPrefix = "bearer."

    /// The one token of the request: of `Authorization: Bearer`, or of the subprotocol `bearer.TOKEN`.
    ///
    /// - Throws: ``APIError``, 401, for a token in the URL, for two tokens, and for another scheme than Bearer.
    var token: String? {
        get throws(APIError) {
            if let name = tokenInURL {
                throw APIError(
                    .unauthorized,
                    "a token may not stand in the URL (\(name)), where logs keep it: send it as Authorization: Bearer, "
                        + "as the subprotocol bearer.TOKEN, or as the first message")
            }
            guard authorization.count <= 1 else {
                throw APIError(.unauthorized, "more than one Authorization header")
            }
            var tokens = subprotocols.filter { $0.hasPrefix(Self.bearerPrefix) }.map {
                String($0.dropFirst(Self.bearerPrefix.count))
            }
            if let header = authorization.first {
                let parts = header.split(separator: " ", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                    throw APIError(.unauthorized, "Authorization must be Bearer and a token")
                }
                tokens.append(String(parts[1]))
            }
            guard tokens.count <= 1 else { throw APIError(.unauthorized, "more than one token") }
            return tokens.first
        }
    }

    var offersSubprotocol: Bool { subprotocols.contains(Self.subprotocol) }

    private var tokenInURL: String? {
        guard let question = target.firstIndex(of: "?") else { return nil }
        let query = QueryParameters(target[target.index(after: question)...])
        return query.items.map(\.name).first { ["token", "access_token"].contains($0.lowercased()) }
    }
}
