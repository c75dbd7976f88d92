import JSONBytes
import Leads
import NIOCore
import Realtime
import TestSupport
import Testing

@testable import LeadwireServer

/// What a token means for a connection that lives as long as it, and longer.
@Suite(.timeLimit(.minutes(5)))
struct StreamAccessTests {
    private func score(_ id: String, source: String, _ server: TokenServer) async throws {
        let answer = try await server.send(
            "POST", "/ml/score", #"{"lead_id":"\#(id)","source":"\#(source)"}"#, token: try server.token())
        #expect(answer.status == 200)
    }

    @Test func `a viewer is denied what agents and administrators see`() async throws {
        try await TokenServer.run { server in
            for (role, denied) in [
                ("viewer", ["lead_escalated", "bot_status", "performance_alert", "system_health", "user_activity"]),
                ("agent", ["performance_alert", "system_health", "user_activity"]), ("admin", []),
            ] {
                let client = try await server.open(try server.token(role: role))
                let asked = [
                    "lead_scored", "lead_escalated", "bot_status", "performance_alert", "system_health",
                    "user_activity",
                ]
                let names = asked.map { "\"\($0)\"" }.joined(separator: ",")
                try await client.send(#"{"type":"subscribe","events":[\#(names)]}"#)
                let answer = try await client.receive()
                #expect(answer["denied"]?.elements.compactMap { $0["event"]?.string } == denied, "\(role)")
            }
            // Not even where a broadcast goes to everyone.
            let viewer = try await server.subscriber(try server.token("v", role: "viewer"))
            let body = #"{"event_type":"user_activity","data":{"n":1},"to":"all"}"#
            #expect(try await server.send("POST", "/ml/ws/broadcast", body, token: try server.token()).status == 200)
            try await viewer.send(#"{"type":"ping"}"#)
            #expect(try await viewer.receive()["type"]?.string == "pong")
        }
    }

    @Test func `a token's list of events narrows its role and never widens it`() async throws {
        try await TokenServer.run { server in
            let token = try server.token(role: "viewer", #","events":["lead_scored","user_activity"]"#)
            let client = try await server.open(token)
            try await client.send(#"{"type":"subscribe","events":["*"]}"#)
            #expect(try await client.receive()["subscriptions"]?.elements.compactMap(\.string) == ["lead_scored"])
            try await client.send(#"{"type":"subscribe","events":["model_status","user_activity"]}"#)
            let denied = try await client.receive()["denied"]
            #expect(denied?.elements.compactMap { $0["event"]?.string } == ["model_status", "user_activity"])
        }
    }

    @Test func `the client can't remove the filter that its token brings, by any message`() async throws {
        try await TokenServer.run { server in
            let mine = #","filter":{"eq":["source","mine"]}"#
            let token = try server.token("ann", role: "agent", mine)
            let client = try await server.subscriber(token, ["lead_scored", "custom"])
            let epoch = try await position(client)
            try await score("other-1", source: "other", server)
            let attempts = [
                #"{"type":"subscribe","events":["lead_scored"],"filter":null}"#,
                #"{"type":"subscribe","events":["lead_scored"],"filter":{"or":[{"eq":["source","other"]},{"not":{"eq":["x",1]}}]}}"#,
                #"{"type":"unsubscribe","events":["*"]}"#, #"{"type":"subscribe","events":["*"]}"#,
                #"{"type":"subscribe","events":["lead_scored"],"since":{"epoch":"\#(epoch)","offset":0}}"#,
                #"{"type":"refresh","token":"\#(token)"}"#,
            ]
            for (number, attempt) in attempts.enumerated() {
                try await client.send(attempt)
                try await score("other-\(number + 2)", source: "other", server)
            }
            // A broadcast to all has no such field either.
            let all = #"{"event_type":"custom","data":{"n":1},"to":"all"}"#
            _ = try await server.send("POST", "/ml/ws/broadcast", all, token: try server.token())
            try await score("mine-1", source: "mine", server)
            var events: [String] = []
            while events.last != "mine-1" {
                let message = try await client.receive()
                if message["event_type"] != nil { events.append(message["data"]?["lead_id"]?.string ?? "?") }
            }
            #expect(events == ["mine-1"])
            let list = try await server.send("GET", "/ml/ws/connections", token: try server.token()).json()
            let filter = list["connections"]?.elements.first { _ in true }?["token_filter"]
            #expect(filter?.bytes.elementsEqual(#"{"eq":["source","mine"]}"#.utf8) == true)
        }
    }

    private func position(_ client: WebSocketClient) async throws -> String {
        try await client.send(#"{"type":"get_status"}"#)
        return try #require(try await client.receive(type: "status")["epoch"]?.string)
    }

    @Test func `the client's own filter and the token's are both held to, and a refresh brings the new token's`()
        async throws
    {
        try await TokenServer.run { server in
            let client = try await server.open(
                try server.token("ann", role: "agent", #","filter":{"eq":["source","a"]}"#))
            let own = #"{"type":"subscribe","events":["lead_scored"],"filter":{"in":["lead_id",["x","z"]]}}"#
            try await client.send(own)
            _ = try await client.receive()
            try await score("x", source: "b", server)
            try await score("y", source: "a", server)
            let next = try server.token("ann", role: "viewer", #","filter":{"eq":["source","b"]}"#)
            try await client.send(#"{"type":"refresh","token":"\#(next)"}"#)
            #expect(try await client.receive()["type"]?.string == "token_refreshed")
            try await score("z", source: "a", server)
            try await score("z", source: "b", server)
            let event = try await client.receive()
            #expect(event["data"]?["lead_id"]?.string == "z" && event["data"]?["source"]?.string == "b")
            // Neither another person nor another tenant comes in by a refresh.
            for token in [
                try server.token("bob", role: "admin"), try server.token("ann", tenant: "t2"), "x.y.z",
                try server.token("ann", lifetime: -60),
            ] {
                try await client.send(#"{"type":"refresh","token":"\#(token)"}"#)
                #expect(try await client.receive(type: "error")["code"]?.string == "invalid_token")
            }
        }
    }

    @Test func `a token's end is announced, a refresh carries on, and without one the connection closes with 4005`()
        async throws
    {
        try await TokenServer.run { server in
            let leaving = try await server.subscriber(try server.token("ann", lifetime: 100), ["lead_scored"])
            let staying = try await server.subscriber(try server.token("bob", lifetime: 100), ["lead_scored"])
            server.clock.advance(by: .seconds(45))
            for client in [leaving, staying] {
                let warning = try await client.receive(type: "token_expiring")
                #expect(warning["in_ms"]?.int == 55_000)
            }
            try await staying.send(#"{"type":"refresh","token":"\#(try server.token("bob", lifetime: 3_600))"}"#)
            _ = try await staying.receive(type: "token_refreshed")
            server.clock.advance(by: .seconds(80))
            #expect(try await leaving.receiveClose() == 4005)
            try await staying.send(#"{"type":"ping"}"#)
            _ = try await staying.receive(type: "pong")
        }
    }

    @Test func `the token's filter and list of events hold for the event stream's history and its tickets, too`()
        async throws
    {
        try await TokenServer.run { server in
            try await score("theirs", source: "other", server)
            try await score("mine", source: "mine", server)
            let token = try server.token(
                "ann", role: "agent", #","jti":"j1","events":["lead_scored"],"filter":{"eq":["source","mine"]}"#)
            let page = try await server.send("GET", "/ml/events/history", token: token).json()
            let leads = page["events"]?.elements.compactMap { $0["data"]?["lead_id"]?.string }
            #expect(leads == ["mine"])
            #expect(try await server.send("GET", "/ml/events/history?event=model_status", token: token).status == 403)
            #expect(try await server.send("HEAD", "/ml/events?events=model_status", token: token).status == 403)
            #expect(try await server.send("HEAD", "/ml/events", token: token).status == 200)
            // A ticket that is used after its token was revoked opens nothing.
            let ticket = try #require(
                try await server.send("POST", "/ml/events/ticket", "{}", token: token).json()["ticket"]?.string)
            let revoke = #"{"token_id":"j1"}"#
            #expect(try await server.send("POST", "/ml/tokens/revoke", revoke, token: try server.token()).status == 200)
            #expect(try await server.send("GET", "/ml/events?ticket=\(ticket)", token: nil).status == 401)
            let elsewhere = [("Origin", "https://evil.example")]
            let stolen = try await server.send("GET", "/ml/events?ticket=\(ticket)", token: nil, headers: elsewhere)
            #expect(stolen.status == 403)
        }
    }

    // MARK: The first message

    @Test func `a first message may bring the token, and nothing is told before it`() async throws {
        try await TokenServer.run { server in
            let client = try await server.open(nil)
            for message in [
                #"{"type":"subscribe","events":["*"],"id":1}"#, #"{"type":"ping"}"#, #"{"type":"get_status"}"#,
                #"{"type":"refresh","token":"\#(try server.token())"}"#,
            ] {
                try await client.send(message)
                #expect(try await client.receive()["code"]?.string == "unauthenticated")
            }
            try await client.send("{")
            #expect(try await client.receive()["code"]?.string == "invalid_json")
            try await score("before", source: "s", server)
            let token = try server.token("bob", role: "viewer")
            // What follows at once is carried out in order, once the token has been checked.
            try await client.send(#"{"type":"auth","token":"\#(token)","id":"a"}"#)
            try await client.send(#"{"type":"subscribe","events":["lead_scored"],"id":"s"}"#)
            let known = try await client.receive()
            #expect(known["type"]?.string == "authenticated" && known["id"]?.string == "a")
            #expect(
                known["user"]?.string == "bob" && known["role"]?.string == "viewer" && known["tenant"]?.string == "t1")
            #expect(try await client.receive()["id"]?.string == "s")
            try await score("after", source: "s", server)
            #expect(try await client.receive()["data"]?["lead_id"]?.string == "after")
            try await client.send(#"{"type":"auth","token":"\#(try server.token("boss"))"}"#)
            #expect(try await client.receive()["code"]?.string == "already_authenticated")
        }
    }

    @Test func `a bad first token ends the connection for good, an old one asks for a new one, none has its time`()
        async throws
    {
        try await TokenServer.run { server in
            for (token, code) in [
                ("x.y.z", 4502), ("test_token", 4502), (try TestToken.make(TestToken.claims(), .p256("other")), 4502),
                (try server.token(lifetime: -60), 4005),
            ] {
                let client = try await server.open(nil)
                try await client.send(#"{"type":"auth","token":"\#(token)"}"#)
                #expect(try await client.receiveClose() == code)
            }
        }
        try await TokenServer.run {
            $0.hub.authenticationTime = .milliseconds(500)
        } _: { server in
            let silent = try await server.open(nil)
            #expect(try await silent.receiveClose() == 4014)
        }
    }

    @Test func `those who have not said who they are have a limit of their own`() async throws {
        try await TokenServer.run {
            $0.hub.maximumPending = 1
        } _: { server in
            let waiting = try await server.open(nil)
            // Its place is taken when its handler is in: the 101 may be read before.
            try await waiting.send(#"{"type":"ping"}"#)
            #expect(try await waiting.receive()["code"]?.string == "unauthenticated")
            await #expect(throws: TestFailure.self) { try await server.open(nil) }
            _ = try await server.open(try server.token())
            try await waiting.send(#"{"type":"auth","token":"\#(try server.token())"}"#)
            _ = try await waiting.receive(type: "authenticated")
            let next = try await server.open(nil)
            try await next.send(#"{"type":"ping"}"#)
            #expect(try await next.receive()["code"]?.string == "unauthenticated")
        }
    }

    // MARK: Kick and revoke

    @Test func `a kick ends whom it names, and says whether to come back`() async throws {
        try await TokenServer.run { server in
            let admin = try server.token("boss")
            func client(_ user: String, _ role: String, _ id: String) async throws -> WebSocketClient {
                try await server.subscriber(try server.token(user, role: role, #","jti":"\#(id)""#), ["lead_scored"])
            }
            func kick(_ body: String) async throws -> Int? {
                let answer = try await server.send("POST", "/ml/ws/disconnect", body, token: admin)
                #expect(answer.status == 200)
                return try answer.json()["closed"]?.int
            }
            let (ann, annToo) = (try await client("ann", "viewer", "j1"), try await client("ann", "agent", "j2"))
            let bob = try await client("bob", "agent", "j3")
            #expect(try await kick(#"{"user":"ann","role":"admin"}"#) == 0)
            #expect(try await kick(#"{"token_id":"j1"}"#) == 1)
            #expect(try await ann.receiveClose() == 4503)
            #expect(
                try await kick(
                    #"{"filter":{"and":[{"eq":["role","agent"]},{"not":{"eq":["user","bob"]}}]},"reconnect":true}"#)
                    == 1)
            #expect(try await annToo.receiveClose() == 4001)
            try await bob.send(#"{"type":"ping"}"#)
            _ = try await bob.receive(type: "pong")
            #expect(try await kick(#"{"role":"agent"}"#) == 1)
            #expect(try await bob.receiveClose() == 4503)
            for body in ["{}", #"{"filter":{"like":["a","b"]}}"#, #"{"user":7}"#, #"{"user":"a","reconnect":"yes"}"#] {
                #expect(try await server.send("POST", "/ml/ws/disconnect", body, token: admin).status == 422, "\(body)")
            }
            // A kick does not take the token away.
            #expect(
                try await server.send("GET", "/ml/leads", token: try server.token("ann", #","jti":"j1""#)).status == 200
            )
        }
    }

    @Test func `a revoked token is closed and refused on every way in, until its time`() async throws {
        try await TokenServer.run { server in
            let admin = try server.token("boss")
            let stolen = try server.token("ann", role: "agent", lifetime: 86_400 * 3, #","jti":"stolen""#)
            let other = try server.token("ann", role: "agent", lifetime: 86_400 * 3, #","jti":"other""#)
            let client = try await server.subscriber(stolen, ["lead_scored"])
            let untouched = try await server.subscriber(other, ["lead_scored"])
            let until = server.clock.now.advanced(by: .seconds(86_400))
            let body = #"{"token_id":"stolen","until":"\#(until)"}"#
            let answer = try await server.send("POST", "/ml/tokens/revoke", body, token: admin)
            #expect(try answer.json()["closed"]?.int == 1 && answer.status == 200)
            #expect(try await client.receiveClose() == 4503)
            let refused = try await server.send("GET", "/ml/leads", token: stolen)
            #expect(try refused.status == 401 && refused.json()["message"]?.string?.contains("revoked") == true)
            await #expect(throws: TestFailure.self) { try await server.open(stolen) }
            await #expect(throws: TestFailure.self) {
                try await server.open(nil, subprotocol: "leadwire.v1, bearer.\(stolen)")
            }
            let first = try await server.open(nil)
            try await first.send(#"{"type":"auth","token":"\#(stolen)"}"#)
            #expect(try await first.receiveClose() == 4502)
            try await untouched.send(#"{"type":"refresh","token":"\#(stolen)"}"#)
            #expect(try await untouched.receive(type: "error")["code"]?.string == "invalid_token")
            #expect(try await server.send("GET", "/ml/leads", token: other).status == 200)
            server.clock.advance(by: .seconds(86_400))
            #expect(try await server.send("GET", "/ml/leads", token: stolen).status == 200)
        }
    }

    @Test func `revoking a user ends the tokens of today, not the one of tomorrow`() async throws {
        try await TokenServer.run { server in
            let admin = try server.token("boss")
            let old = try server.token("ann", lifetime: 86_400)
            let timeless = try TestToken.make(
                #"{"sub":"ann","role":"agent","tenant":"t1","exp":\#(server.clock.now.milliseconds / 1_000 + 86_400)}"#)
            for token in [old, timeless] {
                #expect(try await server.send("GET", "/ml/leads", token: token).status == 200)
            }
            #expect(try await server.send("POST", "/ml/tokens/revoke", #"{"user":"ann"}"#, token: admin).status == 200)
            for token in [old, timeless] {
                #expect(try await server.send("GET", "/ml/leads", token: token).status == 401)
            }
            server.clock.advance(by: .seconds(1))
            #expect(try await server.send("GET", "/ml/leads", token: try server.token("ann")).status == 200)
            #expect(try await server.send("GET", "/ml/leads", token: try server.token("bob")).status == 200)
            for body in [
                "{}", #"{"user":"a","token_id":"b"}"#, #"{"user":""}"#, #"{"user":"a","until":"2020-01-01T00:00:00Z"}"#,
                #"{"user":"a","until":"2099-01-01T00:00:00Z"}"#,
            ] {
                #expect(try await server.send("POST", "/ml/tokens/revoke", body, token: admin).status == 422, "\(body)")
            }
        }
        try await LiveServer.run { server in
            let answer = try await server.post("/api/v1/ml/tokens/revoke", #"{"user":"a"}"#)
            #expect(answer.status == 404)
        }
    }
}
