import GRDB
import Leads
import Scoring

/// One tenant's row: where its log stands, and its counts. Held in memory by the writer, written once a group.
struct TenantLog {
    let id: Int64
    let epoch: String
    var lastOffset: UInt64
    /// Offsets up to here are no longer replayable.
    var trimmedTo: UInt64
    var leads: Int64
    var scores: Int64
    var wonOutcomes: Int64
    var otherOutcomes: Int64
    /// In the group at hand.
    var newEvents: UInt64 = 0
    var newestEventAt: Int64 = .min
    var isChanged = false

    init?(_ name: String, in database: Database) throws {
        let sql = """
            SELECT id, epoch, last_offset, trimmed_to, leads, scores, won, other FROM tenants WHERE name = ?
            """
        guard let row = try database.row(sql, [name]) else { return nil }
        id = row[0]
        epoch = row[1]
        lastOffset = UInt64(clamping: row[2] as Int64)
        trimmedTo = UInt64(clamping: row[3] as Int64)
        leads = row[4]
        scores = row[5]
        wonOutcomes = row[6]
        otherOutcomes = row[7]
    }

    /// A log of its own with a new random epoch.
    static func insert(_ name: String, in database: Database) throws {
        try database.run(
            """
            INSERT INTO tenants (name, epoch, last_offset, trimmed_to, leads, scores, won, other)
            VALUES (?, ?, 0, 0, 0, 0, 0, 0)
            """, [name, makeEpoch()])
    }

    /// 128 random bits: no two are ever the same.
    static func makeEpoch() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next() as UInt64, radix: 36) + String(generator.next() as UInt64, radix: 36)
    }

    func update(in database: Database) throws {
        try database.run(
            """
            UPDATE tenants SET last_offset = ?, trimmed_to = ?, leads = ?, scores = ?, won = ?, other = ? WHERE id = ?
            """,
            [Int64(lastOffset), Int64(trimmedTo), leads, scores, wonOutcomes, otherOutcomes, id])
    }
}

/// Everything goes through statements that SQLite has compiled once.
extension Database {
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    func integer(_ sql: String, _ arguments: StatementArguments) throws -> Int64? {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }
}
