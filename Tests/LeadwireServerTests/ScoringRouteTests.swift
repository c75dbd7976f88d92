import JSONBytes
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ScoringRouteTests {
    static let message = "We want to buy in Austin within 3 months, budget $500,000, pre-approved"

    private static func lead(_ id: String, _ more: String = "") -> String {
        #"{"lead_id":"\#(id)","message":"\#(message)"\#(more)}"#
    }

    @Test func `the contract's first command scores, explains and stores`() async throws {
        try await LiveServer.run { server in
            let answer = try await server.post(
                "/api/v1/ml/score", #"{"lead_id": "test_123", "lead_data": {"name": "Test Lead"}}"#,
                headers: [("Authorization", "Bearer test_token")])
            #expect(answer.status == 200 && answer.header("content-type") == "application/json")
            let score = try answer.json()
            #expect(score["lead_id"]?.string == "test_123")
            #expect((0...100).contains(try #require(score["ml_score"]?.double)))
            #expect(score["model"]?["prior_weight"]?.double == 1)
            let contributions = score["shap_values"]?.members.compactMap { $0.value.double } ?? []
            let sum = contributions.reduce(try #require(score["base_value"]?.double), +)
            #expect(abs(sum - (try #require(score["margin"]?.double))) < 1e-5)
            let stored = try await server.get("/api/v1/ml/score/test_123")
            #expect(stored.body == answer.body)
            let listed = try await server.get("/api/v1/ml/leads")
            let first = try #require(try listed.json()["leads"]?.elements.first { _ in true })
            #expect(first["lead_name"]?.string == "Test Lead" && first["ml_score"]?.double == score["ml_score"]?.double)
        }
    }

    @Test func `both wire forms and the older names mean the same lead`() async throws {
        try await LiveServer.run { server in
            let flat = try await server.score(Self.lead("same", #","name":"N""#))
            for body in [
                #"{"lead_id":"same","lead_data":{"message":"\#(Self.message)","name":"N"}}"#,
                #"{"lead_id":"same","message_content":"\#(Self.message)","lead_name":"N"}"#,
                #"{"name":"N","lead_data":{"lead_name":"N","message":"\#(Self.message)"},"lead_id":"same"}"#,
            ] {
                let other = try await server.score(body)
                #expect(try other.json()["cache_hit"]?.bool == true, "\(other.text)")
                #expect(try other.json()["ml_score"]?.double == (try flat.json()["ml_score"]?.double))
            }
        }
    }

    @Test func `features that are fetched and posted back give the same bits`() async throws {
        try await LiveServer.run { server in
            let scored = try await server.post("/api/v1/ml/score?include=features", Self.lead("f"))
            let features = try #require(try scored.json()["features"])
            for part in [features, try #require(features["values"])] {
                let body =
                    #"{"lead_id":"g","force_refresh":true,"features":"# + String(decoding: part.bytes, as: UTF8.self)
                    + "}"
                let again = try await server.post("/api/v1/ml/score/features", body)
                #expect(again.status == 200)
                for name in ["margin", "ml_score", "shap_values", "base_value"] {
                    #expect(try again.json()[name]?.bytes == (try scored.json()[name]?.bytes), "\(name)")
                }
            }
            let stored = try await server.get("/api/v1/ml/score/f?include=features")
            #expect(try stored.json()["features"]?.bytes == features.bytes)
            let partly = try await server.post(
                "/api/v1/ml/score/features", #"{"lead_id":"h","features":{"is_preapproved":true}}"#)
            let warnings = try partly.json()["warnings"].map { $0.elements.compactMap(\.string) } ?? []
            #expect(warnings.contains { $0.contains("is_preapproved") && $0.contains("is_pre_approved") })
            #expect(warnings.contains { $0.contains("not given") && $0.contains("timeline_category") })
        }
    }

    @Test func `a batch answers in order and a bad lead fails alone`() async throws {
        try await LiveServer.run { server in
            let body =
                #"{"leads":[\#(Self.lead("a")),{"lead_id":"b","phone":"1"},\#(Self.lead("c")),\#(Self.lead("a")),5]}"#
            let answer = try await server.post("/api/v1/ml/batch-score", body)
            #expect(answer.status == 200)
            let batch = try answer.json()
            #expect(batch["results"]?.elements.compactMap { $0["lead_id"]?.string } == ["a", "c"])
            let errors = batch["errors"].map { Array($0.elements) } ?? []
            #expect(errors.compactMap { $0["index"]?.int } == [1, 3, 4])
            let details = try #require(errors.first?["details"])
            #expect(details.elements.compactMap { $0["field"]?.string } == ["phone"])
            #expect(batch["total"]?.int == 5 && batch["succeeded"]?.int == 2 && batch["failed"]?.int == 3)
        }
    }

    @Test func `a stream of lines is answered line for line`() async throws {
        try await LiveServer.run { server in
            var lines = (0..<250).map { Self.lead("s\($0)", #","include_explanations":false"#) }
            lines.insert("not json", at: 100)
            lines.insert(String(repeating: "y", count: 300_000), at: 200)
            lines.insert("", at: 50)
            lines.append(Self.lead("s0"))
            let answer = try await server.send(
                "POST", "/api/v1/ml/batch-score/stream", body: Array(lines.joined(separator: "\n").utf8),
                headers: [("Content-Type", "application/x-ndjson")])
            #expect(answer.status == 200 && answer.header("content-type") == "application/x-ndjson")
            let answers = try answer.body.split(separator: UInt8(ascii: "\n")).map {
                try JSONDocument(parsing: Array($0)).root
            }
            #expect(answers.count == 253)
            let scored = answers.filter { $0["ml_score"] != nil }.compactMap { $0["lead_id"]?.string }
            #expect(scored == (0..<250).map { "s\($0)" } + ["s0"])
            #expect(answers[100]["error"]?.string == "invalid_json" && answers[100]["index"]?.int == 100)
            #expect(answers[200]["error"]?.string == "too_large")
        }
    }

    @Test func `history shows what changed, and as_of replays the answer of its moment`() async throws {
        try await LiveServer.run { server in
            let first = try await server.score(#"{"lead_id":"h","message":"just looking"}"#)
            let between = try #require(try first.json()["scored_at"]?.string)
            var second = try await server.score(Self.lead("h"))
            // Both may fall into one millisecond; then the moment between them does not exist.
            while try second.json()["scored_at"]?.string == between {
                second = try await server.score(Self.lead("h", #","force_refresh":true"#))
            }
            let history = try await server.get("/api/v1/ml/score/h/history").json()
            #expect(history["trend"]?.string == "rising")
            let scores = history["scores"].map { Array($0.elements) } ?? []
            let change = try #require(scores.dropLast().last)["change"]
            #expect(change?["from"]?.double == (try first.json()["ml_score"]?.double))
            let replayed = try await server.get("/api/v1/ml/score/h?as_of=\(between)")
            #expect(replayed.body == first.body)
            #expect(try await server.get("/api/v1/ml/score/h").body == second.body)
            #expect(try await server.get("/api/v1/ml/score/h?as_of=2020-01-01T00:00:00%2B02:00").status == 404)
        }
    }

    @Test func `a repeated key repeats the answer and another body under it is a conflict`() async throws {
        try await LiveServer.run { server in
            let key = [("Idempotency-Key", "order-66")]
            let first = try await server.post("/api/v1/ml/score", Self.lead("i"), headers: key)
            let again = try await server.post("/api/v1/ml/score", Self.lead("i"), headers: key)
            #expect(again.body == first.body)
            let other = try await server.post("/api/v1/ml/score", Self.lead("j"), headers: key)
            #expect(other.status == 409)
            #expect(try other.json()["error"]?.string == "idempotency_conflict")
            let byBody = try await server.score(Self.lead("k", #","request_id":"r1""#))
            #expect(try byBody.json()["request_id"]?.string == "r1")
            #expect(try await server.score(Self.lead("k", #","request_id":"r1""#)).body == byBody.body)
            #expect(try await server.score(Self.lead("l", #","request_id":"r1""#)).status == 409)
        }
    }

    @Test func `a lead id may hold anything printable, encoded in paths`() async throws {
        try await LiveServer.run { server in
            let scored = try await server.score(#"{"lead_id":"a/b c?é&%"}"#)
            let stored = try await server.get("/api/v1/ml/score/a%2Fb%20c%3F%C3%A9%26%25")
            #expect(stored.status == 200 && stored.body == scored.body)
            #expect(try await server.get("/api/v1/ml/score/a/b").status == 404)
        }
    }
}
