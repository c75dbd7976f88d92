import Foundation
import GRDB
public import Leads
public import Scoring

/// The models that this store serves from.
extension SQLiteLeadStore: ModelShelf {
    public func keep(_ model: KeptModel, artifact: [UInt8]) async throws(StoreError) {
        let bytes = Data(artifact)
        try await writer.write(bytes: artifact.count) { transaction in
            try transaction.database.run(
                """
                INSERT INTO models (sha256, version, added_at, artifact) VALUES (?, ?, ?, ?)
                ON CONFLICT (sha256) DO NOTHING
                """, [model.sha256, model.version, model.addedAt.milliseconds, bytes])
        }
    }

    public func models(limit: Int) async throws(StoreError) -> [KeptModel] {
        let sql = """
            SELECT sha256, version, added_at, (SELECT max(at) FROM promotions WHERE promotions.sha256 = models.sha256)
            FROM models ORDER BY added_at DESC, sha256 LIMIT ?
            """
        return try await read("list models") { database in
            try database.rows(sql, [max(0, limit)]).map { row in
                let promotedAt: Int64? = row[3]
                return KeptModel(
                    sha256: row[0], version: row[1], addedAt: Timestamp(milliseconds: row[2]),
                    promotedAt: promotedAt.map { Timestamp(milliseconds: $0) })
            }
        }
    }

    public func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]? {
        try await read("read a model") { database in
            try database.row("SELECT artifact FROM models WHERE sha256 = ?", [sha256]).map { $0.bytes(0) }
        }
    }

    public func promotions(limit: Int) async throws(StoreError) -> [String] {
        try await read("read promotions") { database in
            try database.rows("SELECT sha256 FROM promotions ORDER BY number DESC LIMIT ?", [max(0, limit)])
                .map { $0[0] }
        }
    }

    public func promote(_ sha256: String, at: Timestamp) async throws(StoreError) {
        try await writer.write { transaction in
            try transaction.database.run(
                "INSERT INTO promotions (sha256, at) SELECT sha256, ? FROM models WHERE sha256 = ?",
                [at.milliseconds, sha256])
            guard transaction.database.changesCount > 0 else {
                throw StoreError(.notFound, "promote a model: it is not kept here")
            }
        }
    }
}
