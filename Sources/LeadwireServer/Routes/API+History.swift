import Leads
import Scoring

extension API {
    /// `GET /score/{lead_id}/history`: newest first, with the trend and what changed between each two.
    func history(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        var problems: [FieldProblem] = []
        let limit = exchange.query.integer("limit", in: 1...200, problems: &problems) ?? 50
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        let tenant = exchange.tenant
        let scores = try await stored { () async throws(StoreError) in
            try await store.history(of: id, tenant: tenant, limit: limit)
        }
        guard !scores.isEmpty else { throw Self.noScore() }
        return .json(ScoreJSON.history(leadID: id, scores: scores))
    }
}
