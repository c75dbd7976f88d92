public import NIOCore
import NIOWebSocket

/// Where the HTTP server hands a channel over after the upgrade.
///
/// ```swift
/// // NIOTypedWebSocketServerUpgrader(maxFrameSize: 1 << 14, enableAutomaticErrorHandling: false,
/// shouldUpgrade: { channel, head in
///     // path, origin, token → principal; then
///     if let refusal = hub.refusal(of: principal, remoteAddress: channel.remoteAddress) {
///         // remember it for the HTTP answer: 503 with Retry-After and `refusal.rawValue`
///         return channel.eventLoop.makeSucceededFuture(nil)
///     }
///     return channel.eventLoop.makeSucceededFuture([:])
/// },
/// upgradePipelineHandler: { channel, head in
///     channel.eventLoop.makeCompletedFuture {
///         try WebSocketConnection.install(
///             on: channel, principal: principal, hub: hub, remoteAddress: channel.remoteAddress)
///         return .webSocket
///     }
/// }
/// ```
/// There is nothing to await afterwards: the handler lives in the pipeline, `channel.closeFuture` tells the end.
/// At shutdown call ``Hub/shutDown(window:deadline:)``; a `ChannelShouldQuiesceEvent` alone closes with 1001, too.
public enum WebSocketConnection {
    /// Adds the hub's handler to an upgraded channel. Call it on the channel's event loop, which must be one of the
    /// hub's group. Sends nothing.
    ///
    /// The handler reads and writes frames itself. It is put in front of NIO's `WebSocketFrameEncoder` when the
    /// upgrader added one, so that NIO's encoder and decoder see no byte; without them it goes to the end of the
    /// pipeline. It removes nothing. Sets the channel's watermarks (16 and 64 KiB), small receive buffers, one read
    /// per wake-up.
    ///
    /// `remoteAddress` is for limits and, masked, for the administrator's list; not the proxy's if you know better.
    ///
    /// `writesPastPipeline`: events go to the socket directly, past every handler and past NIO's write queue while
    /// that is empty, which saves a fifth of a delivery. Only on a plain socket: with TLS in the pipeline it would send
    /// what TLS should have encrypted. Without effect on a channel that has no socket.
    ///
    /// - Throws: ``HubRefusal`` when a limit was reached since ``Hub/refusal(of:remoteAddress:)``; close the channel.
    public static func install(
        on channel: any Channel, principal: Principal, hub: Hub, remoteAddress: SocketAddress?,
        writesPastPipeline: Bool = false
    ) throws {
        let consumer = try hub.admit(principal, remoteAddress: remoteAddress, on: channel.eventLoop)
        try install(consumer, on: channel, hub.configuration, writesPastPipeline: writesPastPipeline)
    }

    /// The same for a client that will say who it is: its first message must be `auth` with a token, within
    /// ``HubConfiguration/authenticationTime``. The hub must have a refresher to check it.
    ///
    /// - Throws: ``HubRefusal`` when a limit was reached since ``Hub/refusalOfPending(remoteAddress:)``.
    public static func installPending(
        on channel: any Channel, hub: Hub, remoteAddress: SocketAddress?, writesPastPipeline: Bool = false
    ) throws {
        guard let refresher = hub.refresher else { preconditionFailure("a hub without a refresher knows no tokens") }
        let session = try PendingSession(
            hub: hub, refresher: refresher, remoteAddress: remoteAddress, loop: channel.eventLoop)
        try install(session, on: channel, hub.configuration, writesPastPipeline: writesPastPipeline)
    }

    /// The same handler without a hub: every message comes back. For conformance suites and tests only. The limit is of
    /// a frame and of a message; any number of fragments.
    ///
    /// - Throws: what NIO's pipeline throws when the channel is closed already.
    public static func installEcho(on channel: any Channel, maximumMessageBytes: Int) throws {
        let limits = FrameParser.Limits(
            maximumFrameBytes: maximumMessageBytes, maximumMessageBytes: maximumMessageBytes, maximumFragments: .max)
        try add(WebSocketHandler(limits: limits, session: EchoSession()), to: channel)
    }

    /// A session that counts as a connection already: should the channel not take it, it leaves again.
    private static func install(
        _ session: any WebSocketSession, on channel: any Channel, _ configuration: HubConfiguration,
        writesPastPipeline: Bool
    ) throws {
        let handler = WebSocketHandler(
            limits: configuration.frameLimits, deadlines: .init(closeHandshake: configuration.closeHandshake),
            writesPastPipeline: writesPastPipeline, session: session)
        do {
            try add(handler, to: channel)
        } catch {
            session.closed(closeNumber: nil)
            throw error
        }
    }

    private static func add(_ handler: WebSocketHandler, to channel: any Channel) throws {
        channel.eventLoop.preconditionInEventLoop()
        channel.tuneForStreaming()
        let pipeline = channel.pipeline.syncOperations
        if let encoder = try? pipeline.handler(type: WebSocketFrameEncoder.self) {
            try pipeline.addHandler(handler, position: .before(encoder))
        } else {
            try pipeline.addHandler(handler)
        }
    }
}
