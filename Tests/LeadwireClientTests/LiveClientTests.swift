import JSONBytes
import LeadwireServer
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Scoring
import Testing

@testable import LeadwireClient

/// The client against the real server.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LiveClientTests {
    /// Quick to come back, so that a test does not wait for what it does not test.
    static func configuration(_ change: (inout LeadwireConfiguration) -> Void = { _ in }) -> LeadwireConfiguration {
        var configuration = LeadwireConfiguration()
        configuration.firstDelay = .milliseconds(1)
        configuration.longestDelay = .milliseconds(20)
        configuration.longestRequestedDelay = .milliseconds(20)
        change(&configuration)
        return configuration
    }

    static func number(_ event: LeadwireEvent) throws -> Int {
        try #require(try JSONDocument(parsing: event.data).root["n"]?.int)
    }

    static func start(_ server: RunningServer) async throws -> LeadwirePosition {
        let position = try await server.position()
        return LeadwirePosition(epoch: position.epoch, offset: position.offset)
    }

    @Test func `a scored lead arrives with its score, and the filter keeps the others away`() async throws {
        try await RunningServer.run { server in
            let client = try LeadwireClient(url: "ws://127.0.0.1:\(server.port)", token: { "test_token" })
            var events = client.events(.leadScored, filter: .eq("lead_name", "Ann Wanted")).makeAsyncIterator()
            #expect(await events.next() == .state(.connecting(failures: 0)))
            guard case .state(.live(let subscription))? = await events.next() else {
                throw Unexpected("not live")
            }
            #expect(subscription.names == [.leadScored] && subscription.denied == [])
            for name in ["Other", "Ann Wanted"] {
                let body = #"{"lead_id":"\#(name.count)","name":"\#(name)","message":"call me asap"}"#
                let answer = try await PlainRequest.send("POST", "/api/v1/ml/score", body, port: server.port)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
            }
            guard case .event(let event)? = await events.next() else { throw Unexpected("no event") }
            let score = try #require(event.score)
            #expect(score.leadName == "Ann Wanted" && score.mlScore != nil && score.classification != nil)
            #expect(event.position?.offset == 2 && event.id != nil && event.timestamp != nil)
        }
    }

    @Test func `a wrong token and a wrong filter end the stream with the reason`() async throws {
        try await RunningServer.run { server in
            let url = "ws://127.0.0.1:\(server.port)"
            let wrong = try LeadwireClient(url: url, token: { "wrong" }, configuration: Self.configuration())
            #expect(await Self.end(of: wrong.events(.custom)) == .status(401))
            let client = try LeadwireClient(url: url)
            guard case .refused(let code, _)? = await Self.end(of: client.events(.custom, filter: .gt("a", true)))
            else { throw Unexpected("not refused") }
            #expect(code == "invalid_filter")
            let nothing = await Self.end(of: client.events("no_such_event"))
            #expect(nothing == .nothingGranted([.init(name: "no_such_event", reason: "unknown_event")]))
        }
    }

    private static func end(of events: LeadwireEvents) async -> LeadwireEnd? {
        var end: LeadwireEnd?
        for await item in events { if case .state(.ended(let reason)) = item { end = reason } }
        return end
    }

    @Test func `an administrator's goodbye is final`() async throws {
        try await RunningServer.run { server in
            try await FaultProxy.run(to: server.port) { proxy in
                let client = try LeadwireClient(url: proxy.url, configuration: Self.configuration())
                var last: LeadwireItem?
                var count = 0
                for await item in client.events(.leadScored) {
                    if case .state(.ended) = last { Issue.record("an item after the last") }
                    last = item
                    guard case .state(.live(let subscription)) = item else { continue }
                    let path = "/api/v1/ml/ws/connections/\(subscription.connectionID ?? "")"
                    let answer = try await PlainRequest.send("DELETE", path, nil, port: server.port)
                    #expect(answer.hasPrefix("HTTP/1.1 200"))
                    count = proxy.count
                }
                #expect(last == .state(.ended(.closed(code: 4501, reason: "disconnected_by_administrator"))))
                #expect(proxy.count == count, "nobody came back")
            }
        }
    }

    @Test func `cancelling the task ends the stream and the connection`() async throws {
        try await RunningServer.run { server in
            try await FaultProxy.run(to: server.port) { proxy in
                let client = try LeadwireClient(url: proxy.url)
                let isLive = Progress()
                let task = Task {
                    for await item in client.events(.leadScored) {
                        if case .state(.live) = item { isLive.reach(1) }
                    }
                }
                await isLive.wait(for: 1)
                task.cancel()
                await task.value
                #expect(await proxy.departures.next() == 0)
                #expect(proxy.count == 1)
            }
        }
    }

    @Test func `leaving the loop ends the connection`() async throws {
        try await RunningServer.run { server in
            try await FaultProxy.run(to: server.port) { proxy in
                let client = try LeadwireClient(url: proxy.url)
                for await item in client.events(.leadScored) {
                    if case .state(.live) = item { break }
                }
                #expect(await proxy.departures.next() == 0)
            }
        }
    }

    @Test func `a position from an earlier stream goes on where that one stopped`() async throws {
        try await RunningServer.run { server in
            let client = try LeadwireClient(url: "ws://127.0.0.1:\(server.port)")
            var saved: LeadwirePosition? = try await Self.start(server)
            try await server.publish(0..<10)
            var numbers: [Int] = []
            for count in [3, 6, 10] {
                for await item in client.events(.leadScored, since: saved) {
                    guard case .event(let event) = item else { continue }
                    numbers.append(try Self.number(event))
                    saved = event.position
                    if numbers.count == count { break }
                }
            }
            #expect(numbers == Array(0..<10))
        }
    }
}

/// One HTTP request on a connection of its own; answers with all that came back.
enum PlainRequest {
    static func send(
        _ method: String, _ path: String, _ body: String?, port: Int, headers: [(String, String)] = []
    ) async throws -> String {
        let collector = NIOLockedValueBox("")
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(collector))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        try await channel.writeAndFlush(ByteBuffer(string: head + "\r\n" + (body ?? "")))
        try await channel.closeFuture.get()
        return collector.withLockedValue { $0 }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let text: NIOLockedValueBox<String>

        init(_ text: NIOLockedValueBox<String>) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = String(buffer: unwrapInboundIn(data))
            text.withLockedValue { $0 += part }
        }
    }
}
