import NIOCore
import NIOHTTP1
import Realtime

/// What the gate and the hub said of a complete WebSocket handshake before NIO was asked to switch. Where there is no
/// switch it goes on to the responder with the request, which is so asked about once and pays for one.
struct HandshakeDecision: Sendable {
    /// What an admitted handshake becomes.
    struct Upgrade: Sendable {
        /// Of the 101, besides what the handshake itself asks for.
        var headers = HTTPHeaders()
        /// Puts the WebSocket's handlers into the channel, on its loop.
        var install: @Sendable (any Channel) throws -> Void
    }

    /// What ``Gate/admit(_:from:)`` answered.
    var admission: Result<Principal?, APIError>
    /// The hub has no room for whom the gate let through.
    var refusal: HubRefusal?
    /// Nil where the gate or the hub said no.
    var upgrade: Upgrade?

    /// Who asks, where there is room for him.
    ///
    /// - Throws: ``APIError``, what the gate threw, or 503 with the hub's reason.
    var principal: Principal? {
        get throws(APIError) {
            let principal = try admission.get()
            guard let refusal else { return principal }
            var error = APIError(.overloaded, "no room for another connection (\(refusal.rawValue))")
            // Only a connection's first request can become a WebSocket: who asks again needs another.
            error.closesConnection = true
            throw error
        }
    }
}
