public import Leads
public import Scoring

/// The models that every node serves from.
extension PostgresLeadStore: ModelShelf {
    public func keep(
        _ model: KeptModel, artifact: [UInt8], in scope: ModelScope
    ) async throws(StoreError) {
        let keeping = Statement(
            """
            INSERT INTO models (sha256, version, added_at, artifact) VALUES ($1, $2, $3, $4)
            ON CONFLICT (sha256) DO NOTHING
            """)
        let shelving = Statement(
            """
            INSERT INTO shelves (tenant, sha256, added_at, has_scores) VALUES ($1, $2, $3, $4)
            ON CONFLICT (tenant, sha256) DO UPDATE SET has_scores = greatest(shelves.has_scores, excluded.has_scores)
            """)
        try await write([
            keeping.binding(model.sha256).binding(model.version).binding(model.addedAt.milliseconds)
                .binding(bytes: artifact),
            shelving.binding(scope.name).binding(model.sha256).binding(model.addedAt.milliseconds)
                .binding(Int64(model.hasScores ? 1 : 0)),
        ])
    }

    public func models(in scope: ModelScope, limit: Int) async throws(StoreError) -> [KeptModel] {
        let deadline = configuration.answerDeadline
        let listing = Statement(ModelQueries.models).binding(scope.name).binding(Int64(max(0, limit)))
        return try await read("list models") { connection in
            let rows = try connection.run(listing, within: deadline)
            return try (0..<rows.count).map { row in
                KeptModel(
                    sha256: try rows.needText(row, 0), version: try rows.needText(row, 1),
                    addedAt: Timestamp(milliseconds: try rows.needInteger(row, 2)),
                    promotedAt: rows.integer(row, 3).map { Timestamp(milliseconds: $0) },
                    rejectedAt: rows.integer(row, 4).map { Timestamp(milliseconds: $0) },
                    hasScores: try rows.needInteger(row, 5) == 1)
            }
        }
    }

    public func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]? {
        let limit = configuration.answerDeadline
        return try await read("read a model") { connection in
            let asked = Statement("SELECT artifact FROM models WHERE sha256 = $1").binding(sha256)
            let rows = try connection.run(asked, within: limit)
            return rows.count > 0 ? try rows.needBytes(0, 0) : nil
        }
    }

    public func promotions(in scope: ModelScope, limit: Int) async throws(StoreError) -> [String] {
        let deadline = configuration.answerDeadline
        return try await read("read promotions") { connection in
            let asked = Statement("SELECT sha256 FROM promotions WHERE tenant = $1 ORDER BY number DESC LIMIT $2")
                .binding(scope.name).binding(Int64(max(0, limit)))
            let rows = try connection.run(asked, within: deadline)
            return try (0..<rows.count).map { row in try rows.needText(row, 0) }
        }
    }

    public func scopes(limit: Int) async throws(StoreError) -> [ShelfScope] {
        let deadline = configuration.answerDeadline
        return try await read("read champions") { connection in
            let asked = Statement(ModelQueries.scopes).binding(Int64(max(0, limit)))
            let rows = try connection.run(asked, within: deadline)
            return try (0..<rows.count).map { row in
                ShelfScope(scope: ModelScope(name: try rows.needText(row, 0)), champion: rows.text(row, 1))
            }
        }
    }

    public func promote(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError) {
        let promoting = Statement(ModelQueries.promoting).binding(scope.name).binding(at.milliseconds).binding(sha256)
        guard try await write([promoting]) != 0 else {
            throw StoreError(.notFound, "promote a model: it is not kept here")
        }
    }

    public func reject(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError) {
        try await write([
            Statement("UPDATE shelves SET rejected_at = $1 WHERE tenant = $2 AND sha256 = $3")
                .binding(at.milliseconds).binding(scope.name).binding(sha256)
        ])
    }

    public func prune(in scope: ModelScope, keeping: Int) async throws(StoreError) {
        try await write([
            Statement(ModelQueries.pruning).binding(scope.name).binding(Int64(max(0, keeping))),
            Statement("DELETE FROM models WHERE sha256 NOT IN (SELECT sha256 FROM shelves)"),
        ])
    }
}

extension PostgresLeadStore: TrainingLedger {
    public func tenants(limit: Int) async throws(StoreError) -> [Tenant: (won: Int, other: Int)] {
        let deadline = configuration.answerDeadline
        return try await read("list tenants") { connection in
            let asked = Statement("SELECT name, won, other FROM tenants ORDER BY id LIMIT $1")
            let rows = try connection.run(asked.binding(Int64(max(0, limit))), within: deadline)
            return try Dictionary(
                uniqueKeysWithValues: (0..<rows.count).map { row in
                    (
                        Tenant(try rows.needText(row, 0)),
                        (won: Int(try rows.needInteger(row, 1)), other: Int(try rows.needInteger(row, 2)))
                    )
                })
        }
    }

    public func trainingMark(of tenant: Tenant) async throws(StoreError) -> TrainingMark? {
        let deadline = configuration.answerDeadline
        return try await read("read a training") { connection in
            let asked = Statement("SELECT outcomes, started_at, busy_until FROM trainings WHERE tenant = $1")
            let rows = try connection.run(asked.binding(tenant.name), within: deadline)
            guard rows.count > 0 else { return nil }
            return TrainingMark(
                outcomes: Int(try rows.needInteger(0, 0)),
                startedAt: Timestamp(milliseconds: try rows.needInteger(0, 1)),
                busyUntil: Timestamp(milliseconds: try rows.needInteger(0, 2)))
        }
    }

    public func mark(
        _ tenant: Tenant, _ mark: TrainingMark, replacing old: TrainingMark?
    ) async throws(StoreError) -> Bool {
        let new = Statement(old == nil ? ModelQueries.firstMark : ModelQueries.nextMark)
            .binding(tenant.name).binding(Int64(mark.outcomes)).binding(mark.startedAt.milliseconds)
            .binding(mark.busyUntil.milliseconds)
        guard let old else { return try await write([new]) == 1 }
        return try await write([
            new.binding(Int64(old.outcomes)).binding(old.startedAt.milliseconds).binding(old.busyUntil.milliseconds)
        ]) == 1
    }
}

enum ModelQueries {
    /// $1 the scope's name, $2 how many.
    static let models = """
        SELECT models.sha256, models.version, max(shelves.added_at) AS added,
            (SELECT max(at) FROM promotions WHERE sha256 = models.sha256 AND tenant IN ('', $1)),
            max(shelves.rejected_at), max(shelves.has_scores)
        FROM shelves JOIN models ON models.sha256 = shelves.sha256 WHERE shelves.tenant IN ('', $1)
        GROUP BY models.sha256 ORDER BY added DESC, models.sha256 LIMIT $2
        """

    static let scopes = """
        SELECT tenant,
            (SELECT sha256 FROM promotions WHERE promotions.tenant = named.tenant ORDER BY number DESC LIMIT 1)
        FROM (SELECT tenant FROM shelves UNION SELECT tenant FROM promotions) AS named ORDER BY tenant LIMIT $1
        """

    /// $1 the scope's name, $2 how many stay.
    static let pruning = """
        DELETE FROM shelves WHERE tenant = $1 AND sha256 IN (
            SELECT sha256 FROM shelves AS old WHERE tenant = $1 AND has_scores = 0
                AND NOT EXISTS (SELECT 1 FROM promotions WHERE promotions.sha256 = old.sha256)
            ORDER BY added_at DESC, sha256 OFFSET $2)
        """

    /// $1 the scope's name, $2 the moment, $3 the model.
    static let promoting = """
        INSERT INTO promotions (tenant, sha256, at)
        SELECT DISTINCT $1, sha256, $2::bigint FROM shelves WHERE sha256 = $3 AND tenant IN ('', $1)
        """

    static let firstMark = """
        INSERT INTO trainings (tenant, outcomes, started_at, busy_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """

    /// $5...$7 what the caller has read.
    static let nextMark = """
        UPDATE trainings SET outcomes = $2, started_at = $3, busy_until = $4
        WHERE tenant = $1 AND outcomes = $5 AND started_at = $6 AND busy_until = $7
        """
}
