import JSONBytes
import StoreSQLite
import Testing

@Suite(.timeLimit(.minutes(5)))
struct HealthRouteTests {
    /// Asked until it says so: a machine that stands still for a quarter of a second is degraded, and truly.
    private func health(
        _ server: LiveServer, _ path: String = "/health", until holds: (JSONElement) -> Bool
    ) async throws -> JSONElement {
        while true {
            let health = try await server.get(path).json()
            if holds(health) || Task.isCancelled { return health }
        }
    }

    @Test func `health asks every part and says so under both paths`() async throws {
        try await LiveServer.run { server in
            for path in ["/health", "/api/v1/ml/health"] {
                let health = try await health(server, path) { $0["status"]?.string == "healthy" }
                for part in ["ml_model_status", "cache_status", "database_status", "event_log_status"] {
                    #expect(health[part]?["status"]?.string == "available", "\(part)")
                    #expect(try #require(health[part]?["latency_ms"]?.double) >= 0)
                }
            }
            while try await server.get("/health/ready").status != 200, !Task.isCancelled {}
        }
    }

    @Test func `without its store the server lives, is not ready, and refuses to score`() async throws {
        try await LiveServer.run { server in
            await server.store.close()
            let health = try await health(server) {
                $0["database_status"]?["error"]?.string?.hasPrefix("store_") == true
                    && $0["ml_model_status"]?["status"]?.string == "available"
            }
            #expect(health["status"]?.string == "unhealthy")
            #expect(health["database_status"]?["status"]?.string == "unavailable")
            #expect(try await server.get("/health/live").status == 200)
            #expect(try await server.get("/health/ready").status == 503)
            let refused = try await server.score(#"{"lead_id":"x"}"#)
            #expect(refused.status == 503 && refused.header("retry-after") != nil)
            #expect(try refused.json()["retryable"]?.bool == true)
        }
    }

    @Test func `the figures count what happened`() async throws {
        try await LiveServer.run { server in
            for _ in 0..<2 { _ = try await server.score(#"{"lead_id":"m"}"#) }
            _ = try await server.score("{}")
            let report = try await server.get("/api/v1/ml/performance/report").json()
            #expect(report["latency_ms"]?["request"]?["since_start"]?["count"]?.int == 2)
            #expect(report["cache"]?["hit_rate"]?.double == 0.5)
            let metrics = try await server.get("/metrics")
            #expect(metrics.header("content-type")?.hasPrefix("text/plain") == true)
            let scored = #"leadwire_http_requests_total{route="/api/v1/ml/score",method="POST",status="200"} 2"#
            #expect(metrics.text.contains(scored))
            #expect(metrics.text.contains("leadwire_scores_total 1"))
        }
    }

    @Test func `the pages and the description come without a network`() async throws {
        try await LiveServer.run { server in
            for path in ["/", "/docs"] {
                let page = try await server.get(path)
                #expect(page.status == 200 && page.header("content-type") == "text/html; charset=utf-8")
                #expect(page.header("content-security-policy")?.contains("frame-ancestors") == true)
            }
            let head = try await server.send("HEAD", "/docs")
            #expect(head.status == 200 && head.body.isEmpty && head.header("content-length") != "0")
            #expect(try await server.get("/openapi.json").json()["openapi"]?.string?.hasPrefix("3.1") == true)
            let options = try await server.send("OPTIONS", "/api/v1/ml/score")
            #expect(options.status == 204 && options.header("allow") == "POST, OPTIONS")
            #expect(options.header("access-control-allow-origin") == nil)
        }
    }

    @Test func `other inference clients get the forest's own numbers`() async throws {
        try await LiveServer.run { server in
            let nulls = Array(repeating: "null", count: 28).joined(separator: ",")
            let body =
                #"{"id":"7","parameters":{"explain":true},"inputs":[{"name":"x","shape":[1,28],"datatype":"FP32","data":[[\#(nulls)]]}]}"#
            let answer = try await server.post("/v2/models/leadwire/infer", body)
            #expect(answer.status == 200)
            let outputs = try answer.json()["outputs"].map { Array($0.elements) } ?? []
            #expect(outputs.compactMap { $0["name"]?.string } == ["margin", "probability", "shap"])
            let margin = try #require(outputs.first?["data"]?.elements.first { _ in true }?.double)
            let contributions = try #require(outputs.last?["data"]).elements.compactMap { $0.double }
            #expect(contributions.count == 29)
            #expect(abs(contributions.reduce(0, +) - margin) < 1e-5)
            #expect(try answer.json()["id"]?.string == "7")
            let flat = body.replacing("[[", with: "[").replacing("]]", with: "]")
            #expect(try await server.post("/v2/models/leadwire/infer", flat).body == answer.body)
        }
    }
}
