import Realtime

/// The door that every request passes: HTTP, WebSocket and SSE alike.
protocol Gate: Sendable {
    /// The port that answers; known once the socket is bound.
    func listening(on port: Int)

    /// Who asks. Nil for nobody in particular: then only what is open to anyone is answered. A token that is not good is
    /// refused, never taken for none.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - address: the peer's, without its port.
    /// - Returns: nil without a token where one is needed for more.
    /// - Throws: ``APIError``, 401, 403 or 429.
    func admit(_ head: RequestHead, from address: String) async throws(APIError) -> Principal?

    /// Whether a request may come from where it comes, for a caller who shows something else than a token.
    ///
    /// - Throws: ``APIError``, 401, 403 or 429.
    func checkPlace(_ head: RequestHead, from address: String) throws(APIError)
}
