import NIOEmbedded
import Testing

@testable import Realtime

struct FilterTests {
    static let data = #"{"classification":"hot","ml_score":71.5,"ok":true,"none":null,"list":[1],"é":"ü","n":0}"#

    private func publication(_ data: String = data) -> Publication { StillHub.event(1, data: data) }

    private func request(_ filter: String) -> Request {
        Request(Array(#"{"type":"subscribe","events":["*"],"filter":\#(filter)}"#.utf8))
    }

    private func filter(_ text: String) throws -> Filter {
        guard case .subscribe(let request) = try request(text).command.get() else { throw NotASubscription() }
        return try #require(request.filter)
    }

    private struct NotASubscription: Error {}

    @Test(arguments: [
        (#"{"eq":["classification","hot"]}"#, true), (#"{"eq":["classification","Hot"]}"#, false),
        (#"{"eq":["ml_score",71.5]}"#, true), (#"{"eq":["ml_score","71.5"]}"#, false), (#"{"eq":["n",-0.0]}"#, true),
        (#"{"gt":["ml_score",71.5]}"#, false), (#"{"gte":["ml_score",71.5]}"#, true),
        (#"{"lt":["ml_score",1e3]}"#, true), (#"{"lte":["ml_score",71.4999]}"#, false),
        (#"{"gt":["classification","hos"]}"#, true), (#"{"lt":["classification","hot "]}"#, true),
        (#"{"gt":["ml_score","a"]}"#, false), (#"{"lt":["classification",5]}"#, false),
        (#"{"eq":["ok",true]}"#, true), (#"{"eq":["ok",false]}"#, false), (#"{"eq":["ok",1]}"#, false),
        (#"{"eq":["missing",1]}"#, false), (#"{"not":{"eq":["missing",1]}}"#, true),
        (#"{"eq":["none",0]}"#, false), (#"{"eq":["list",1]}"#, false), (#"{"eq":["é","\u00fc"]}"#, true),
        (#"{"in":["classification",["warm","hot"]]}"#, true), (#"{"in":["ml_score",[1,2]]}"#, false),
        (#"{"and":[{"eq":["ok",true]},{"gte":["ml_score",70]}]}"#, true),
        (#"{"and":[{"eq":["ok",true]},{"gte":["ml_score",72]}]}"#, false),
        (#"{"or":[{"eq":["ok",false]},{"gte":["ml_score",70]}]}"#, true),
        (#"{"or":[{"eq":["ok",false]},{"not":{"gte":["ml_score",70]}}]}"#, false),
    ])
    func `a filter passes what it says`(_ text: String, _ passes: Bool) throws {
        #expect(publication().passes(try filter(text)) == passes)
    }

    static let tooMany = (0..<101).map { "\($0)" }.joined(separator: ",")
    static let nodes = Array(repeating: #"{"eq":["a",1]}"#, count: 16).joined(separator: ",")

    @Test(arguments: [
        "5", "[]", "{}", #"{"eq":["a",1],"gt":["a",1]}"#, #"{"like":["a","b"]}"#, #"{"eq":["a"]}"#,
        #"{"eq":["a",1,2]}"#,
        #"{"eq":[1,"a"]}"#, #"{"eq":["",1]}"#, #"{"eq":["a",null]}"#, #"{"eq":["a",[1]]}"#, #"{"gt":["a",true]}"#,
        #"{"in":["a",1]}"#, #"{"in":["a",[]]}"#, #"{"in":["a",[\#(tooMany)]]}"#, #"{"and":[]}"#, #"{"and":{}}"#,
        #"{"not":[]}"#, #"{"not":{"not":{"not":{"not":{"eq":["a",1]}}}}}"#, #"{"or":[\#(nodes)]}"#,
    ])
    func `a filter that is wrong or too large is refused`(_ text: String) {
        guard case .failure(let error) = request(text).command else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(error.code == .invalidFilter)
    }

    @Test func `the limits themselves are allowed`() throws {
        let deep = #"{"not":{"not":{"not":{"eq":["a",1]}}}}"#
        let wide = #"{"or":[\#(Array(repeating: #"{"eq":["a",1]}"#, count: 15).joined(separator: ","))]}"#
        let long = #"{"in":["a",[\#((0..<100).map { "\($0)" }.joined(separator: ","))]]}"#
        for text in [deep, wide, long] { _ = try filter(text) }
    }

    @Test func `equal filters are one, and are forgotten with their last user`() async throws {
        let still = StillHub()
        let filter = #"{"and":[{"eq":["classification","hot"]},{"gte":["ml_score",70]}]}"#
        var clients: [StillClient] = []
        for index in 0..<5 {
            let client = try await still.connect("u\(index)")
            let own = index < 4 ? filter : #"{"lt":["ml_score",50]}"#
            try await client.send(#"{"type":"subscribe","events":["lead_scored","custom"],"filter":\#(own)}"#)
            _ = try await client.next()
            clients.append(client)
        }
        #expect(await still.hub.metrics().distinctFilters == 2)
        #expect(await still.hub.metrics().distinctSubscriptions == 2)
        let hot = #"{"classification":"hot","ml_score":80}"#
        let cold = #"{"classification":"cold","ml_score":20}"#
        await still.publish([
            StillHub.event(1, data: hot), StillHub.event(2, data: cold), StillHub.event(3, .custom, data: hot),
            StillHub.event(4, .scoreChanged, data: hot),
        ])
        for client in clients[..<4] {
            #expect(try await client.received() == [StillHub.text(1, data: hot), StillHub.text(3, .custom, data: hot)])
        }
        #expect(try await clients[4].received() == [StillHub.text(2, data: cold)])
        // A new subscription replaces the filter of its names only.
        try await clients[0].send(#"{"type":"subscribe","events":["custom"]}"#)
        _ = try await clients[0].next()
        await still.publish([StillHub.event(5, .custom, data: cold), StillHub.event(6, data: cold)])
        #expect(try await clients[0].received() == [StillHub.text(5, .custom, data: cold)])
        let listed = await still.hub.connections(ConnectionQuery(tenant: "t1"))
        #expect(String(decoding: listed.json(), as: UTF8.self).contains(#""filter":{"lead_scored":\#(filter)}"#))
        try await clients[0].send(#"{"type":"unsubscribe","events":["*"]}"#)
        for client in clients[1...] { _ = try await client.channel.finish(acceptAlreadyClosed: true) }
        await still.publish([])
        #expect(await still.hub.metrics().distinctFilters == 0)
    }

    @Test func `a replay passes the filter too, and data that is no JSON passes none`() async throws {
        let still = StillHub()
        await still.publish((1...4).map { StillHub.event($0, data: $0 == 3 ? "nonsense" : #"{"n":\#($0)}"#) })
        let client = try await still.connect()
        try await client.send(
            #"{"type":"subscribe","events":["*"],"filter":{"gte":["n",2]},"since":{"epoch":"e1","offset":0}}"#)
        let received = try await client.received()
        #expect(Array(received[1...2]) == [2, 4].map { StillHub.text($0) })
    }

    @Test func `a table that is full refuses the next distinct filter`() async throws {
        let still = StillHub { $0.maximumFilters = 1 }
        let client = try await still.connect()
        try await client.send(#"{"type":"subscribe","events":["custom"],"filter":{"eq":["a",1]}}"#)
        #expect(try await client.next().contains("subscription_updated"))
        try await client.send(#"{"type":"subscribe","events":["lead_scored"],"filter":{"eq":["a",2]}}"#)
        #expect(try await client.next().contains(#""code":"too_many_filters""#))
        await still.publish([StillHub.event(1)])
        #expect(try await client.received() == [])
    }
}
