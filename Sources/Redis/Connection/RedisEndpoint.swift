import NIOCore
import NIOPosix
import NIOSSL

/// A server, and how connections to it are made.
struct RedisEndpoint: Sendable {
    let address: RedisAddress
    let configuration: RedisConfiguration
    private let security: NIOSSLContext?

    /// Reads the roots, so it may block for milliseconds.
    ///
    /// - Throws: `tls` when the roots can't be read.
    init(_ address: RedisAddress, _ configuration: RedisConfiguration) throws(RedisError) {
        self.address = address
        self.configuration = configuration
        security = address.isSecure ? try Self.security(address.certificateFile) : nil
    }

    private static func security(_ file: String?) throws(RedisError) -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        if let file { settings.trustRoots = .file(file) }
        do {
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw RedisError(.tls, "the roots can't be read\(file.map { " from \($0)" } ?? "")")
        }
    }

    /// One attempt, on `loop`, which this must be called on. Either `ready` comes, and some day `ended`; or `ended` alone.
    /// Until then the returned closure gives the attempt up.
    func dial(on loop: any EventLoop, _ callbacks: RedisHandler.Callbacks) -> () -> Void {
        let attempt = Attempt(self, callbacks)
        let bound = NIOLoopBound(attempt, eventLoop: loop)
        // Both belong to this loop, and NIO traps where that is not so.
        attempt.timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.connectDeadline)) {
            attempt.fail(RedisError(.deadline, "no connection within the deadline"))
        }
        // The handlers come once it is known which of the name's addresses answers: a server speaks only when spoken to.
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectDeadline))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.connected(channel)
                case .failure: bound.value.fail(RedisError(.refused, "no connection can be made"))
                }
            }
        return { attempt.fail(.closed) }
    }

    fileprivate func install(on channel: any Channel, _ callbacks: RedisHandler.Callbacks) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = try tlsHandler() { try pipeline.addHandler(tls) }
        try pipeline.addHandler(RedisHandler(self, callbacks))
    }

    /// Checks the certificate and the name. For an address in digits there is no name to ask for (RFC 6066, section 3);
    /// the certificate must then hold the address.
    private func tlsHandler() throws -> NIOSSLClientHandler? {
        guard let security else { return nil }
        let isAddress = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: security, serverHostname: isAddress ? nil : address.host)
    }

    /// What NIO and TLS report as ours; nil for what is no more than a broken connection.
    static func error(for error: any Error) -> RedisError? {
        switch error {
        case let error as RedisError: return error
        case NIOSSLError.uncleanShutdown: return nil
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return RedisError(.tls, "the connection can't be secured: no TLS there, or a certificate that is wrong")
        default: return nil
        }
    }
}

/// One attempt at a connection, until it has come to something; confined to its loop.
private final class Attempt {
    var timer: Scheduled<Void>?
    private let endpoint: RedisEndpoint
    private var callbacks: RedisHandler.Callbacks?
    private var channel: (any Channel)?

    init(_ endpoint: RedisEndpoint, _ callbacks: RedisHandler.Callbacks) {
        self.endpoint = endpoint
        self.callbacks = callbacks
    }

    func connected(_ channel: any Channel) {
        guard let callbacks else { return channel.close(promise: nil) }
        self.channel = channel
        let own = RedisHandler.Callbacks(
            ready: { [self] handler in
                guard isUnderWay else { return handler.close(.closed) }
                leave()
                callbacks.ready(handler)
            },
            released: callbacks.released,
            ended: { [self] error in
                if isUnderWay { fail(error) } else if isReady { callbacks.ended(error) }
            })
        do {
            try endpoint.install(on: channel, own)
        } catch {
            fail(RedisEndpoint.error(for: error) ?? .lost)
        }
    }

    func fail(_ error: RedisError) {
        guard let callbacks else { return }
        self.callbacks = nil
        timer?.cancel()
        channel?.close(promise: nil)
        callbacks.ended(error)
    }

    private var isReady = false
    private var isUnderWay: Bool { callbacks != nil }

    private func leave() {
        isReady = true
        callbacks = nil
        timer?.cancel()
    }
}
