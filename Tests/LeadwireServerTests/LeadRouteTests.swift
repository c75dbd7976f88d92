import JSONBytes
import Leads
import Scoring
import StoreSQLite
import Testing

@Suite(.timeLimit(.minutes(5)))
struct LeadRouteTests {
    @Test func `erasing a lead leaves nothing of it anywhere`() async throws {
        try await LiveServer.run { server in
            let body = #"{"lead_id":"gone","name":"Erased Person","message":"asap, cash buyer","request_id":"e1"}"#
            #expect(try await server.score(body).status == 200)
            #expect(try await server.post("/api/v1/ml/outcomes", #"{"lead_id":"gone","outcome":"lost"}"#).status == 200)
            let receipt = try await server.send("DELETE", "/api/v1/ml/leads/gone")
            #expect(receipt.status == 200)
            #expect(try receipt.json()["erased"]?["scores"]?.int == 1)
            #expect(try receipt.json()["erased"]?["outcomes"]?.int == 1)
            for path in ["/score/gone", "/score/gone/history", "/leads/gone/export", "/leads/gone/explanation"] {
                let answer = try await server.get("/api/v1/ml" + path)
                #expect(answer.status == 404, "\(path)")
            }
            #expect(try await server.get("/api/v1/ml/leads").json()["leads"]?.count == 0)
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"get_status"}"#)
            let epoch = try #require(try await client.receive()["epoch"]?.string)
            try await client.send(#"{"type":"subscribe","events":["*"],"since":{"epoch":"\#(epoch)","offset":0}}"#)
            #expect(try await client.receive()["type"]?.string == "subscription_updated")
            // The heartbeat ends the replay: the erased offsets were passed over, and nothing came before it.
            #expect(try await client.receive()["type"]?.string == "hb")
            let again = try await server.score(body)
            #expect(try again.json()["cache_hit"]?.bool == false)
            #expect(try await server.send("DELETE", "/api/v1/ml/leads/nobody").status == 404)
        }
    }

    @Test func `an explanation says what an agent could do for the next class`() async throws {
        try await LiveServer.run { server in
            let body = #"{"lead_id":"cf","message":"We are looking for a home, budget $400k to $500k."}"#
            #expect(try await server.score(body).status == 200)
            let answer = try await server.get("/api/v1/ml/leads/cf/explanation").json()
            #expect(answer["counterfactuals_status"]?.string == "found")
            let changes = answer["counterfactuals"].map { Array($0.elements) } ?? []
            let score = try #require(answer["ml_score"]?.double)
            #expect(!changes.isEmpty)
            for change in changes {
                #expect(change["ml_score"]?.double ?? 0 > score)
                #expect(change["sentence"]?.string?.hasPrefix("If ") == true)
                let count = change["changes"]?.count ?? 0
                #expect((1...2).contains(count))
            }
            _ = try await server.send("POST", "/api/v1/ml/leads/cf/opt-out")
            let stopped = try await server.get("/api/v1/ml/leads/cf/explanation").json()
            #expect(stopped["counterfactuals_status"]?.string == "not_available")
            #expect(stopped["counterfactuals"]?.count == 0)
        }
    }

    @Test func `after opting out nothing scores the lead`() async throws {
        try await LiveServer.run { server in
            #expect(try await server.score(#"{"lead_id":"out"}"#).status == 200)
            #expect(try await server.send("POST", "/api/v1/ml/leads/out/opt-out").status == 200)
            let refused = try await server.score(#"{"lead_id":"out"}"#)
            #expect(refused.status == 409)
            #expect(try refused.json()["error"]?.string == "scoring_opted_out")
            let batch = try await server.post("/api/v1/ml/batch-score", #"{"leads":[{"lead_id":"out"}]}"#).json()
            #expect(batch["errors"]?.elements.first { _ in true }?["error"]?.string == "scoring_opted_out")
            let export = try await server.get("/api/v1/ml/leads/out/export").json()
            #expect(export["opted_out_at"]?.string?.hasSuffix("Z") == true)
            #expect(export["lead"]?["lead_id"]?.string == "out")
        }
    }

    @Test func `an erasure takes the kept answers of cache hits too`() async throws {
        try await LiveServer.run { server in
            func body(_ request: String) -> String {
                #"{"lead_id":"gone","message":"asap, cash buyer","request_id":"\#(request)"}"#
            }
            _ = try await server.score(body("e1"))
            let hit = try await server.score(body("e2"))
            #expect(try hit.json()["cache_hit"]?.bool == true)
            let receipt = try await server.send("DELETE", "/api/v1/ml/leads/gone").json()
            #expect(receipt["erased"]?["idempotency_entries"]?.int == 2)
            #expect(try await server.score(body("e2")).body != hit.body)
        }
    }

    @Test func `the list pages through every lead once, in order`() async throws {
        try await LiveServer.run { server in
            let messages = ["asap, cash buyer, $450,000", "just looking", "maybe next year", "pre-approved for $500k"]
            for index in 0..<12 {
                let message = messages[index % messages.count]
                #expect(try await server.score(#"{"lead_id":"p\#(index)","message":"\#(message)"}"#).status == 200)
            }
            var seen: [String] = []
            var scores: [Double] = []
            var path = "/api/v1/ml/leads?limit=5"
            while true {
                let page = try await server.get(path).json()
                let leads = page["leads"].map { Array($0.elements) } ?? []
                seen += leads.compactMap { $0["lead_id"]?.string }
                scores += leads.compactMap { $0["ml_score"]?.double }
                guard let cursor = page["next_cursor"]?.string else { break }
                path = "/api/v1/ml/leads?limit=5&cursor=\(cursor)"
            }
            #expect(Set(seen).count == 12 && seen.count == 12)
            #expect(scores == scores.sorted(by: >))
            let cold = try await server.get("/api/v1/ml/leads?classification=cold&limit=200").json()
            let classes = cold["leads"].map { $0.elements.compactMap { $0["classification"]?.string } } ?? []
            #expect(!classes.isEmpty && classes.allSatisfy { $0 == "cold" })
        }
    }

    @Test func `a review and an outcome are stored and leave the review list`() async throws {
        try await LiveServer.run { server in
            #expect(try await server.score(#"{"lead_id":"r","message":"cash buyer, asap"}"#).status == 200)
            let reviewed = try await server.post(
                "/api/v1/ml/leads/r/review", #"{"classification":"hot","note":"called"}"#)
            #expect(reviewed.status == 200)
            #expect(try reviewed.json()["needs_review"]?.bool == false)
            let waiting = try await server.get("/api/v1/ml/leads?needs_review=true").json()
            #expect(waiting["leads"]?.count == 0)
            #expect(
                try await server.post("/api/v1/ml/outcomes", #"{"lead_id":"r","outcome":"won","value":27000}"#).status
                    == 200)
            let status = try await server.get("/api/v1/ml/model/status").json()
            #expect(status["outcomes"]?["won"]?.int == 1 && status["outcomes"]?["missing_won"]?.int == 49)
            #expect(status["message"]?.string?.hasPrefix("prior, not learned") == true)
            let export = try await server.get("/api/v1/ml/leads/r/export").json()
            #expect(export["reviews"]?.count == 1 && export["outcomes"]?.count == 1)
        }
    }

    /// A CRM repeats what was not acknowledged in time: it must not count twice, nor be told twice to who listens.
    @Test func `an outcome told twice is one outcome and one event, for a lead never scored too`() async throws {
        let path = "/api/v1/ml/outcomes"
        let dated = #"{"lead_id":"o","outcome":"won","value":1000,"at":"2026-01-05T10:00:00Z"}"#
        let alias = #"{"lead_id":"o","outcome":"won","value":1000,"outcome_at":"2026-01-05T10:00:00Z"}"#
        let silent = #"{"lead_id":"p","outcome":"lost"}"#
        try await LiveServer.run { server in
            let first = try await server.post(path, dated)
            #expect(first.status == 200)
            let second = try await server.post(path, dated)
            #expect(second.body == first.body)
            let renamed = try await server.post(path, alias)
            #expect(renamed.body == first.body)
            let undated = try await server.post(path, silent)
            let again = try await server.post(path, silent)
            #expect(undated.status == 200 && again.body == undated.body)
            // A corrected value is news each time, back to the first value too.
            for value in ["2000", "1000"] {
                let answer = try await server.post(path, dated.replacing("1000", with: value))
                #expect(answer.text.contains("\"value\":\(value)"))
            }
            let export = try await server.get("/api/v1/ml/leads/o/export").json()
            let outcomes = try #require(export["outcomes"])
            #expect(outcomes.count == 1)
            for outcome in outcomes.elements { #expect(outcome["value"]?.int == 1_000) }
            let status = try await server.get("/api/v1/ml/model/status").json()
            #expect(status["outcomes"]?["won"]?.int == 1 && status["outcomes"]?["not_won"]?.int == 1)
            let log = try await server.store.events(after: 0, tenant: .local, limit: 100)
            var told = 0
            for case .event(let committed) in log where committed.event.type == .outcomeRecorded { told += 1 }
            #expect(told == 4)
        }
    }
}
