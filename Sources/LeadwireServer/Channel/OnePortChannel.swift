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
        /// Of a request that is refused unread.
        var discardedBytes = 16 << 20
        /// Checked from a frame's header, before its payload is buffered.
        var webSocketFrameBytes = 16 << 10
    }

    let responder: Responder
    let settings: Settings
    let admission: ScoreAdmission
    /// What the gate and the hub say to a complete handshake. Nil for one that neither was asked about; the responder
    /// answers that, and a refusal.
    let admitUpgrade: @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<HandshakeDecision?>

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
            // The socket belongs to its event loop, and the hub waits for it at the end: a task that only waited here
            // would hold 3 KiB for as long as the connection lives.
            case .webSocket: break
            }
        } catch {
            value.channel.close(promise: nil)
        }
    }

    private func configure(_ channel: any Channel, logger: Logger) throws -> EventLoopFuture<Outcome> {
        // One handshake a connection: what was decided waits here for the switch, or for the responder.
        let decided = NIOLoopBoundBox<HandshakeDecision?>(nil, eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
            maxFrameSize: settings.webSocketFrameBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(decided.value?.upgrade?.headers) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    Self.removeGuard(from: channel)
                    try decided.value?.upgrade?.install(channel)
                    return .webSocket
                }
            })
        let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    .http(try servePlainHTTP(channel, decision: decided.value, logger: logger))
                }
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

    private func servePlainHTTP(
        _ channel: any Channel, decision: HandshakeDecision?, logger: Logger
    ) throws -> HTTPStream {
        let operations = channel.pipeline.syncOperations
        let lostHead = try operations.handler(type: HeadTap.self).upgradeHead
        Self.removeGuard(from: channel)
        try channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
        if let lostHead { try operations.addHandler(HeadReplay(lostHead)) }
        try operations.addHandler(RequestHeadHandler(decision: decision))
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
