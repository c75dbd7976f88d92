import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// One attempt at a connection: TCP, TLS if the address asks for it, the HTTP upgrade.
struct Dialler: Sendable {
    /// So much the kernel may hold for us. Small, so that a consumer that stops is felt by the server soon, and because
    /// NIO hands over at once what the kernel holds when the peer closes, read or not.
    static let receiveBufferBytes: ChannelOptions.Types.SocketOption.Value = 128 << 10

    let address: ServerAddress
    let token: String?
    let attempt: Int
    let configuration: LeadwireConfiguration
    let session: NIOLoopBound<StreamSession>

    /// Answers with `dials`, then `opened` or `closed`.
    func dial(on loop: any EventLoop) {
        guard !address.isSecure || configuration.transportSecurity != nil else {
            return session.value.closed(.transportSecurityMissing, attempt: attempt)
        }
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.handshakeDeadline))
            .channelOption(.socketOption(.so_rcvbuf), value: Self.receiveBufferBytes)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 4_096, maximum: 32 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { _ in session.value.closed(.unreachable, attempt: attempt) }
    }

    private func prepare(_ channel: any Channel) throws {
        session.value.dials(channel, attempt: attempt)
        if address.isSecure { try configuration.transportSecurity?.install(channel, address.host) }
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: configuration.maximumMessageBytes, enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try installFrames(on: channel) }
            })
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path)
        head.headers.add(name: "Host", value: address.hostHeader)
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration<Void>(
            upgradeConfiguration: .init(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededVoidFuture() }))
        pipeline.leftOverBytesStrategy = .forwardBytes
        let operations = channel.pipeline.syncOperations
        let upgraded = try operations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
        let upgradeHandler = try operations.handler(type: NIOTypedHTTPClientUpgradeHandler<Void>.self)
        let watcher = HandshakeWatcher { session.value.closed($0, attempt: attempt) }
        try operations.addHandler(watcher, position: .before(upgradeHandler))
        // The pipeline lives on this loop, and NIO traps where that is not so.
        upgraded.assumeIsolated().whenComplete { result in
            switch result {
            case .success:
                // Without frames the watcher has told why.
                guard let socket = try? operations.handler(type: FrameHandler.self) else { return }
                session.value.opened(socket, attempt: attempt)
            case .failure(let error):
                // A line that breaks within the head says nothing wrong.
                let isBroken = (error as? HTTPParserError).map { $0 != .invalidEOFState } ?? false
                let isOurs = error is NIOHTTPClientUpgradeError || isBroken
                session.value.closed(isOurs ? .violation("the upgrade") : .lost, attempt: attempt)
                channel.close(promise: nil)
            }
        }
    }

    private func installFrames(on channel: any Channel) throws {
        let operations = channel.pipeline.syncOperations
        operations.removeHandler(context: try operations.context(handlerType: HandshakeWatcher.self), promise: nil)
        try operations.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                maxAccumulatedFrameSize: configuration.maximumMessageBytes))
        try operations.addHandler(FrameHandler(session: session.value, attempt: attempt))
    }
}

/// Sees the answer to the handshake before NIO's upgrader does, which tells nobody why an upgrade did not come about.
final class HandshakeWatcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private let refused: (StreamMachine.Closure) -> Void

    init(refused: @escaping (StreamMachine.Closure) -> Void) { self.refused = refused }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), head.status != .switchingProtocols {
            refused(.refused(status: Int(head.status.code), retryAfter: Self.retryAfter(head.headers)))
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
    }

    /// Seconds. A date is not taken: whose clock is right is not known here.
    private static func retryAfter(_ headers: HTTPHeaders) -> TimeAmount? {
        headers.first(name: "Retry-After").flatMap { Int64($0) }.map { .seconds(max(0, min($0, 86_400))) }
    }
}

@available(*, unavailable)
extension HandshakeWatcher: Sendable {}
