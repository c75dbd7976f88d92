import JSONBytes
import Leads
import Learning
import Scoring
import Testing

@testable import LeadwireServer

/// Whose model is whose, over the wire.
@Suite(.timeLimit(.minutes(5))) struct ModelAccessTests {
    /// Priors that differ by their profile stand for models that were learned.
    private static func artifact(hot: Double) throws -> [UInt8] {
        var profile = AgencyProfile()
        profile.thresholds.hot = hot
        return try Prior.artifact(profile: profile).serialized()
    }

    private func add(
        _ artifact: [UInt8], _ server: TokenServer, token: String, query: String = ""
    ) async throws -> HTTPAnswer {
        try await server.live.send(
            "POST", "/api/v1/ml/models" + query, body: artifact,
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/octet-stream")])
    }

    private func states(_ server: TokenServer, _ token: String) async throws -> [String: String] {
        let models = try await server.send("GET", "/ml/models", token: token).json()["models"]?.elements.compactMap {
            model -> (String, String)? in
            guard let sha256 = model["model"]?["sha256"]?.string, let state = model["state"]?.string else { return nil }
            return (sha256, state)
        }
        return Dictionary(models ?? []) { first, _ in first }
    }

    private func news(_ stream: WebSocketClient) async throws -> JSONElement {
        while true {
            let message = try await stream.receive()
            if message["event_type"]?.string == "model_status" { return message }
        }
    }

    private func champion(_ server: TokenServer, _ token: String) async throws -> String? {
        try await server.send("GET", "/ml/model/status", token: token).json()["model"]?["sha256"]?.string
    }

    @Test func `a tenant's model is on trial, serves and goes back, and no other tenant sees any of it`() async throws {
        try await TokenServer.run { server in
            let (ours, theirs) = (try server.token(tenant: "ours"), try server.token(tenant: "theirs"))
            let prior = try #require(try await champion(server, ours))
            let stream = try await server.subscriber(ours, ["model_status"])
            let other = try await server.subscriber(theirs, ["model_status"])

            let added = try await add(try Self.artifact(hot: 95), server, token: ours)
            #expect(added.status == 201)
            let own = try #require(try added.json()["model"]?["sha256"]?.string)
            #expect(try await states(server, ours) == [prior: "champion", own: "challenger"])
            #expect(try await states(server, theirs) == [prior: "champion"])
            #expect(try await server.send("POST", "/ml/models/\(own)/promote", "{}", token: theirs).status == 404)

            // On trial it scores, unseen.
            let scored = try await server.send("POST", "/ml/score", #"{"lead_id":"x"}"#, token: ours).json()
            #expect(scored["model"]?["sha256"]?.string == prior)
            let status = try await server.send("GET", "/ml/model/status", token: ours).json()
            #expect(status["challenger"]?["sha256"]?.string == own && status["drift"]?["rows"]?.int == 1)
            let seen = try await server.send("GET", "/ml/model/status", token: theirs).json()
            #expect(seen["challenger"]?.isNull == true)

            let promoted = try await server.send("POST", "/ml/models/\(own)/promote", "{}", token: ours)
            #expect(try promoted.json()["state"]?.string == "promoted")
            #expect(try await champion(server, ours) == own)
            #expect(try await champion(server, theirs) == prior)
            let rolled = try await server.send("POST", "/ml/models/\(own)/rollback", "{}", token: ours)
            #expect(try rolled.json()["state"]?.string == "rolled_back")
            #expect(try await champion(server, ours) == prior)
            #expect(try await states(server, ours)[own] == "retired")

            for state in ["challenger", "promoted", "rolled_back"] {
                #expect(try await news(stream)["data"]?["state"]?.string == state)
            }
            // The next thing that the other tenant hears is its own.
            _ = try await add(try Self.artifact(hot: 90), server, token: theirs)
            #expect(try await news(other)["offset"]?.int == 1)
        }
    }

    @Test func `only the operator changes everyone's model, and a tenant's own goes before it`() async throws {
        try await TokenServer.run {
            $0.access.operatorTenant = "ops"
        } _: { server in
            let (ops, ours, theirs) = (
                try server.token(tenant: "ops"), try server.token(tenant: "ours"), try server.token(tenant: "theirs")
            )
            let artifact = try Self.artifact(hot: 95)
            #expect(try await add(artifact, server, token: ours, query: "?scope=everyone").status == 403)
            #expect(try await add(artifact, server, token: ops, query: "?scope=all").status == 422)
            #expect(try await add(artifact, server, token: ops, query: "?scope=everyone").status == 201)
            let own = try await add(try Self.artifact(hot: 90), server, token: theirs).json()["model"]?["sha256"]?
                .string
            let theirOwn = try #require(own)
            #expect(try await server.send("POST", "/ml/models/\(theirOwn)/promote", "{}", token: theirs).status == 200)

            // Of tenants that are known to the server.
            #expect(try await server.send("POST", "/ml/score", #"{"lead_id":"x"}"#, token: ours).status == 200)
            let heard = try await server.subscriber(ours, ["model_status"])
            let shared = try ModelArtifact(serialized: artifact).sha256
            let promoted = try await server.send(
                "POST", "/ml/models/\(shared)/promote?scope=everyone", "{}", token: ops)
            #expect(promoted.status == 200)
            #expect(try await champion(server, ours) == shared)
            #expect(try await champion(server, theirs) == theirOwn)
            #expect(try await news(heard)["data"]?["model"]?["sha256"]?.string == shared)
            #expect(try await server.send("POST", "/ml/models/train", "{}", token: ours).status == 404)
        }
    }

    @Test func `where no operator is named, everyone's models are read and not changed`() async throws {
        try await TokenServer.run { server in
            let token = try server.token(role: "admin")
            let prior = try #require(try await champion(server, token))
            let refused = try await add(try Self.artifact(hot: 95), server, token: token, query: "?scope=everyone")
            #expect(refused.status == 403)
            for change in ["promote", "rollback"] {
                let path = "/ml/models/\(prior)/\(change)?scope=everyone"
                #expect(try await server.send("POST", path, "{}", token: token).status == 403)
            }
            #expect(try await server.send("GET", "/ml/models?scope=everyone", token: token).status == 200)
        }
    }
}
