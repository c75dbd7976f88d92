import HTTPTypes
import Testing

@testable import LeadwireServer

/// Every route against every role, by the table of the contract, sections 2 and 3.
@Suite(.timeLimit(.minutes(5)))
struct RoleAccessTests {
    private enum Who: Int, CaseIterable {
        case anyone, viewer, agent, admin
    }

    private static let lead = #"{"lead_id":"r1"}"#

    /// Method, documented path, the least role, and a body where the method has one.
    private static let table: [(String, String, Who, String?)] = {
        let ml = "/api/v1/ml"
        let model = "/v2/models/{model_name}"
        var rows: [(String, String, Who, String?)] = [
            ("POST", ml + "/score", .agent, lead),
            ("POST", ml + "/score/features", .agent, #"{"lead_id":"r1","features":{}}"#),
            ("POST", ml + "/batch-score", .agent, #"{"leads":[\#(lead)]}"#),
            ("POST", ml + "/batch-score/stream", .agent, lead),
            ("GET", ml + "/score/{lead_id}", .viewer, nil), ("GET", ml + "/score/{lead_id}/history", .viewer, nil),
            ("GET", ml + "/leads", .viewer, nil),
            ("POST", ml + "/leads/{lead_id}/review", .agent, #"{"classification":"hot"}"#),
            ("POST", ml + "/outcomes", .agent, #"{"lead_id":"r1","outcome":"won"}"#),
            ("GET", ml + "/leads/{lead_id}/explanation", .agent, nil),
            ("GET", ml + "/leads/{lead_id}/export", .agent, nil),
            ("POST", ml + "/leads/{lead_id}/opt-out", .agent, "{}"),
            ("DELETE", ml + "/leads/{lead_id}", .admin, nil), ("GET", ml + "/model/status", .viewer, nil),
            ("GET", ml + "/models", .viewer, nil), ("POST", ml + "/models", .admin, ""),
            ("POST", ml + "/models/train", .admin, "{}"),
            ("POST", ml + "/models/{version}/promote", .admin, "{}"),
            ("POST", ml + "/models/{version}/rollback", .admin, "{}"),
            ("GET", ml + "/performance/report", .viewer, nil),
            ("GET", ml + "/ws/live-scores", .viewer, nil), ("GET", ml + "/ws/metrics", .admin, nil),
            ("GET", ml + "/ws/connections", .admin, nil),
            ("DELETE", ml + "/ws/connections/{connection_id}", .admin, nil),
            ("POST", ml + "/ws/broadcast", .admin, #"{"event_type":"custom","data":{}}"#),
            ("POST", ml + "/ws/disconnect", .admin, #"{"user":"nobody"}"#),
            ("GET", ml + "/events", .viewer, nil), ("GET", ml + "/events/history", .viewer, nil),
            ("POST", ml + "/events/ticket", .viewer, "{}"),
            ("POST", ml + "/tokens/revoke", .admin, #"{"token_id":"nobody"}"#), ("GET", "/metrics", .admin, nil),
            ("GET", "/", .anyone, nil), ("GET", "/docs", .anyone, nil), ("GET", "/openapi.json", .anyone, nil),
            ("GET", "/v2", .anyone, nil), ("GET", "/v2/health/live", .anyone, nil),
            ("GET", "/v2/health/ready", .anyone, nil),
        ]
        for prefix in ["", ml] {
            for path in ["/health", "/health/live", "/health/ready"] {
                rows.append(("GET", prefix + path, .anyone, nil))
            }
        }
        for path in [model, model + "/versions/{model_version}"] {
            rows.append(("GET", path, .viewer, nil))
            rows.append(("GET", path + "/ready", .viewer, nil))
            rows.append(("POST", path + "/infer", .agent, "{}"))
        }
        return rows
    }()

    @Test func `each role may what the contract says, and nothing more`() async throws {
        try await TokenServer.run { server in
            let known = Set(Self.table.map { "\($0.0) \($0.1)" })
            let routes = Set(server.live.routes.map { "\($0.method.rawValue) \($0.pattern)" })
            #expect(routes == known)
            for (method, pattern, least, body) in Self.table {
                let path = pattern.replacing(/\{[a-z_]+\}/, with: "r1")
                for who in Who.allCases {
                    let token = who == .anyone ? nil : try server.token(role: "\(who)")
                    // The event stream has no end; its head is answered by the same rules.
                    let asked = pattern.hasSuffix("/events") ? "HEAD" : method
                    let answer = try await server.send(asked, path, body, token: token)
                    let expected: Int? = who.rawValue >= least.rawValue ? nil : who == .anyone ? 401 : 403
                    if let expected {
                        #expect(answer.status == expected, "\(method) \(pattern) as \(who)")
                    } else {
                        #expect(![401, 403, 500].contains(answer.status), "\(method) \(pattern) as \(who)")
                    }
                }
            }
        }
    }
}
