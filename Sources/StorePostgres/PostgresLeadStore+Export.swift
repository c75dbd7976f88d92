public import Leads
public import Scoring

extension PostgresLeadStore {
    public func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome] {
        let limit = configuration.answerDeadline
        return try await read("read outcomes") { connection in
            let asked = Statement(Queries.exportedOutcomes).binding(tenant.name).binding(leadID)
            return try StorePostgres.outcomes(connection.run(asked, within: limit), leadID, tenant)
        }
    }

    /// All of it as it stood at one moment.
    public func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport? {
        let limit = configuration.answerDeadline
        return try await read("export a lead") { connection in
            let asked = [Queries.exportedLead, Queries.exportedOutcomes, Queries.exportedReviews]
                .map { Statement($0).binding(tenant.name).binding(leadID) }
            let all = Queries.history(
                of: leadID, tenant: tenant, upTo: Timestamp(milliseconds: .max), limit: .max)
            let answers = try connection.run(
                [.once("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")] + asked + [all, .once("COMMIT")],
                within: limit)
            guard answers.count == 6 else { throw PostgresFailure.unexpectedAnswer }
            let lead = answers[1]
            guard lead.count > 0 else { return nil }
            return LeadExport(
                lead: lead.bytes(0, 2) ?? [],
                scores: try (0..<answers[4].count).map { row in try StoredScore(answers[4], row, leadID: leadID) },
                outcomes: try StorePostgres.outcomes(answers[2], leadID, tenant),
                reviews: try reviews(answers[3], leadID, tenant),
                optedOutAt: lead.integer(0, 1).map { Timestamp(milliseconds: $0) })
        }
    }
}

private func outcomes(_ rows: PostgresRows, _ leadID: String, _ tenant: Tenant) throws -> [TenantOutcome] {
    try (0..<rows.count).map { row in
        guard let result = Outcome.Result(rawValue: try rows.needText(row, 0)) else {
            throw StoreError(.corrupt, "export: a stored outcome that this version does not know")
        }
        let outcome = Outcome(
            leadID: leadID, result: result, value: rows.real(row, 1),
            at: Timestamp(milliseconds: try rows.needInteger(row, 2)))
        return TenantOutcome(
            tenant: tenant, outcome: outcome, recordedAt: Timestamp(milliseconds: try rows.needInteger(row, 3)))
    }
}

private func reviews(_ rows: PostgresRows, _ leadID: String, _ tenant: Tenant) throws -> [Review] {
    try (0..<rows.count).map { row in
        Review(
            tenant: tenant, leadID: leadID, classification: try Classification(stored: rows.needInteger(row, 0)),
            note: rows.text(row, 1), at: Timestamp(milliseconds: try rows.needInteger(row, 2)))
    }
}
