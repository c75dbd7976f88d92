import Foundation
import GRDB
import Leads
import Scoring

/// What the writer remembers between groups. A value, so that a group that is rolled back leaves no trace in it.
struct WriterMemory {
    var tenants: [Tenant: TenantLog] = [:]
    var erasures = RecentErasures()
    /// Erased bytes may still stand in the WAL.
    var mustCutLog = false
}

/// One group of commits on its way into the file. Lives on the writer's thread, within one SQLite transaction.
///
/// A method that throws ``StoreError`` has written nothing; a ``DatabaseError`` means that the whole transaction is to be
/// rolled back.
final class WriteTransaction {
    let database: Database
    let configuration: StoreConfiguration
    var memory: WriterMemory
    /// New in this group, in log order.
    var events: [CommittedEvent] = []
    /// The WAL has to be cut before the eraser is told.
    var hasErased = false
    var newestIdempotency = Timestamp(milliseconds: .min)
    var newIdempotency = 0
    private var leads: [LeadKey: LeadRow] = [:]

    /// More tenants than this are looked up in the file again.
    private static let maximumRememberedTenants = 4_096

    init(_ database: Database, memory: WriterMemory, configuration: StoreConfiguration) {
        self.database = database
        self.memory = memory
        self.configuration = configuration
    }

    /// The ranking row as the transaction sees it.
    struct LeadRow {
        var id: Int64
        var latest: Int64?
        var shelf: Int64?
        var updated: Int64?
        var firstScored: Int64?
        var timeline: String?
        var isOptedOut: Bool
    }

    /// The tenant's row, from memory, from the file, or new.
    func log(of tenant: Tenant) throws -> TenantLog {
        if let log = memory.tenants[tenant] { return log }
        let log: TenantLog
        if let stored = try TenantLog(tenant.name, in: database) {
            log = stored
        } else {
            try TenantLog.insert(tenant.name, in: database)
            guard let inserted = try TenantLog(tenant.name, in: database) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
            log = inserted
        }
        memory.tenants[tenant] = log
        return log
    }

    func change(_ tenant: Tenant, _ body: (inout TenantLog) -> Void) throws {
        var log = try log(of: tenant)
        body(&log)
        log.isChanged = true
        memory.tenants[tenant] = log
    }

    /// The lead's row; nil for a lead never heard of.
    func lead(_ key: LeadKey) throws -> LeadRow? {
        if let row = leads[key] { return row }
        let sql = """
            SELECT id, latest, shelf, updated, first_scored, timeline, opted_out IS NOT NULL
            FROM leads WHERE tenant = ? AND lead_id = ?
            """
        guard let row = try database.row(sql, [log(of: key.tenant).id, key.id]) else { return nil }
        let lead = LeadRow(
            id: row[0], latest: row[1], shelf: row[2], updated: row[3], firstScored: row[4], timeline: row[5],
            isOptedOut: row[6])
        leads[key] = lead
        return lead
    }

    func leadOrNew(_ key: LeadKey) throws -> LeadRow {
        if let row = try lead(key) { return row }
        try database.run(
            "INSERT INTO leads (tenant, lead_id) VALUES (?, ?)", [log(of: key.tenant).id, key.id])
        let row = LeadRow(id: database.lastInsertedRowID, isOptedOut: false)
        leads[key] = row
        return row
    }

    func remember(_ row: LeadRow?, for key: LeadKey) { leads[key] = row }

    /// Last step before the commit: trims what is over its limits, and writes the tenants' rows.
    func finish() throws {
        for (tenant, var log) in memory.tenants where log.isChanged {
            if log.newEvents > 0 { try trim(&log) }
            log.newEvents = 0
            log.newestEventAt = .min
            log.isChanged = false
            try log.update(in: database)
            memory.tenants[tenant] = log
        }
        try trimIdempotency()
        if memory.tenants.count > WriteTransaction.maximumRememberedTenants { memory.tenants.removeAll() }
    }

    /// Cuts the oldest end of a log, at most a little more than what the group added, so that no commit pays for many.
    private func trim(_ log: inout TenantLog) throws {
        let window = min(log.trimmedTo + 2 * log.newEvents + 64, log.lastOffset - 1)
        guard window > log.trimmedTo else { return }
        let first = Schema.place(tenant: log.id, offset: log.trimmedTo + 1)
        let last = Schema.place(tenant: log.id, offset: window)
        let overCount = log.lastOffset - min(log.lastOffset, max(1, configuration.eventRetention.maximumEvents))
        var target = min(overCount, window)
        let oldest = Timestamp(milliseconds: log.newestEventAt)
            .advanced(by: .zero - configuration.eventRetention.maximumAge).milliseconds
        let isFirstOld = try database.integer("SELECT at < ? FROM events WHERE place = ?", [oldest, first]) == 1
        if isFirstOld {
            let survivor = try database.integer(
                "SELECT place FROM events WHERE place BETWEEN ? AND ? AND at >= ? ORDER BY place LIMIT 1",
                [first, last, oldest])
            target = max(target, survivor.map { Schema.offset(ofPlace: $0) - 1 } ?? window)
        }
        guard target > log.trimmedTo else { return }
        try database.run(
            "DELETE FROM events WHERE place BETWEEN ? AND ?",
            [first, Schema.place(tenant: log.id, offset: target)])
        log.trimmedTo = target
    }

    /// An `Idempotency-Key` counts for 24 hours; with every group that brings new ones more old ones go than came.
    private func trimIdempotency() throws {
        guard newestIdempotency.milliseconds > .min else { return }
        let oldest = newestIdempotency.advanced(by: .zero - WriteTransaction.idempotencyAge).milliseconds
        let old = try database.rows(
            "SELECT id FROM idempotency WHERE at < ? ORDER BY at LIMIT ?",
            [oldest, 2 * newIdempotency + 64])
        for row in old { try removeIdempotency(row[0]) }
    }

    static let idempotencyAge: Duration = .seconds(86_400)

    func removeIdempotency(_ entry: Int64) throws {
        try database.run("DELETE FROM idempotency_leads WHERE entry = ?", [entry])
        try database.run("DELETE FROM idempotency WHERE id = ?", [entry])
    }
}
