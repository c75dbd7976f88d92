import JSONBytes
import Testing

@Suite(.timeLimit(.minutes(5)))
struct StreamRouteTests {
    @Test func `a subscriber gets the score that another client posted, and nothing after unsubscribing`() async throws
    {
        try await LiveServer.run { server in
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"subscribe","events":["lead_scored"]}"#)
            let subscribed = try await client.receive()
            #expect(subscribed["subscriptions"]?.elements.compactMap(\.string) == ["lead_scored"])
            let answer = try await server.score(#"{"lead_id":"live","name":"Live Lead","message":"call me asap"}"#)
            let event = try await client.receive()
            #expect(event["event_type"]?.string == "lead_scored" && event["data"]?["lead_name"]?.string == "Live Lead")
            for name in ["ml_score", "conversion_probability", "margin", "request_id", "scored_at", "classification"] {
                #expect(event["data"]?[name]?.bytes == (try answer.json()[name]?.bytes), "\(name)")
            }
            // The same lead again comes from the cache and is no event.
            _ = try await server.score(#"{"lead_id":"live","name":"Live Lead","message":"call me asap"}"#)
            try await client.send(#"{"type":"unsubscribe","events":["lead_scored"]}"#)
            #expect(try await client.receive()["type"]?.string == "subscription_updated")
            _ = try await server.score(#"{"lead_id":"after"}"#)
            // The score was handed to the stream before its answer was sent; the pong is the next thing to come.
            try await client.send(#"{"type":"ping"}"#)
            #expect(try await client.receive()["type"]?.string == "pong")
        }
    }

    @Test func `a page of many connections comes in chunks and is whole, one of few has a length, HEAD has neither`()
        async throws
    {
        try await LiveServer.run { server in
            var clients: [WebSocketClient] = []
            for _ in 0..<60 {
                let client = try await WebSocketClient.open(port: server.port)
                try await client.send(#"{"type":"subscribe","events":["custom"],"filter":{"eq":["n",1]}}"#)
                _ = try await client.receive()
                clients.append(client)
            }
            let path = "/api/v1/ml/ws/connections"
            let many = try await server.get(path + "?limit=1000")
            #expect(many.header("transfer-encoding") == "chunked")
            let page = try many.json()
            #expect(page["count"]?.int == 60 && page["next_cursor"]?.isNull == true)
            #expect(Set(page["connections"]?.elements.compactMap { $0["id"]?.string } ?? []).count == 60)
            #expect(page["connections"]?.elements.allSatisfy { $0["filter"]?["custom"] != nil } == true)
            let few = try await server.get(path + "?limit=50")
            #expect(few.header("content-length") == "\(few.body.count)")
            #expect(try few.json()["next_cursor"]?.string == "n1-50")
            let head = try await server.send("HEAD", path + "?limit=1000")
            #expect(head.status == 200 && head.body.isEmpty)
            for client in clients { try await client.send(#"{"type":"ping"}"#) }
        }
    }

    @Test func `a batch tells of its progress`() async throws {
        try await LiveServer.run { server in
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"subscribe","events":["batch_processing"]}"#)
            _ = try await client.receive()
            let leads = (0..<10).map { #"{"lead_id":"b\#($0)"}"# }.joined(separator: ",")
            let answer = try await server.post("/api/v1/ml/batch-score", #"{"leads":[\#(leads)]}"#)
            var states: [String] = []
            while states.last != "finished" {
                let data = try #require(try await client.receive()["data"])
                #expect(data["batch_id"]?.string == (try answer.json()["batch_id"]?.string))
                states.append(try #require(data["state"]?.string))
            }
            #expect(states.first == "started")
        }
    }

    @Test func `a broadcast reaches whom it names, live and in a replay`() async throws {
        try await LiveServer.run { server in
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"subscribe","events":["custom"]}"#)
            let start = try await client.receive()
            let epoch = try #require(start["epoch"]?.string)
            let secret = #"{"event_type":"custom","data":{"n":1},"roles":["viewer"]}"#
            #expect(try await server.post("/api/v1/ml/ws/broadcast", secret).status == 200)
            let open = #"{"event_type":"custom","data":{"n":2}}"#
            let sent = try await server.post("/api/v1/ml/ws/broadcast", open)
            // The administrator's connection is not of the role that the first one names.
            let event = try await client.receive()
            #expect(event["data"]?.bytes.elementsEqual(#"{"n":2}"#.utf8) == true)
            #expect(event["offset"]?.int == (try sent.json()["offset"]?.int))
            let late = try await WebSocketClient.open(port: server.port)
            try await late.send(#"{"type":"subscribe","events":["custom"],"since":{"epoch":"\#(epoch)","offset":0}}"#)
            _ = try await late.receive()
            #expect(try await late.receive()["data"]?.bytes.elementsEqual(#"{"n":2}"#.utf8) == true)
        }
    }

    @Test func `the administrator sees a connection and can end it`() async throws {
        try await LiveServer.run { server in
            #expect(try await server.get("/api/v1/ml/ws/metrics").json()["active_connections"]?.int == 0)
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"subscribe","events":["lead_scored"]}"#)
            let id = try #require(try await client.receive()["connection_id"]?.string)
            let list = try await server.get("/api/v1/ml/ws/connections").json()
            let connection = try #require(list["connections"]?.elements.first { _ in true })
            #expect(connection["id"]?.string == id && connection["role"]?.string == "admin")
            let metrics = try await server.get("/api/v1/ml/ws/metrics").json()
            #expect(metrics["active_connections"]?.int == 1 && metrics["subscriptions"]?["lead_scored"]?.int == 1)
            #expect(try await server.send("DELETE", "/api/v1/ml/ws/connections/\(id)").status == 200)
            await #expect(throws: TestFailure.self) { try await client.receive() }
        }
    }
}
