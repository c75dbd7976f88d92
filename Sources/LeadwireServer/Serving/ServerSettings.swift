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
    public var limits = RequestLimits()
    public var hub = HubConfiguration()
    /// Connections that the kernel holds for us while we are busy.
    public var backlog = 4_096
    /// From a stop signal until open requests are cut off.
    public var drainDeadline = Duration.seconds(10)

    public init() {}

    /// Why the server may not start like this, with what to set; nil when it may.
    public var refusal: String? {
        if authentication == .jwt {
            return "--auth jwt is not part of this version: only local mode (--auth local on 127.0.0.1) can serve"
        }
        if !Self.loopbackHosts.contains(host) {
            return """
                local mode listens on this machine only (127.0.0.1, localhost or ::1), not on \(host): another address \
                needs --auth jwt with its keys, which is not part of this version
                """
        }
        return nil
    }
}
