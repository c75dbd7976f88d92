import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import Realtime

/// Over a pair of sockets. What must not be disturbed happens in one turn of the channel's loop, the far end's reads
/// too.
@Suite(.timeLimit(.minutes(5)))
struct DirectSocketTests {
    private static func message(_ number: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<1_000).map { UInt8(truncatingIfNeeded: $0 ^ number) })
    }

    /// Calls `body` on the loop with the handler and the far end, then waits until the far end has had as many bytes as
    /// `body` returns.
    private func received(
        directly: Bool, below tap: Tap.Counter = Tap.Counter(),
        _ body: @escaping @Sendable (WebSocketHandler, _ farEnd: CInt) throws -> (had: [UInt8], expected: Int)
    ) async throws -> [UInt8] {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let farEnd = ends[1]
        defer { Glibc.close(farEnd) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = WebSocketHandler(
                        limits: FrameParser.Limits(), writesPastPipeline: directly, session: EchoSession())
                    try channel.pipeline.syncOperations.addHandlers(Tap(tap), handler)
                }
            }
            .withConnectedSocket(ends[0]).get()
        var (bytes, expected) = try await channel.eventLoop.submit {
            try body(try channel.pipeline.syncOperations.handler(type: WebSocketHandler.self), farEnd)
        }.get()
        while bytes.count < expected { bytes += Self.read(farEnd, flags: 0) }
        try await channel.close()
        try await group.shutdownGracefully()
        return bytes
    }

    private static func read(_ farEnd: CInt, flags: CInt) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
            count = max(0, recv(farEnd, bytes.baseAddress, bytes.count, flags))
        }
    }

    @Test func `the kernel has room again, but what waits in NIO goes first`() async throws {
        let bytes = try await received(directly: true) { handler, farEnd in
            var count = 0
            while handler.bufferedBytes == 0 {
                handler.write(Self.message(count))
                count += 1
            }
            var had: [UInt8] = []
            while case let more = Self.read(farEnd, flags: CInt(MSG_DONTWAIT)), !more.isEmpty { had += more }
            // NIO has not heard of the room yet; the rest of the message before is still its own.
            #expect(handler.bufferedBytes > 0)
            handler.write(Self.message(count))
            return (had, (count + 1) * 1_000)
        }
        let expected = (0..<bytes.count / 1_000).flatMap { Array(Self.message($0).readableBytesView) }
        #expect(bytes == expected)
    }

    @Test(arguments: [true, false])
    func `a handler below is passed by only where that was said`(directly: Bool) async throws {
        let counter = Tap.Counter()
        let bytes = try await received(directly: directly, below: counter) { handler, _ in
            handler.write(Self.message(7))
            return ([], 1_000)
        }
        #expect(bytes == Array(Self.message(7).readableBytesView))
        #expect(counter.writes.withLockedValue { $0 } == (directly ? 0 : 1))
    }

    /// Counts what passes on its way to the socket.
    private final class Tap: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        final class Counter: Sendable { let writes = NIOLockedValueBox(0) }

        private let counter: Counter
        init(_ counter: Counter) { self.counter = counter }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            counter.writes.withLockedValue { $0 += 1 }
            context.write(data, promise: promise)
        }
    }
}
