import JSONBytes
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A WebSocket server that does what a test says, line by line: for what the real server does only once in an hour, and
/// for what it must never do.
final class ScriptedServer: Sendable {
    /// One connection after its upgrade.
    struct Peer: Sendable {
        let authorization: String?
        let uri: String
        fileprivate let channel: any Channel
        fileprivate let inbound: Steps<String>

        /// The next text of the client; nil once it is gone. `close 1000` for a close frame.
        func next() async -> String? { await inbound.next() }

        func send(_ text: String) async throws { try await send(.text, ByteBuffer(string: text)) }

        func close(_ code: UInt16) async throws { try await send(.connectionClose, ByteBuffer(integer: code)) }

        func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, fin: Bool = true) async throws {
            try await channel.writeAndFlush(WebSocketFrame(fin: fin, opcode: opcode, data: data))
        }

        func cut() async throws { try await channel.close() }

        /// Reads `subscribe` and answers it; returns what was asked for.
        func subscribe(epoch: String = "e1", offset: UInt64 = 0, recovered: Bool = false) async throws -> JSONElement {
            guard let text = await next() else { throw Unexpected("the client is gone") }
            let request = try JSONDocument(parsing: Array(text.utf8)).root
            guard request["type"]?.string == "subscribe", let id = request["id"]?.string else {
                throw Unexpected("not a subscription: \(text)")
            }
            try await send(
                """
                {"type":"subscription_updated","id":"\(id)","subscriptions":["lead_scored"],"denied":[],\
                "connection_id":"s-1","epoch":"\(epoch)","offset":\(offset),"recovered":\(recovered),"replaying":0}
                """)
            return request
        }
    }

    let port: Int
    private let listener: any Channel
    private let peers: Steps<Peer>

    private init(_ listener: any Channel, _ peers: Steps<Peer>) {
        self.listener = listener
        self.peers = peers
        port = listener.localAddress?.port ?? 0
    }

    var url: String { "ws://127.0.0.1:\(port)" }

    /// The next connection that was let in.
    func next() async throws -> Peer {
        guard let peer = await peers.next() else { throw Unexpected("no connection") }
        return peer
    }

    /// `refuse` gives the raw answer to handshake number n; nil lets it in.
    static func run(
        refuse: @escaping @Sendable (Int) -> String? = { _ in nil }, _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let (peers, arrived) = AsyncStream<Peer>.makeStream(bufferingPolicy: .bufferingOldest(100))
        let count = NIOLockedValueBox(0)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = count.withLockedValue { count in
                    defer { count += 1 }
                    return count
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let answer = refuse(number) {
                        try channel.pipeline.syncOperations.addHandler(Refusal(answer))
                    } else {
                        try accept(channel, arrived)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(listener, Steps(peers))
        let result: Result<Void, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        try? await listener.close()
        try result.get()
    }

    private static func accept(_ channel: any Channel, _ arrived: AsyncStream<Peer>.Continuation) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Bool>(
            maxFrameSize: 1 << 20, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let (texts, source) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1_000))
                    try channel.pipeline.syncOperations.addHandler(Collector(source))
                    arrived.yield(
                        Peer(
                            authorization: head.headers.first(name: "Authorization"), uri: head.uri, channel: channel,
                            inbound: Steps(texts)))
                    return true
                }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration<Bool>(
            upgradeConfiguration: .init(
                upgraders: [upgrader], notUpgradingCompletionHandler: { channel in channel.close().map { false } }))
        pipeline.enablePipelining = false
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        private let source: AsyncStream<String>.Continuation

        init(_ source: AsyncStream<String>.Continuation) { self.source = source }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            var payload = frame.unmaskedData
            guard frame.maskKey != nil else { return source.finish() }
            switch frame.opcode {
            case .text: source.yield(String(buffer: payload))
            case .pong: source.yield("pong \(String(buffer: payload))")
            case .connectionClose: source.yield("close \(payload.readInteger(as: UInt16.self) ?? 0)")
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) { source.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Answers the first bytes with a fixed text and closes.
    private final class Refusal: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: String

        init(_ answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(string: answer)).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// A stream that one test reads step by step.
struct Steps<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>

    init(_ stream: AsyncStream<Element>) { self.stream = stream }

    func next() async -> Element? {
        for await element in stream { return element }
        return nil
    }
}
