import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

@testable import Realtime

/// A hub on two loops behind real sockets, upgraded as the server does it.
final class LiveHub: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let hub: Hub
    private let server: any Channel

    /// Every connection is an administrator of tenant `t1`.
    init(
        history: (any HistorySource)? = nil, writesPastPipeline: Bool = true,
        _ configure: (inout HubConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = HubConfiguration()
        configuration.firstEpoch = "e1"
        // A busy machine must not put heartbeats between the messages that a test counts.
        configuration.heartbeatSeconds = 600
        // Nor end a reader that the test holds back.
        configuration.maximumStall = .minutes(10)
        configuration.maximumLag = .minutes(10)
        configure(&configuration)
        let hub = Hub(group: group, configuration: configuration, history: history)
        self.hub = hub
        server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // Small, so that a reader that stops is felt soon.
            .childChannelOption(.socketOption(.so_sndbuf), value: 1 << 16)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, for: hub, writesPastPipeline) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private static func configure(_ channel: any Channel, for hub: Hub, _ writesPastPipeline: Bool) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Bool>(
            maxFrameSize: 1 << 14, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    if head.uri == "/echo" {
                        try WebSocketConnection.installEcho(on: channel, maximumMessageBytes: 16 << 20)
                        return true
                    }
                    try WebSocketConnection.install(
                        on: channel, principal: Principal(user: head.uri, role: .admin, tenant: "t1"), hub: hub,
                        remoteAddress: channel.remoteAddress, writesPastPipeline: writesPastPipeline)
                    return true
                }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration<Bool>(
            upgradeConfiguration: .init(
                upgraders: [upgrader], notUpgradingCompletionHandler: { channel in channel.close().map { false } }))
        pipeline.enablePipelining = false
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
    }

    func connect(_ user: String = "/ann", with first: [UInt8] = []) async throws -> LiveClient {
        guard let port = server.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        let client = LiveClient()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 16)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(client.makeCollector())
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        client.channel.withLockedValue { $0 = channel }
        let request =
            "GET \(user) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(bytes: Array(request.utf8) + first))
        return client
    }

    /// Connected and subscribed, with the answer read.
    func subscriber(_ events: String = #""*""#, since: UInt64? = nil) async throws -> LiveClient {
        let client = try await connect()
        let past = since.map { #","since":{"epoch":"e1","offset":\#($0)}"# } ?? ""
        try await client.send(#"{"type":"subscribe","events":[\#(events)]\#(past)}"#)
        _ = await client.next()
        return client
    }

    func stop() async throws {
        try await server.close()
        await hub.shutDown(window: .zero, deadline: .milliseconds(500))
        try await group.shutdownGracefully()
    }
}

/// A client on a socket: what arrives can be waited for, message by message.
final class LiveClient: Sendable {
    let channel = NIOLockedValueBox<(any Channel)?>(nil)
    private let messages: AsyncStream<String>
    private let source: AsyncStream<String>.Continuation

    init() {
        (messages, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(200_000))
    }

    func makeCollector() -> Collector { Collector(source) }

    func send(_ text: String) async throws { try await send(bytes: ClientFrame.text(text)) }

    func send(bytes: [UInt8]) async throws {
        try await channel.withLockedValue { $0 }?.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// The next message; nil once the server has closed.
    func next() async -> String? {
        for await message in messages { return message }
        return nil
    }

    func next(_ count: Int) async -> [String] {
        var all: [String] = []
        while all.count < count, let message = await next() { all.append(message) }
        return all
    }

    /// Stops taking bytes from the kernel, or goes on.
    func setReading(_ isReading: Bool) async throws {
        let channel = channel.withLockedValue { $0 }
        try await channel?.setOption(.autoRead, value: isReading).get()
        if isReading { channel?.read() }
    }

    func close(_ mode: CloseMode = .all) async throws { try await channel.withLockedValue { $0 }?.close(mode: mode) }

    final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let source: AsyncStream<String>.Continuation
        private var bytes: [UInt8] = []
        private var isUpgraded = false

        init(_ source: AsyncStream<String>.Continuation) { self.source = source }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
            if !isUpgraded {
                let end = Array("\r\n\r\n".utf8)
                guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return }
                bytes.removeFirst(start + 4)
                isUpgraded = true
            }
            var reader = FrameReader(bytes)
            while let frame = reader.next() { source.yield(frame.description) }
            bytes = reader.rest
        }

        func channelInactive(context: ChannelHandlerContext) { source.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
