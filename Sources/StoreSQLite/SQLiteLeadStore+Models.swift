import Foundation
import GRDB
public import Leads
public import Scoring

/// The models that this store serves from.
extension SQLiteLeadStore: ModelShelf {
    public func keep(
        _ model: KeptModel, artifact: [UInt8], in scope: ModelScope
    ) async throws(StoreError) {
        let bytes = Data(artifact)
        try await writer.write(bytes: artifact.count) { transaction in
            try transaction.database.run(
                """
                INSERT INTO models (sha256, version, added_at, artifact) VALUES (?, ?, ?, ?)
                ON CONFLICT (sha256) DO NOTHING
                """, [model.sha256, model.version, model.addedAt.milliseconds, bytes])
            try transaction.database.run(
                """
                INSERT INTO shelves (tenant, sha256, added_at, has_scores) VALUES (?, ?, ?, ?)
                ON CONFLICT (tenant, sha256) DO UPDATE SET has_scores = max(has_scores, excluded.has_scores)
                """, [scope.name, model.sha256, model.addedAt.milliseconds, model.hasScores])
        }
    }

    public func models(in scope: ModelScope, limit: Int) async throws(StoreError) -> [KeptModel] {
        let sql = """
            SELECT models.sha256, models.version, max(shelves.added_at) AS added,
                (SELECT max(at) FROM promotions WHERE sha256 = models.sha256 AND tenant IN ('', ?1)),
                max(shelves.rejected_at), max(shelves.has_scores)
            FROM shelves JOIN models ON models.sha256 = shelves.sha256 WHERE shelves.tenant IN ('', ?1)
            GROUP BY models.sha256 ORDER BY added DESC, models.sha256 LIMIT ?2
            """
        return try await read("list models") { database in
            try database.rows(sql, [scope.name, max(0, limit)]).map { row in
                let (promotedAt, rejectedAt): (Int64?, Int64?) = (row[3], row[4])
                return KeptModel(
                    sha256: row[0], version: row[1], addedAt: Timestamp(milliseconds: row[2]),
                    promotedAt: promotedAt.map { Timestamp(milliseconds: $0) },
                    rejectedAt: rejectedAt.map { Timestamp(milliseconds: $0) }, hasScores: row[5])
            }
        }
    }

    public func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]? {
        try await read("read a model") { database in
            try database.row("SELECT artifact FROM models WHERE sha256 = ?", [sha256]).map { $0.bytes(0) }
        }
    }

    public func promotions(in scope: ModelScope, limit: Int) async throws(StoreError) -> [String] {
        try await read("read promotions") { database in
            try database.rows(
                "SELECT sha256 FROM promotions WHERE tenant = ? ORDER BY number DESC LIMIT ?",
                [scope.name, max(0, limit)]
            ).map { $0[0] }
        }
    }

    public func scopes(limit: Int) async throws(StoreError) -> [ShelfScope] {
        let sql = """
            SELECT tenant,
                (SELECT sha256 FROM promotions WHERE promotions.tenant = named.tenant ORDER BY number DESC LIMIT 1)
            FROM (SELECT tenant FROM shelves UNION SELECT tenant FROM promotions) AS named ORDER BY tenant LIMIT ?
            """
        return try await read("read champions") { database in
            try database.rows(sql, [max(0, limit)]).map {
                ShelfScope(scope: ModelScope(name: $0[0]), champion: $0[1])
            }
        }
    }

    public func promote(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError) {
        try await writer.write { transaction in
            try transaction.database.run(
                """
                INSERT INTO promotions (tenant, sha256, at)
                SELECT DISTINCT ?1, sha256, ?2 FROM shelves WHERE sha256 = ?3 AND tenant IN ('', ?1)
                """, [scope.name, at.milliseconds, sha256])
            guard transaction.database.changesCount > 0 else {
                throw StoreError(.notFound, "promote a model: it is not kept here")
            }
        }
    }

    public func reject(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError) {
        try await writer.write { transaction in
            try transaction.database.run(
                "UPDATE shelves SET rejected_at = ? WHERE tenant = ? AND sha256 = ?",
                [at.milliseconds, scope.name, sha256])
        }
    }

    public func prune(in scope: ModelScope, keeping: Int) async throws(StoreError) {
        try await writer.write { transaction in
            try transaction.database.run(
                """
                DELETE FROM shelves WHERE tenant = ?1 AND sha256 IN (
                    SELECT sha256 FROM shelves AS old WHERE tenant = ?1 AND has_scores = 0
                        AND NOT EXISTS (SELECT 1 FROM promotions WHERE promotions.sha256 = old.sha256)
                    ORDER BY added_at DESC, sha256 LIMIT -1 OFFSET ?2)
                """, [scope.name, max(0, keeping)])
            try transaction.database.run(
                "DELETE FROM models WHERE sha256 NOT IN (SELECT sha256 FROM shelves)", [])
        }
    }
}

extension SQLiteLeadStore: TrainingLedger {
    public func tenants(limit: Int) async throws(StoreError) -> [Tenant: (won: Int, other: Int)] {
        try await read("list tenants") { database in
            let rows = try database.rows("SELECT name, won, other FROM tenants ORDER BY id LIMIT ?", [max(0, limit)])
            return Dictionary(
                uniqueKeysWithValues: rows.map { (Tenant($0[0] as String), (won: $0[1] as Int, other: $0[2] as Int)) })
        }
    }

    public func trainingMark(of tenant: Tenant) async throws(StoreError) -> TrainingMark? {
        try await read("read a training") { try $0.trainingMark(of: tenant) }
    }

    public func mark(
        _ tenant: Tenant, _ mark: TrainingMark, replacing old: TrainingMark?
    ) async throws(StoreError) -> Bool {
        try await writer.write { transaction in
            guard try transaction.database.trainingMark(of: tenant) == old else { return false }
            try transaction.database.run(
                """
                INSERT INTO trainings (tenant, outcomes, started_at, busy_until) VALUES (?, ?, ?, ?)
                ON CONFLICT (tenant) DO UPDATE SET outcomes = excluded.outcomes, started_at = excluded.started_at,
                    busy_until = excluded.busy_until
                """,
                [tenant.name, mark.outcomes, mark.startedAt.milliseconds, mark.busyUntil.milliseconds])
            return true
        }
    }
}

extension Database {
    fileprivate func trainingMark(of tenant: Tenant) throws -> TrainingMark? {
        try row("SELECT outcomes, started_at, busy_until FROM trainings WHERE tenant = ?", [tenant.name]).map { row in
            TrainingMark(
                outcomes: row[0], startedAt: Timestamp(milliseconds: row[1]),
                busyUntil: Timestamp(milliseconds: row[2]))
        }
    }
}
