import NIOCore
import NIOEmbedded
import Testing

@testable import Redis

/// One connection without a server: the test is the server, and time stands where it is put.
@Suite struct HandlerTests {
    private final class Owner {
        var isReady = false
        var released = 0
        var ended: [RedisError] = []
    }

    private let loop = EmbeddedEventLoop()
    private let owner = Owner()
    private let channel: EmbeddedChannel
    private let handler: RedisHandler

    init() throws {
        let owner = owner
        let endpoint = try RedisEndpoint(try RedisAddress("redis://h"), RedisConfiguration())
        handler = RedisHandler(
            endpoint,
            RedisHandler.Callbacks(
                ready: { _ in owner.isReady = true }, released: { _ in owner.released += 1 },
                ended: { owner.ended.append($0) }))
        channel = EmbeddedChannel(handler: handler, loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }?.contains("HELLO") == true)
        channel.pipeline.fireChannelActive()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil, "it is said once")
        try answer("%0\r\n")
        #expect(owner.isReady)
    }

    private func answer(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    private func exchange(_ commands: Int = 1, in time: TimeAmount = .seconds(1)) -> Exchange {
        Exchange(Array(repeating: RedisCommand("PING"), count: commands), deadline: loop.now + time)
    }

    /// Its end, which must be there already.
    private func outcome(_ exchange: Exchange) async -> Exchange.Outcome {
        #expect(!exchange.isAwaited)
        return await exchange.outcome { $0.finish(.failure(.cancelled)) }
    }

    @Test func `answers go to who asked, in order, and a push to nobody`() async throws {
        let (one, two) = (exchange(), exchange(2))
        handler.send([one, two])
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == one.bytes.count + two.bytes.count)
        try answer(":1\r\n>1\r\n+message\r\n:2\r\n")
        #expect(await outcome(one) == .success([.integer(1)]))
        #expect(two.isAwaited && owner.released == 1)
        try answer("-ERR x\r\n")
        #expect(await outcome(two) == .success([.integer(2), .error(Array("ERR x".utf8))]))
        #expect(owner.released == 2 && owner.ended.isEmpty)
    }

    @Test func `a short deadline behind a longer one ends for its caller alone, and its answer is not another's`()
        async throws
    {
        let (long, short, last) = (exchange(in: .seconds(10)), exchange(in: .seconds(1)), exchange(in: .seconds(10)))
        handler.send([long, short, last])
        loop.advanceTime(by: .milliseconds(1_001))
        #expect(await outcome(short) == .failure(.late))
        #expect(long.isAwaited && last.isAwaited && owner.ended.isEmpty && owner.released == 0)
        try answer(":1\r\n:2\r\n:3\r\n")
        #expect(await outcome(long) == .success([.integer(1)]))
        #expect(await outcome(last) == .success([.integer(3)]))
        #expect(owner.released == 3)
    }

    @Test func `a connection whose oldest answer is overdue is closed`() async throws {
        let (first, second) = (exchange(in: .seconds(1)), exchange(in: .seconds(2)))
        handler.send([first, second])
        loop.advanceTime(by: .milliseconds(999))
        #expect(first.isAwaited)
        loop.advanceTime(by: .milliseconds(2))
        #expect(await outcome(first) == .failure(.late))
        #expect(await outcome(second) == .failure(.lost))
        #expect(owner.ended == [.late] && owner.released == 2 && !channel.isActive)
        handler.send([exchange()])
        #expect(owner.released == 3, "after the end whatever is sent fails at once")
    }

    @Test func `whoever leaves before it is sent costs the server nothing, and after it keeps the place`() async throws
    {
        let (early, late, other) = (exchange(), exchange(), exchange())
        early.finish(.failure(.cancelled))
        handler.send([early, late, other])
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 2 * late.bytes.count)
        late.finish(.failure(.cancelled))
        try answer(":1\r\n:2\r\n")
        #expect(await outcome(other) == .success([.integer(2)]))
    }

    @Test(arguments: [
        (":1\r\n:2\r\n", RedisError.Code.malformed), (":1\r\nx", .malformed), ("*99999999\r\n", .tooLarge),
    ])
    func `bytes that are no answer end the connection with the reason`(
        _ text: String, _ code: RedisError.Code
    ) throws {
        let one = exchange()
        handler.send([one])
        try answer(text)
        #expect(owner.ended.map(\.code) == [code] && !channel.isActive && !one.isAwaited)
    }

    @Test func `a connection that breaks ends once, for everybody`() async throws {
        let exchanges = (0..<3).map { _ in exchange() }
        handler.send(exchanges)
        try await channel.close()
        for exchange in exchanges { #expect(await outcome(exchange) == .failure(.lost)) }
        #expect(owner.ended == [.lost] && owner.released == 3)
    }
}
