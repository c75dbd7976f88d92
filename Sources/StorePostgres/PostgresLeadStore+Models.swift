public import Leads
public import Scoring

/// The models that every node serves from.
extension PostgresLeadStore: ModelShelf {
    public func keep(_ model: KeptModel, artifact: [UInt8]) async throws(StoreError) {
        let keeping = Statement(
            """
            INSERT INTO models (sha256, version, added_at, artifact) VALUES ($1, $2, $3, $4)
            ON CONFLICT (sha256) DO NOTHING
            """)
        try await write([
            keeping.binding(model.sha256).binding(model.version).binding(model.addedAt.milliseconds)
                .binding(bytes: artifact)
        ])
    }

    public func models(limit: Int) async throws(StoreError) -> [KeptModel] {
        let deadline = configuration.queryDeadline
        let listing = Statement(
            """
            SELECT sha256, version, added_at, (SELECT max(at) FROM promotions WHERE promotions.sha256 = models.sha256)
            FROM models ORDER BY added_at DESC, sha256 LIMIT $1
            """
        ).binding(Int64(max(0, limit)))
        return try await read("list models") { connection in
            let rows = try connection.run(listing, within: deadline)
            return try (0..<rows.count).map { row in
                KeptModel(
                    sha256: try rows.needText(row, 0), version: try rows.needText(row, 1),
                    addedAt: Timestamp(milliseconds: try rows.needInteger(row, 2)),
                    promotedAt: rows.integer(row, 3).map { Timestamp(milliseconds: $0) })
            }
        }
    }

    public func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]? {
        let limit = configuration.queryDeadline
        return try await read("read a model") { connection in
            let asked = Statement("SELECT artifact FROM models WHERE sha256 = $1").binding(sha256)
            let rows = try connection.run(asked, within: limit)
            return rows.count > 0 ? try rows.needBytes(0, 0) : nil
        }
    }

    public func promotions(limit: Int) async throws(StoreError) -> [String] {
        let deadline = configuration.queryDeadline
        return try await read("read promotions") { connection in
            let asked = Statement("SELECT sha256 FROM promotions ORDER BY number DESC LIMIT $1")
                .binding(Int64(max(0, limit)))
            let rows = try connection.run(asked, within: deadline)
            return try (0..<rows.count).map { row in try rows.needText(row, 0) }
        }
    }

    public func promote(_ sha256: String, at: Timestamp) async throws(StoreError) {
        let promoting = Statement(
            "INSERT INTO promotions (sha256, at) SELECT sha256, $2 FROM models WHERE sha256 = $1")
        guard try await write([promoting.binding(sha256).binding(at.milliseconds)]) != 0 else {
            throw StoreError(.notFound, "promote a model: it is not kept here")
        }
    }
}
