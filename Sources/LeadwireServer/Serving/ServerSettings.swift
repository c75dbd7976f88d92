import NIOCore
public import Realtime

/// Where and how a server listens.
public struct ServerSettings: Sendable {
    public enum Authentication: String, Sendable, Hashable, CaseIterable { case local, jwt }

    /// Addresses that only this machine reaches.
    public static let loopbackHosts = ["127.0.0.1", "localhost", "::1"]

    public var host = "127.0.0.1"
    /// 0 lets the system choose.
    public var port = 8_000
    public var authentication = Authentication.local
    /// Of JWT mode.
    public var access = AccessSettings()
    public var limits = RequestLimits()
    public var hub = HubConfiguration()
    public var learning = LearningSettings()
    /// How often a node on a shared store asks what the others did.
    public var nodeInterval = Duration.milliseconds(250)
    /// Places for scores in flight (``ScoreAdmission``); over it a scoring request is refused at once.
    public var maximumConcurrentScores = Self.defaultConcurrentScores
    /// 32 a core: so many share a commit that more of them make none faster.
    public static var defaultConcurrentScores: Int { 32 * max(1, System.coreCount) }
    /// Connections that the kernel holds for us while we are busy.
    public var backlog = 4_096
    /// From a stop signal: within it every socket is told at a moment of its own that the server goes away. A second
    /// after its end, and spread over four more, they are asked back (`after_ms`), so that a server that restarts at
    /// once listens again before the first of them knocks.
    public var drainWindow = Duration.milliseconds(500)
    /// From a stop signal until open requests are cut off; sockets that don't leave are cut off at half of it.
    public var drainDeadline = Duration.seconds(10)
    var socketDeadline: Duration { drainDeadline / 2 }

    public init() {}

    /// Why the server may not start like this, with what to set; nil when it may.
    public var refusal: String? {
        if drainWindow > socketDeadline {
            return "drain_window_ms must be at most half of drain_deadline_ms: at that half sockets are cut off"
        }
        switch authentication {
        case .jwt:
            if !access.hasKeys {
                return """
                    --auth jwt needs the keys that tokens are signed with: set --jwt-secret-file FILE (make one with leadwire \
                    token --new-secret --secret-file FILE) or --jwks FILE or ADDRESS of the issuer's key set
                    """
            }
            if let place = access.jwks, place.contains("://"), !KeyFiles.isFetchable(place) {
                return "--jwks must be a file, an https:// address, or an http:// address of this machine"
            }
        case .local:
            if !Self.loopbackHosts.contains(host) {
                return """
                    local mode listens on this machine only (127.0.0.1, localhost or ::1), not on \(host): another address \
                    needs --auth jwt with --jwt-secret-file or --jwks
                    """
            }
            if access.hasKeys {
                return "keys for tokens are set, but --auth is local: set --auth jwt, or leave them out"
            }
        }
        return nil
    }
}
