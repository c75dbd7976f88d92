import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A TCP proxy that misbehaves on demand: it cuts a connection after a number of bytes, in the middle of a frame as it
/// happens, or holds everything back while the socket stays open. It passes on back pressure like a wire does.
final class FaultProxy: Sendable {
    /// Connections as they come, by number from 0.
    let arrivals: Steps<Int>
    /// Connections whose client took no more bytes.
    let stalls: Steps<Int>
    /// Connections whose client is gone.
    let departures: Steps<Int>

    private struct State {
        var upstream: Int
        var count = 0
        var links: [NIOLoopBound<Link>] = []
        var passedBytes = 0
    }

    private let state: NIOLockedValueBox<State>
    private let arrived: AsyncStream<Int>.Continuation
    private let stalled: AsyncStream<Int>.Continuation
    private let departed: AsyncStream<Int>.Continuation
    private let budget: @Sendable (Int) -> Int?
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)

    /// `budget`: bytes that the server may send through connection number n before it is cut; nil for no end.
    private init(upstream: Int, budget: @escaping @Sendable (Int) -> Int?) {
        state = NIOLockedValueBox(State(upstream: upstream))
        self.budget = budget
        func steps() -> (Steps<Int>, AsyncStream<Int>.Continuation) {
            let (stream, source) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(10_000))
            return (Steps(stream), source)
        }
        (arrivals, arrived) = steps()
        (stalls, stalled) = steps()
        (departures, departed) = steps()
    }

    static func run(
        to upstream: Int, budget: @escaping @Sendable (Int) -> Int? = { _ in nil },
        _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let proxy = FaultProxy(upstream: upstream, budget: budget)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try proxy.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.listener.withLockedValue { $0 = listener }
        let result: Result<Void, any Error>
        do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
        try? await listener.close()
        proxy.cutAll()
        try result.get()
    }

    var port: Int { listener.withLockedValue { $0?.localAddress?.port ?? 0 } }
    var url: String { "ws://127.0.0.1:\(port)" }
    /// Connections so far.
    var count: Int { state.withLockedValue { $0.count } }
    /// From the server to clients, handed to the kernel or waiting for it.
    var passedBytes: Int { state.withLockedValue { $0.passedBytes } }

    /// Where later connections lead.
    func lead(to port: Int) { state.withLockedValue { $0.upstream = port } }

    /// Ends every connection there is.
    func cutAll() { onLinks { $0.cut() } }

    /// From its return on no byte passes in either direction on the connections there are; they stay open.
    func stallAll() async throws {
        for link in state.withLockedValue({ $0.links }) {
            try await link.eventLoop.submit { link.value.isStalled = true }.get()
        }
    }

    private func onLinks(_ body: @escaping @Sendable (Link) -> Void) {
        for link in state.withLockedValue({ $0.links }) {
            link.eventLoop.execute { body(link.value) }
        }
    }

    private func accept(_ channel: any Channel) throws {
        let (number, upstream) = state.withLockedValue { state in
            defer { state.count += 1 }
            return (state.count, state.upstream)
        }
        let link = Link(
            client: channel, budget: budget(number) ?? .max,
            report: { [state, stalled, departed] event in
                switch event {
                case .passed(let count): state.withLockedValue { $0.passedBytes += count }
                case .stalled: stalled.yield(number)
                case .departed: departed.yield(number)
                }
            })
        let bound = NIOLoopBound(link, eventLoop: channel.eventLoop)
        state.withLockedValue { $0.links.append(bound) }
        // Not before the client's channel is active: a read that is asked of an unregistered channel is never made.
        let dial = { [arrived] in
            arrived.yield(number)
            Self.dial(bound, upstream)
        }
        try channel.pipeline.syncOperations.addHandler(Link.End(link, isClient: true, activated: dial))
    }

    private static func dial(_ bound: NIOLoopBound<Link>, _ upstream: Int) {
        ClientBootstrap(group: bound.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { upstream in
                upstream.eventLoop.makeCompletedFuture {
                    try upstream.pipeline.syncOperations.addHandler(
                        Link.End(bound.value, isClient: false, activated: {}))
                }
            }
            .connect(host: "127.0.0.1", port: upstream)
            .whenComplete { result in
                switch result {
                case .success(let server): bound.value.connected(to: server, port: upstream)
                case .failure: bound.value.cut()
                }
            }
    }

    /// One client and its server, on one event loop.
    final class Link {
        enum Event { case passed(Int), stalled, departed }

        private let client: any Channel
        private var server: (any Channel)?
        private var port = 0
        private var budget: Int
        private let report: (Event) -> Void
        /// The request's head until it is whole; nil after it.
        private var head: [UInt8]? = []
        var isStalled = false

        init(client: any Channel, budget: Int, report: @escaping (Event) -> Void) {
            self.client = client
            self.budget = budget
            self.report = report
        }

        func connected(to server: any Channel, port: Int) {
            self.server = server
            self.port = port
            for channel in [client, server] {
                channel.setOption(.autoRead, value: true).whenComplete { _ in channel.read() }
            }
        }

        func cut() {
            client.close(promise: nil)
            server?.close(promise: nil)
        }

        fileprivate func read(_ bytes: ByteBuffer, fromClient isClient: Bool) {
            guard !isStalled else { return }
            if isClient { return sendUp(bytes) }
            var bytes = bytes
            let allowed = bytes.readSlice(length: min(budget, bytes.readableBytes)) ?? ByteBuffer()
            budget -= allowed.readableBytes
            report(.passed(allowed.readableBytes))
            client.writeAndFlush(allowed, promise: nil)
            if budget == 0 { cut() }
        }

        /// The server answers to its own port only, so the head's `Host` is rewritten.
        private func sendUp(_ bytes: ByteBuffer) {
            guard var head else {
                server?.writeAndFlush(bytes, promise: nil)
                return
            }
            head += bytes.readableBytesView
            var text = String(decoding: head, as: UTF8.self)
            guard text.contains("\r\n\r\n") else { return self.head = head }
            self.head = nil
            text.replace(/Host: [^\r]*/, with: "Host: 127.0.0.1:\(port)")
            server?.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }

        fileprivate func writabilityChanged(ofClient isWritable: Bool) {
            if !isWritable { report(.stalled) }
            server?.setOption(.autoRead, value: isWritable).whenComplete { [server] _ in
                if isWritable { server?.read() }
            }
        }

        fileprivate func ended(_ isClient: Bool) {
            if isClient { report(.departed) }
            cut()
        }

        fileprivate final class End: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            private let link: Link
            private let isClient: Bool
            private let activated: () -> Void

            init(_ link: Link, isClient: Bool, activated: @escaping () -> Void) {
                self.link = link
                self.isClient = isClient
                self.activated = activated
            }

            func channelActive(context: ChannelHandlerContext) { activated() }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                link.read(unwrapInboundIn(data), fromClient: isClient)
            }

            func channelWritabilityChanged(context: ChannelHandlerContext) {
                if isClient { link.writabilityChanged(ofClient: context.channel.isWritable) }
            }

            func channelInactive(context: ChannelHandlerContext) { link.ended(isClient) }
            func errorCaught(context: ChannelHandlerContext, error: any Error) { link.ended(isClient) }
        }
    }
}
