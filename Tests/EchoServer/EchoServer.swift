import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Realtime

/// The stream's own frame handler with an echo behind it, on loopback: what the protocol's conformance suites want to
/// talk to. For tests only. `EchoServer [PORT]`; prints the address once it listens and serves until it is killed.
@main
enum EchoServer {
    /// The suites' largest message is 16 MiB.
    static let maximumMessageBytes = 16 << 20

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 0
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // As the product's server has it: a peer's FIN alone does not close the channel.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        guard let address = server.localAddress, let listening = address.port else {
            throw ChannelError.unknownLocalAddress
        }
        // Unbuffered: whoever started us waits for this line.
        try FileHandle.standardOutput.write(contentsOf: Data("ws://127.0.0.1:\(listening)/\n".utf8))
        try await server.closeFuture.get()
    }

    private static func configure(_ channel: any Channel) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            maxFrameSize: maximumMessageBytes, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try WebSocketConnection.installEcho(on: channel, maximumMessageBytes: maximumMessageBytes)
                }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration<Void>(
            upgradeConfiguration: .init(
                upgraders: [upgrader], notUpgradingCompletionHandler: { channel in channel.close() }))
        pipeline.enablePipelining = false
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
    }
}
