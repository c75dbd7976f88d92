import JSONBytes
import Leads
import Realtime
import Testing

@testable import LeadwireServer

/// Two teams on one server, and every way that one of them could try to reach the other.
@Suite(.timeLimit(.minutes(5)))
struct WallAccessTests {
    private static let lead =
        #"{"lead_id":"shared-id","name":"Only Theirs","message":"pre-approved for $450k, call me asap"}"#

    @Test func `no read finds what another tenant stored, and no write touches it`() async throws {
        try await TokenServer.run { server in
            let (theirs, ours) = (try server.token(tenant: "theirs"), try server.token(tenant: "ours"))
            let scored = try await server.send("POST", "/ml/score", Self.lead, token: theirs)
            #expect(scored.status == 200)
            for path in [
                "/ml/score/shared-id", "/ml/score/shared-id?as_of=2036-01-01T00:00:00Z", "/ml/score/shared-id/history",
                "/ml/leads/shared-id/explanation", "/ml/leads/shared-id/export",
            ] {
                #expect(try await server.send("GET", path, token: theirs).status == 200, "\(path)")
                let answer = try await server.send("GET", path, token: ours)
                #expect(answer.status == 404 && !answer.text.contains("Only Theirs"), "\(path)")
            }
            #expect(try await server.send("GET", "/ml/leads", token: ours).json()["leads"]?.count == 0)
            let status = try await server.send("GET", "/ml/model/status", token: ours).json()
            #expect(status["leads"]?.int == 0 && status["scores"]?.int == 0)
            let review = #"{"classification":"cold"}"#
            #expect(try await server.send("POST", "/ml/leads/shared-id/review", review, token: ours).status == 404)
            #expect(try await server.send("DELETE", "/ml/leads/shared-id", token: ours).status == 404)
            // Stopping their scoring, or telling their outcome, would be a way to harm them.
            _ = try await server.send("POST", "/ml/leads/shared-id/opt-out", "{}", token: ours)
            let outcome = #"{"lead_id":"shared-id","outcome":"lost"}"#
            _ = try await server.send("POST", "/ml/outcomes", outcome, token: ours)
            let again = try await server.send("POST", "/ml/score", Self.lead, token: theirs)
            #expect(again.status == 200)
            let export = try await server.send("GET", "/ml/leads/shared-id/export", token: theirs).json()
            #expect(export["outcomes"]?.count == 0 && export["opted_out_at"]?.isNull == true)
            let mine = try await server.send("GET", "/ml/score/shared-id", token: theirs)
            #expect(mine.body == scored.body)
        }
    }

    @Test func `cache, repeated requests and cursors are each tenant's own`() async throws {
        try await TokenServer.run { server in
            let (theirs, ours) = (try server.token(tenant: "theirs"), try server.token(tenant: "ours"))
            _ = try await server.send("POST", "/ml/score", Self.lead, token: theirs)
            let repeated = try await server.send("POST", "/ml/score", Self.lead, token: theirs).json()
            #expect(repeated["cache_hit"]?.bool == true)
            let first = try await server.send("POST", "/ml/score", Self.lead, token: ours).json()
            #expect(first["cache_hit"]?.bool == false)
            // One name for two requests of two tenants, with different bodies: no conflict and no foreign answer.
            let key = [("Idempotency-Key", "same-key")]
            let other = #"{"lead_id":"other"}"#
            let a = try await server.send("POST", "/ml/score", Self.lead, token: theirs, headers: key)
            let b = try await server.send("POST", "/ml/score", other, token: ours, headers: key)
            #expect(a.status == 200 && b.status == 200)
            #expect(try b.json()["lead_id"]?.string == "other")
            for number in 0..<3 {
                _ = try await server.send("POST", "/ml/score", #"{"lead_id":"t\#(number)"}"#, token: theirs)
            }
            let page = try await server.send("GET", "/ml/leads?limit=1", token: theirs).json()
            let cursor = try #require(page["next_cursor"]?.string)
            let crossed = try await server.send("GET", "/ml/leads?cursor=\(cursor)", token: ours)
            #expect(!crossed.text.contains("Only Theirs") && !crossed.text.contains(#""t1""#))
        }
    }

    @Test func `a stream carries its own tenant's events only, live and replayed`() async throws {
        try await TokenServer.run { server in
            let (theirs, ours) = (try server.token(tenant: "theirs"), try server.token(tenant: "ours"))
            let listener = try await server.subscriber(ours)
            _ = try await server.send("POST", "/ml/score", Self.lead, token: theirs)
            _ = try await server.send(
                "POST", "/ml/ws/broadcast", #"{"event_type":"custom","data":{"n":1},"to":"all"}"#, token: theirs)
            _ = try await server.send("POST", "/ml/score", #"{"lead_id":"mine"}"#, token: ours)
            let event = try await listener.receive()
            #expect(event["data"]?["lead_id"]?.string == "mine" && event["offset"]?.int == 1)
            let epoch = try #require(event["epoch"]?.string)
            let late = try await server.open(ours)
            try await late.send(#"{"type":"subscribe","events":["*"],"since":{"epoch":"\#(epoch)","offset":0}}"#)
            _ = try await late.receive(type: "subscription_updated")
            var replayed: [JSONElement] = []
            while replayed.last?["type"]?.string != "hb" { replayed.append(try await late.receive()) }
            let leads = Set(replayed.compactMap { $0["data"]?["lead_id"]?.string })
            #expect(leads == ["mine"])
            // Their place in their log opens nothing here: another epoch, or an offset that this log has not.
            let foreign = try await server.subscriber(theirs)
            try await foreign.send(#"{"type":"get_status"}"#)
            let place = try await foreign.receive()
            let position = #"{"epoch":"\#(try #require(place["epoch"]?.string))","offset":0}"#
            let thief = try await server.open(ours)
            try await thief.send(#"{"type":"subscribe","events":["*"],"since":\#(position)}"#)
            _ = try await thief.receive(type: "subscription_updated")
            try await thief.send(#"{"type":"ping"}"#)
            var seen = ""
            while true {
                let message = try await thief.receive()
                if message["type"]?.string == "pong" { break }
                seen += String(decoding: message.bytes, as: UTF8.self)
            }
            #expect(!seen.contains("Only Theirs") && !seen.contains("shared-id"))
        }
    }

    @Test func `an administrator sees, counts and ends connections of his own tenant only`() async throws {
        try await TokenServer.run { server in
            let (theirs, ours) = (try server.token("boss", tenant: "theirs"), try server.token("boss", tenant: "ours"))
            let member = try server.token("ann", role: "viewer", tenant: "theirs", #","jti":"j-ann""#)
            let client = try await server.open(member)
            try await client.send(#"{"type":"subscribe","events":["lead_scored"]}"#)
            let id = try #require(try await client.receive()["connection_id"]?.string)
            #expect(try await server.send("GET", "/ml/ws/connections", token: ours).json()["count"]?.int == 0)
            #expect(try await server.send("GET", "/ml/ws/connections?user=ann", token: ours).json()["count"]?.int == 0)
            let metrics = try await server.send("GET", "/ml/ws/metrics", token: ours).json()
            #expect(metrics["active_connections"]?.int == 0 && metrics["subscriptions"]?["lead_scored"]?.int ?? 0 == 0)
            #expect(
                try await server.send("GET", "/ml/ws/metrics", token: theirs).json()["active_connections"]?.int == 1)
            #expect(try await server.send("DELETE", "/ml/ws/connections/\(id)", token: ours).status == 404)
            for body in [#"{"user":"ann"}"#, #"{"token_id":"j-ann"}"#, #"{"role":"viewer"}"#] {
                let answer = try await server.send("POST", "/ml/ws/disconnect", body, token: ours)
                #expect(try answer.json()["closed"]?.int == 0, "\(body)")
            }
            for body in [#"{"user":"ann"}"#, #"{"token_id":"j-ann"}"#] {
                let answer = try await server.send("POST", "/ml/tokens/revoke", body, token: ours)
                #expect(try answer.json()["closed"]?.int == 0, "\(body)")
            }
            // Neither closed nor refused: the revocation was of another tenant's ann.
            try await client.send(#"{"type":"ping"}"#)
            #expect(try await client.receive(type: "pong")["type"] != nil)
            #expect(try await server.send("GET", "/ml/leads", token: member).status == 200)
            #expect(try await server.send("DELETE", "/ml/ws/connections/\(id)", token: theirs).status == 200)
            #expect(try await client.receiveClose() == 4501)
        }
    }

    @Test func `figures of the whole process are for the operator where one is named`() async throws {
        try await TokenServer.run {
            $0.access.operatorTenant = "ops"
        } _: { server in
            let (ops, ours) = (try server.token(tenant: "ops"), try server.token(tenant: "ours"))
            for path in ["/metrics", "/ml/performance/report"] {
                #expect(try await server.send("GET", path, token: ops).status == 200)
                #expect(try await server.send("GET", path, token: ours).status == 403)
            }
            #expect(try await server.send("GET", "/health", token: ours).json().members.map(\.key) == ["status"])
            #expect(try await server.send("GET", "/health", token: ops).json()["requests_per_minute"] != nil)
        }
    }

    @Test func `tenants whose names look alike are two`() async throws {
        try await TokenServer.run { server in
            for name in ["t1 ", "\u{E9}", "e\u{301}", "t1\u{200B}", "\u{FF54}1", "t\\u00001"] {
                let refused = try await server.send("GET", "/ml/leads", token: try server.token(tenant: name))
                #expect(refused.status == 401, "\(name)")
            }
            let names = ["t1", "T1", "t", "t1%20", "../t1", "t1;", "default", "*", "%"]
            for name in names {
                let token = try server.token(tenant: name)
                #expect(try await server.send("GET", "/ml/leads", token: token).json()["leads"]?.count == 0, "\(name)")
                let answer = try await server.send("POST", "/ml/score", #"{"lead_id":"x"}"#, token: token)
                #expect(try answer.json()["cache_hit"]?.bool == false, "\(name)")
            }
        }
    }
}
