import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// HTTP and WebSocket on one port: Hummingbird serves what stays HTTP, and NIO's upgrader hands a WebSocket to
/// plain channel handlers. Only a connection's first request can become a WebSocket (NIO's rule); a later one, and
/// one that is refused, goes to the responder, which answers it in the API's error shape.
struct OnePortChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTPStream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Outcome: Sendable {
        case http(HTTPStream)
        case webSocket
    }

    struct Value: ServerChildChannelValue {
        let outcome: EventLoopFuture<Outcome>
        let channel: any Channel
    }

    /// What an admitted handshake becomes.
    struct Upgrade: Sendable {
        /// Of the 101, besides what the handshake itself asks for.
        var headers = HTTPHeaders()
        /// Puts the WebSocket's handlers into the channel, on its loop.
        var install: @Sendable (any Channel) throws -> Void
    }

    struct Settings: Sendable {
        /// From the connection to its first complete request head.
        var handshakeDeadline = TimeAmount.seconds(15)
        var idleTimeout = Duration.seconds(60)
        var headerBytes = 64 << 10
        /// Of a request that is refused unread.
        var discardedBytes = 16 << 20
        /// Checked from a frame's header, before its payload is buffered.
        var webSocketFrameBytes = 16 << 10
    }

    let responder: Responder
    let settings: Settings
    let admission: ScoreAdmission
    /// Whether this head may become a WebSocket, and as what. Nil is a refusal, which the responder answers.
    let admitUpgrade: @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<Upgrade?>

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
            // NIO keeps the buffer of the first read for the channel's life: 2 KiB for each WebSocket by default.
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536))
            let outcome = try configure(channel, logger: logger)
            let deadline = channel.eventLoop.scheduleTask(in: settings.handshakeDeadline) {
                channel.close(promise: nil)
            }
            outcome.whenComplete { _ in deadline.cancel() }
            return Value(outcome: outcome, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.outcome.get() {
            case .http(let stream): await handleHTTP(asyncChannel: stream, logger: logger)
            // The socket belongs to its event loop. Waiting here keeps the server running until it has closed.
            case .webSocket:
                try await withTaskCancellationHandler {
                    try await value.channel.closeFuture.get()
                } onCancel: {
                    value.channel.close(promise: nil)
                }
            }
        } catch {
            value.channel.close(promise: nil)
        }
    }

    private func configure(_ channel: any Channel, logger: Logger) throws -> EventLoopFuture<Outcome> {
        // One handshake a connection: what was decided waits here for the switch.
        let decided = NIOLoopBoundBox<Upgrade?>(nil, eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
            maxFrameSize: settings.webSocketFrameBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(decided.value?.headers) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    Self.removeGuard(from: channel)
                    try decided.value?.install(channel)
                    return .webSocket
                }
            })
        let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture { .http(try servePlainHTTP(channel, logger: logger)) }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration<Outcome>(upgradeConfiguration: upgrade)
        pipeline.enablePipelining = false  // NIOAsyncChannel reads one request at a time.
        pipeline.enableErrorHandling = false  // Before the upgrade the guard answers, after it handleHTTP.
        pipeline.enableResponseHeaderValidation = false  // HTTPTypes validates what we send.
        pipeline.decoderConfiguration.maxHeaderListSize = settings.headerBytes
        pipeline.decoderConfiguration.maxHeaderFieldSize = settings.headerBytes
        let operations = channel.pipeline.syncOperations
        let outcome = try operations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
        let upgradeHandler = try operations.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
        let tap = HeadTap { head, channel in
            guard WebSocketHandshake.isComplete(head) else { return channel.eventLoop.makeSucceededVoidFuture() }
            return admitUpgrade(head, channel).hop(to: channel.eventLoop).map { decided.value = $0 }
        }
        try operations.addHandler(tap, position: .before(upgradeHandler))
        try operations.addHandler(PreUpgradeGuard())
        return outcome
    }

    private func servePlainHTTP(_ channel: any Channel, logger: Logger) throws -> HTTPStream {
        let operations = channel.pipeline.syncOperations
        let lostHead = try operations.handler(type: HeadTap.self).upgradeHead
        Self.removeGuard(from: channel)
        try channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
        if let lostHead { try operations.addHandler(HeadReplay(lostHead)) }
        try operations.addHandler(RequestHeadHandler())
        try operations.addHandler(SheddingHandler(admission: admission, discardedBytes: settings.discardedBytes))
        try operations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try operations.addHandler(HTTPConnectionStateHandler(idleTimeout: settings.idleTimeout, logger: logger))
        return try HTTPStream(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    private static func removeGuard(from channel: any Channel) {
        let operations = channel.pipeline.syncOperations
        if let early = try? operations.context(handlerType: PreUpgradeGuard.self) {
            operations.removeHandler(context: early, promise: nil)
        }
    }
}
