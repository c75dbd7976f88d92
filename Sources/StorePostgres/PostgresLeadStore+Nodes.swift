public import Leads
public import Scoring

/// What the nodes that share this database tell each other.
extension PostgresLeadStore: SharedStore {
    public func positions(of tenants: [Tenant]) async throws(StoreError) -> [Tenant: StreamPosition] {
        let limit = configuration.answerDeadline
        let names = tenants.map(\.name)
        return try await read("read logs' positions") { connection in
            let rows = try connection.run(Statement(NoticeQueries.positions).binding(names), within: limit)
            var positions: [Tenant: StreamPosition] = [:]
            for row in 0..<rows.count {
                positions[Tenant(try rows.needText(row, 0))] = StreamPosition(
                    epoch: try rows.needText(row, 1), offset: UInt64(clamping: try rows.needInteger(row, 2)))
            }
            return positions
        }
    }

    public func post(_ notice: Notice) async throws(StoreError) {
        _ = try await write([NoticeQueries.lock, NoticeQueries.posting(notice), NoticeQueries.forgetting])
    }

    public func notices(after number: Int64, limit: Int) async throws(StoreError) -> [PostedNotice] {
        let deadline = configuration.answerDeadline
        return try await read("read notices") { connection in
            let rows = try connection.run(
                Statement(NoticeQueries.notices).binding(number).binding(Int64(max(0, limit))), within: deadline)
            return try (0..<rows.count).compactMap { row in
                guard let kind = Notice.Kind(rawValue: try rows.needText(row, 1)) else { return nil }
                let notice = Notice(
                    kind: kind, tenant: Tenant(try rows.needText(row, 2)), body: try rows.needBytes(row, 3),
                    node: try rows.needText(row, 4), until: Timestamp(milliseconds: try rows.needInteger(row, 5)))
                return PostedNotice(number: try rows.needInteger(row, 0), notice: notice)
            }
        }
    }

    public func newestNotice() async throws(StoreError) -> Int64 {
        let limit = configuration.answerDeadline
        return try await read("read notices") { connection in
            try connection.run(Statement(NoticeQueries.newest), within: limit).needInteger(0, 0)
        }
    }

    /// A transaction of its own on the writing connection.
    ///
    /// - Returns: the rows that the first statement touched; nil where the connection broke after it was committed.
    @discardableResult
    func write(_ statements: [Statement]) async throws(StoreError) -> Int? {
        let bytes = statements.reduce(256) { $0 + $1.arguments.reduce(0) { $0 + ($1?.count ?? 0) } }
        guard case .touched(let count) = try await writer.write(.statements(statements), bytes: bytes) else {
            throw StoreError(.other, "write: answered something else")
        }
        return count
    }
}

enum NoticeQueries {
    /// For as long as a node's memory may hold what was erased: an hour, as the note of the erasure itself.
    static func end(after moment: Timestamp) -> Int64 { moment.advanced(by: .seconds(3_600)).milliseconds }

    /// Any number that nobody else is likely to use: `LEADNOTE` as ASCII. Held to the transaction's end.
    static let lock = Statement("SELECT pg_advisory_xact_lock($1)").binding(Int64(0x4C45_4144_4E4F_5445))

    static func posting(_ notice: Notice) -> Statement {
        Statement("INSERT INTO notices (kind, tenant, body, node, until) VALUES ($1, $2, $3, $4, $5)")
            .binding(notice.kind.rawValue).binding(notice.tenant.name).binding(bytes: notice.body).binding(notice.node)
            .binding(notice.until.milliseconds)
    }

    /// By the database's clock, and a day late, so that no node's clock can take a notice from the others.
    static let forgetting = Statement(
        """
        DELETE FROM notices WHERE number IN (
            SELECT number FROM notices WHERE until < (extract(epoch FROM now()) * 1000)::bigint - 86400000
            ORDER BY until LIMIT 256
        )
        """)

    static let positions = "SELECT name, epoch, last_offset FROM tenants WHERE name = ANY($1)"

    static let notices = """
        SELECT number, kind, tenant, body, node, until FROM notices WHERE number > $1 ORDER BY number LIMIT $2
        """

    /// Of the sequence, so that it stands when the newest is gone.
    static let newest = """
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM notices_number_seq
        """
}
