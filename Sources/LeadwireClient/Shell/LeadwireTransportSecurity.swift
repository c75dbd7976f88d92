public import NIOCore

/// Puts TLS under a connection. The client brings none of its own, so that a plain `ws` user does not build a second
/// TLS library; docs/clients.md shows the few lines for swift-nio-ssl.
public struct LeadwireTransportSecurity: Sendable {
    let install: @Sendable (_ channel: any Channel, _ host: String) throws -> Void

    /// - Parameter install: called on the channel's event loop before anything else is in its pipeline: it adds the
    ///   handler that encrypts, and that checks the certificate against `host`. What it throws counts as unreachable.
    public init(_ install: @escaping @Sendable (_ channel: any Channel, _ host: String) throws -> Void) {
        self.install = install
    }
}
