import JSONBytes
import NIOCore
import Testing

@testable import LeadwireClient

/// The values around the machine: addresses, filters, back-off, scores, the buffer.
@Suite(.timeLimit(.minutes(5)))
struct ClientValueTests {
    @Test(arguments: [
        ("ws://127.0.0.1:8000", "127.0.0.1", 8_000, false, "127.0.0.1:8000"),
        ("http://localhost:8000/", "localhost", 8_000, false, "localhost:8000"),
        ("WSS://leads.example", "leads.example", 443, true, "leads.example"),
        ("https://leads.example:8443", "leads.example", 8_443, true, "leads.example:8443"),
        ("ws://[::1]:80", "::1", 80, false, "[::1]"),
    ])
    func `a URL becomes an address`(url: String, host: String, port: Int, isSecure: Bool, header: String) throws {
        let address = try ServerAddress(url)
        #expect(address.host == host && address.port == port && address.isSecure == isSecure)
        #expect(address.hostHeader == header && address.path == "/api/v1/ml/ws/live-scores")
        #expect(try ServerAddress("ws://h/other/path").path == "/other/path")
    }

    @Test(arguments: [
        "", "localhost:8000", "ftp://x", "ws://", "ws://:80", "ws://x:0", "ws://x:65536", "ws://x:y", "ws://[::1",
        "ws://[::1]x", "ws://u:p@x", "ws://x/?token=t", "ws://x/#a", "ws://x/a b", "ws://x/\r\nX: y",
    ])
    func `a URL that can't be used is an error that does not repeat it`(url: String) {
        let error = #expect(throws: LeadwireURLError.self) { try LeadwireClient(url: url) }
        #expect(error?.description.contains("token=t") == false)
    }

    @Test func `a filter is written as the contract wants it`() throws {
        let filter = LeadwireFilter.and([
            .eq("classification", "hot"), .gte("ml_score", 70), .not(.in("source", ["a", 1.5, true])),
            .or([.gt("a", 1), .lt("b", 2), .lte("c", 3)]),
        ])
        let text = ClientMessage.subscribe([.custom], filter: filter, since: nil, id: "1")
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"type":"subscribe","id":"1","events":["custom"],"filter":{"and":"#
                + #"[{"eq":["classification","hot"]},{"gte":["ml_score",70.0]},{"not":{"in":["source",["a",1.5,true]]}},"#
                + #"{"or":[{"gt":["a",1.0]},{"lt":["b",2.0]},{"lte":["c",3.0]}]}]}}"#)
    }

    @Test func `a filter without end and one without a number are written as what the server refuses`() throws {
        var deep = LeadwireFilter.eq("a", 1)
        for _ in 0..<100 { deep = .not(deep) }
        for filter in [deep, .gt("a", .number(.nan)), .eq("a\u{0}\"", .number(.infinity))] {
            let text = ClientMessage.subscribe([.custom], filter: filter, since: nil, id: "1")
            #expect(throws: Never.self) { try JSONDocument(parsing: text, limits: JSONLimits(maximumDepth: 40)) }
        }
    }

    @Test func `every wait lies between nothing and its bound, and the waits differ`() {
        var backoff = Backoff(
            first: .milliseconds(500), longest: .seconds(30), generator: SystemRandomNumberGenerator())
        for failures in 0..<12 {
            let bound = backoff.bound(afterFailures: failures)
            #expect(bound == min(.milliseconds(500 << Int64(failures)), .seconds(30)))
            let waits = (0..<50).map { _ in backoff.delay(afterFailures: failures) }
            #expect(waits.allSatisfy { $0 >= .zero && $0 <= bound })
            #expect(Set(waits.map(\.nanoseconds)).count > 10)
        }
        #expect(backoff.bound(afterFailures: .max) == .seconds(30))
    }

    @Test func `a score has types, and what is missing is nil`() throws {
        let data = #"{"lead_id":"l1","lead_name":"Ann","ml_score":71.4,"classification":"warm","needs_review":false}"#
        let event = LeadwireEvent(
            name: .leadScored, id: nil, timestamp: nil, position: nil, data: Array(data.utf8))
        let score = try #require(event.score)
        #expect(score.leadID == "l1" && score.mlScore == 71.4 && score.classification == "warm")
        #expect(score.needsReview == false && score.estimatedCommission == nil && score.confidence == nil)
        let other = LeadwireEvent(name: .custom, id: nil, timestamp: nil, position: nil, data: Array(data.utf8))
        #expect(other.score == nil)
    }

    // MARK: The buffer

    private func item(_ number: Int) -> LeadwireItem { .state(.connecting(failures: number)) }

    @Test func `a buffer says when it is full and when there is room again`() async {
        let (room, noted) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(10))
        let buffer = ItemBuffer(maximumItems: 8, maximumBytes: 1 << 20) {
            noted.yield()
        } isAbandoned: {
        }
        let answers = (0..<10).map { buffer.yield(item($0)) }
        #expect(answers == [true, true, true, true, true, true, true, false, false, false])
        for number in 0..<8 { #expect(await buffer.next() == item(number)) }
        var iterator = room.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        #expect(buffer.yield(item(10)))
        buffer.finish()
        #expect(!(await buffer.next() == nil))
        for number in [9, 10] { #expect(await buffer.next() == item(number)) }
        #expect(await buffer.next() == nil)
    }

    @Test func `bytes fill a buffer as items do`() {
        let buffer = ItemBuffer(maximumItems: 100, maximumBytes: 4_096) {
        } isAbandoned: {
        }
        let event = LeadwireEvent(
            name: .custom, id: nil, timestamp: nil, position: nil, data: Array(repeating: 32, count: 3_000))
        #expect(buffer.yield(.event(event)))
        #expect(!buffer.yield(.event(event)))
    }

    @Test func `a cancelled consumer gets nil at once, and the source is told once`() async {
        let (told, noted) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(10))
        let buffer = ItemBuffer(maximumItems: 8, maximumBytes: 1 << 20) {
        } isAbandoned: {
            noted.yield()
        }
        let task = Task { await buffer.next() }
        task.cancel()
        #expect(await task.value == nil)
        buffer.abandon()
        noted.finish()
        var count = 0
        for await _ in told { count += 1 }
        #expect(count == 1)
        #expect(buffer.yield(item(1)))
        #expect(await buffer.next() == nil)
    }
}
