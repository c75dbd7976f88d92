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

    struct Settings: Sendable {
        /// From the connection to its first complete request head.
        var handshakeDeadline = TimeAmount.seconds(15)
        var idleTimeout = Duration.seconds(60)
        var headerBytes = 64 << 10
        /// Checked from a frame's header, before its payload is buffered.
        var webSocketFrameBytes = 16 << 10
    }

    let responder: Responder
    let settings: Settings
    /// Whether this head may become a WebSocket; a refusal is answered by the responder.
    let mayUpgrade: @Sendable (HTTPRequestHead, any Channel) -> Bool
    let installWebSocket: @Sendable (any Channel, HTTPRequestHead) -> EventLoopFuture<Void>

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
        let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
            maxFrameSize: settings.webSocketFrameBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let accepted = WebSocketHandshake.isComplete(head) && mayUpgrade(head, channel)
                return channel.eventLoop.makeSucceededFuture(accepted ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                Self.removeGuards(from: channel)
                return installWebSocket(channel, head).map { .webSocket }
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
        try operations.addHandler(HeadTap(), position: .before(upgradeHandler))
        try operations.addHandler(PreUpgradeGuard())
        return outcome
    }

    private func servePlainHTTP(_ channel: any Channel, logger: Logger) throws -> HTTPStream {
        let operations = channel.pipeline.syncOperations
        let lostHead = try operations.handler(type: HeadTap.self).upgradeHead
        Self.removeGuards(from: channel)
        try channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
        if let lostHead { try operations.addHandler(HeadReplay(lostHead)) }
        try operations.addHandler(RequestHeadHandler())
        try operations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try operations.addHandler(HTTPConnectionStateHandler(idleTimeout: settings.idleTimeout, logger: logger))
        return try HTTPStream(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    private static func removeGuards(from channel: any Channel) {
        let operations = channel.pipeline.syncOperations
        if let tap = try? operations.context(handlerType: HeadTap.self) {
            operations.removeHandler(context: tap, promise: nil)
        }
        if let early = try? operations.context(handlerType: PreUpgradeGuard.self) {
            operations.removeHandler(context: early, promise: nil)
        }
    }
}
