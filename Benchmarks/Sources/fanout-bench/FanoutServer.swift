import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Realtime

/// A port on loopback whose every connection becomes a WebSocket of the hub: NIO's upgrader as the product sets it up,
/// without an HTTP server behind it.
struct FanoutServer {
    let group: MultiThreadedEventLoopGroup
    let hub: Hub

    /// Returns the port.
    func listen() async throws -> Int {
        let hub = hub
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // As the product: NIO keeps the buffer of the first read for the channel's whole life.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, hub) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return channel.localAddress?.port ?? 0
    }

    private static func configure(_ channel: any Channel, _ hub: Hub) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            maxFrameSize: 16 << 10, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let principal = Principal(user: "reader", role: .agent, tenant: Publisher.tenant)
                    try WebSocketConnection.install(
                        on: channel, principal: principal, hub: hub, remoteAddress: channel.remoteAddress,
                        writesPastPipeline: true)
                }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration<Void>(
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                upgraders: [upgrader], notUpgradingCompletionHandler: { channel in channel.close() }))
        pipeline.enablePipelining = false
        pipeline.enableErrorHandling = false
        pipeline.enableResponseHeaderValidation = false
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
    }
}
