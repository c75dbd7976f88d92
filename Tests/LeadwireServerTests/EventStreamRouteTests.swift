import JSONBytes
import Leads
import NIOCore
import Realtime
import Scoring
import StoreSQLite
import TestSupport
import Testing

@testable import LeadwireServer

/// Server-Sent Events over a live server.
@Suite(.timeLimit(.minutes(5)))
struct EventStreamRouteTests {
    private static let path = "/api/v1/ml/events"

    private func broadcast(_ server: LiveServer, _ number: Int, _ more: String = "") async throws {
        let body = #"{"event_type":"custom","data":{"n":\#(number)}\#(more)}"#
        #expect(try await server.post("/api/v1/ml/ws/broadcast", body).status == 200)
    }

    private func numbers(_ source: EventSource, _ count: Int) async throws -> [Int] {
        var numbers: [Int] = []
        for _ in 0..<count {
            numbers.append(try #require(try await source.next("custom").json()["data"]?["n"]?.int))
        }
        return numbers
    }

    /// Asks until no more connections are there than this; the test's time limit ends a vain wait.
    private func waitForConnections(_ count: Int, _ server: LiveServer) async throws {
        while try await server.get("/api/v1/ml/ws/metrics").json()["active_connections"]?.int != count {
            await Task.yield()
        }
    }

    @Test func `what is posted arrives as the same JSON as over a WebSocket, with its place as id`() async throws {
        try await LiveServer.run { server in
            let socket = try await WebSocketClient.open(port: server.port)
            try await socket.send(#"{"type":"subscribe","events":["lead_scored"]}"#)
            _ = try await socket.receive()
            let source = try await EventSource.open(port: server.port, "?events=lead_scored,custom")
            #expect(source.headers["content-type"] == "text/event-stream")
            #expect(source.headers["cache-control"] == "no-store")
            #expect(source.headers["x-accel-buffering"] == "no")
            let start = try await source.next("subscription_updated").json()
            #expect(start["subscriptions"]?.elements.compactMap(\.string) == ["lead_scored", "custom"])
            let answer = try await server.score(#"{"lead_id":"live","name":"Live Lead"}"#)
            let event = try await source.next("lead_scored")
            let json = try event.json()
            #expect(json.bytes.elementsEqual(try await socket.receive().bytes))
            #expect(json["data"]?["ml_score"]?.bytes == (try answer.json()["ml_score"]?.bytes))
            let place = "\(try #require(json["epoch"]?.string)):\(try #require(json["offset"]?.int))"
            #expect(event.id == place)
            let list = try await server.get("/api/v1/ml/ws/connections").json()
            #expect(list["connections"]?.elements.compactMap { $0["transport"]?.string } == ["websocket", "sse"])
            let metrics = try await server.get("/api/v1/ml/ws/metrics").json()
            #expect(metrics["connections"]?["by_transport"]?["sse"]?.int == 1)
            #expect(metrics["subscriptions"]?["lead_scored"]?.int == 2)
        }
    }

    @Test func `Last-Event-ID resumes in order and once, and wins over the older id in the URL`() async throws {
        try await LiveServer.run { server in
            let first = try await EventSource.open(port: server.port, "?events=custom")
            let start = try #require(try await first.next("subscription_updated").id)
            for number in 1...5 { try await broadcast(server, number) }
            #expect(try await numbers(first, 2) == [1, 2])
            let last = try #require(try await first.next("custom").id)
            let again = try await EventSource.open(
                port: server.port, "?events=custom&last_event_id=\(start)", headers: [("Last-Event-ID", last)])
            #expect(try await again.next("subscription_updated").json()["recovered"]?.bool == true)
            #expect(try await numbers(again, 2) == [4, 5])
            #expect(try await again.next("hb").id?.hasSuffix(":5") == true)
            let byURL = try await EventSource.open(port: server.port, "?events=custom&last_event_id=\(start)")
            _ = try await byURL.next("subscription_updated")
            #expect(try await numbers(byURL, 5) == [1, 2, 3, 4, 5])
        }
    }

    @Test func `a stream resumes on the same store after the server was started again`() async throws {
        try await LiveServer.inFolder { folder in
            let (places, place) = AsyncStream<String>.makeStream(bufferingPolicy: .unbounded)
            try await LiveServer.run(in: folder) { server in
                let source = try await EventSource.open(port: server.port, "?events=custom")
                place.yield(try #require(try await source.next("subscription_updated").id))
                for number in 1...40 { try await broadcast(server, number) }
                #expect(try await numbers(source, 40) == Array(1...40))
            }
            try await LiveServer.run(in: folder) { server in
                try await broadcast(server, 41)
                var iterator = places.makeAsyncIterator()
                let last = try #require(await iterator.next())
                let source = try await EventSource.open(
                    port: server.port, "?events=custom", headers: [("Last-Event-ID", last)])
                let update = try await source.next("subscription_updated").json()
                #expect(update["recovered"]?.bool == true)
                #expect(try await numbers(source, 41) == Array(1...41))
                _ = try await source.next("hb")
                try await broadcast(server, 42)
                #expect(try await numbers(source, 1) == [42])
            }
        }
    }

    @Test func `an id of another log is answered with a reset, and one that was never an id with 422`() async throws {
        try await LiveServer.run { server in
            let source = try await EventSource.open(port: server.port, headers: [("Last-Event-ID", "nowhere:12")])
            #expect(try await source.next("subscription_updated").id == nil)
            #expect(try await source.next("reset").id?.hasSuffix(":0") == true)
            try await broadcast(server, 1)
            #expect(try await numbers(source, 1) == [1])
            for (query, field) in [
                ("?last_event_id=12", "last_event_id"), ("?last_event_id=:1", "last_event_id"),
                ("?last_event_id=e:-1", "last_event_id"), ("?last_event_id=e:99999999999999999999", "last_event_id"),
                ("?events=lead_scored,nothing", "events"), ("?events=", "events"), ("?filter=%7B%7D", "filter"),
                ("?filter=no", "filter"),
            ] {
                let answer = try await server.get(Self.path + query)
                #expect(try answer.status == 422 && answer.fields() == [field], "\(query)")
            }
            let wrong = try await server.get(Self.path, headers: [("Last-Event-ID", "x")])
            #expect(try wrong.status == 422 && wrong.fields() == ["Last-Event-ID"])
            #expect(try await server.send("HEAD", Self.path).header("content-type") == "text/event-stream")
            #expect(try await server.get(Self.path, headers: [("Origin", "http://evil.example")]).status == 403)
        }
    }

    @Test func `a filter and a role let through what they would over a WebSocket`() async throws {
        try await LiveServer.run { server in
            let filter = "%7B%22gte%22%3A%5B%22n%22%2C3%5D%7D"
            let filtered = try await EventSource.open(port: server.port, "?events=custom&filter=\(filter)")
            _ = try await filtered.next("subscription_updated")
            let viewer = Principal(user: "vera", role: .viewer, tenant: Tenant.local.name)
            let ticket = try server.tickets.make(for: viewer).ticket
            let seeing = try await EventSource.open(
                port: server.port, "?events=custom,user_activity&ticket=\(ticket)")
            let update = try await seeing.next("subscription_updated").json()
            #expect(update["subscriptions"]?.elements.compactMap(\.string) == ["custom"])
            #expect(update["denied"]?.elements.compactMap { $0["event"]?.string } == ["user_activity"])
            let useless = try server.tickets.make(for: viewer).ticket
            #expect(try await server.get(Self.path + "?events=user_activity&ticket=\(useless)").status == 403)
            try await broadcast(server, 1)
            try await broadcast(server, 2, #","roles":["admin"]"#)
            try await broadcast(server, 3, #","roles":["admin"]"#)
            try await broadcast(server, 4)
            #expect(try await numbers(seeing, 2) == [1, 4])
            #expect(try await numbers(filtered, 2) == [3, 4])
            let foreign = Principal(user: "otto", role: .admin, tenant: "elsewhere")
            let ticketOfOther = try server.tickets.make(for: foreign).ticket
            let other = try await EventSource.open(
                port: server.port, "?ticket=\(ticketOfOther)&last_event_id=x:0")
            _ = try await other.next("subscription_updated")
            _ = try await other.next("reset")
            try await broadcast(server, 5)
            #expect(try await numbers(seeing, 1) == [5])
            let list = try await server.get("/api/v1/ml/ws/connections?user=otto").json()
            #expect(list["connections"]?.count == 0, "another tenant's stream is not shown")
        }
    }

    @Test func `a ticket lets in once, for thirty seconds, and only into the stream`() async throws {
        let clock = TestClock()
        try await LiveServer.run(clock: clock) { server in
            let answer = try await server.post(Self.path + "/ticket", "")
            #expect(answer.status == 200)
            let ticket = try #require(try answer.json()["ticket"]?.string)
            #expect(ticket.utf8.count == 64)
            #expect(try answer.json()["expires_at"]?.string == "2026-11-22T09:30:30.000Z")
            #expect(try await server.get("/api/v1/ml/ws/metrics?ticket=\(ticket)").status == 200)
            let source = try await EventSource.open(port: server.port, "?events=custom&ticket=\(ticket)")
            _ = try await source.next("subscription_updated")
            #expect(try await server.get(Self.path + "?ticket=\(ticket)").status == 401, "used up")
            #expect(try await server.get(Self.path + "?ticket=").status == 401)
            #expect(try await server.get(Self.path + "?ticket=0123456789abcdef").status == 401)
            let late = try #require(try await server.post(Self.path + "/ticket", "{}").json()["ticket"]?.string)
            clock.advance(by: .seconds(30))
            #expect(try await server.get(Self.path + "?ticket=\(late)").status == 401, "too late")
            let wrong = try await server.post(Self.path + "/ticket", "", headers: [("Authorization", "Bearer nobody")])
            #expect(wrong.status == 401)
            let cross = try await server.get(
                Self.path + "?ticket=\(ticket)", headers: [("Origin", "http://evil.example")])
            #expect(cross.status == 403)
        }
    }

    @Test func `a reader that stops reading is caught up in order when it goes on`() async throws {
        // It is to be caught up, not given up, however long the machine takes.
        var settings = ServerSettings()
        settings.hub.maximumStall = .minutes(10)
        settings.hub.maximumLag = .minutes(10)
        settings.hub.acknowledgement = .minutes(10)
        try await LiveServer.run(settings: settings) { server in
            let slow = try await EventSource.open(port: server.port, "?events=custom")
            _ = try await slow.next("subscription_updated")
            let pad = String(repeating: "x", count: 15_000)
            let clock = SystemClock()
            // More than the kernel holds for one socket, and more than the ring of one name.
            for block in 0..<12 {
                let events = (1...100).map { index in
                    let number = block * 100 + index
                    return NewEvent(
                        tenant: .local, type: .custom, id: "slow-\(number)", timestamp: clock.now,
                        data: BroadcastEnvelope.seal(
                            Array(#"{"n":\#(number),"pad":"\#(pad)"}"#.utf8), audience: .subscribers),
                        leadID: nil)
                }
                _ = try await server.store.commit(Commit(events: events))
            }
            // The loop hands out what the store has handed over, until the socket takes no more.
            var lag = 0
            while lag == 0 {
                let list = try await server.get("/api/v1/ml/ws/connections").json()
                lag = try #require(list["connections"]?.elements.first { _ in true }?["lag_events"]?.int)
            }
            #expect(try await numbers(slow, 1_200) == Array(1...1_200))
        }
    }

    @Test func `who leaves is gone, and an administrator can end a stream`() async throws {
        try await LiveServer.run { server in
            var source: EventSource? = try await EventSource.open(port: server.port)
            _ = try await source?.next("subscription_updated")
            try await waitForConnections(1, server)
            source = nil
            try await waitForConnections(0, server)
            // A client that has sent its request and says that it will send no more has left, too.
            let half = try await server.exchange(
                Array("GET \(Self.path) HTTP/1.0\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n".utf8), endingInput: true)
            #expect(String(decoding: half, as: UTF8.self).hasPrefix("HTTP/1.0 200"))
            try await waitForConnections(0, server)
            let ended = try await EventSource.open(port: server.port)
            let id = try #require(try await ended.next("subscription_updated").json()["connection_id"]?.string)
            #expect(try await server.send("DELETE", "/api/v1/ml/ws/connections/\(id)").status == 200)
            #expect(try await ended.next("close").json()["code"]?.int == 4501)
            #expect(try await ended.next() == nil)
        }
    }

    @Test func `a stream outlives the second request that its client may not send`() async throws {
        try await LiveServer.run { server in
            let head = "GET \(Self.path)?events=custom HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n"
            let port = server.port
            let both = try await BlockingWork.run {
                let socket = try ClientSocket(port: port)
                try socket.send(Array((head + head).utf8))
                var bytes: [UInt8] = []
                while !String(decoding: bytes, as: UTF8.self).contains("subscription_updated\n") {
                    bytes += try socket.receive()
                }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(both.ranges(of: "HTTP/1.1 200").count == 1)
            try await waitForConnections(0, server)
        }
    }
}

/// Without a server.
struct StreamTicketTests {
    @Test func `a table of tickets is bounded, by user and in all, and takes new ones when old ones end`() throws {
        let clock = TestClock()
        let tickets = StreamTickets(clock: clock)
        for user in 0..<100 {
            let holder = Principal(user: "u\(user)", role: .viewer, tenant: "t")
            for _ in 0..<100 { _ = try tickets.make(for: holder) }
            #expect(throws: APIError.self) { try tickets.make(for: holder) }
        }
        let other = Principal(user: "other", role: .viewer, tenant: "t")
        do {
            _ = try tickets.make(for: other)
            Issue.record("room for one more")
        } catch { #expect(error.code == .overloaded && error.code.isRetryable) }
        clock.advance(by: .seconds(30))
        let ticket = try tickets.make(for: other).ticket
        #expect(try tickets.use(ticket) == other)
        #expect(throws: APIError.self) { try tickets.use(ticket) }
    }

    @Test func `a ticket ends with the token that it stands for`() throws {
        let clock = TestClock()
        let tickets = StreamTickets(clock: clock)
        let holder = Principal(
            user: "u", role: .agent, tenant: "t", expiresAt: clock.now.milliseconds + 10_000)
        let (early, late) = (try tickets.make(for: holder).ticket, try tickets.make(for: holder).ticket)
        #expect(try tickets.use(early) == holder)
        clock.advance(by: .seconds(10))
        #expect(throws: APIError.self) { try tickets.use(late) }
    }
}
