import Features
import Foundation
import GRDB
public import Leads
public import Scoring

extension SQLiteLeadStore {
    public func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState {
        try await read("read a lead's state") { database in
            try database.state(of: leadID, tenant: tenant, columns: StoredScore.columns)
                ?? LeadState(latest: nil, optedOut: false)
        }
    }

    public func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState] {
        try await read("read leads' states") { database in
            var states: [String: LeadState] = [:]
            for id in leadIDs where states[id] == nil {
                states[id] = try database.state(of: id, tenant: tenant, columns: StoredScore.columnsWithoutBody)
            }
            return states
        }
    }

    public func score(
        of leadID: String, tenant: Tenant, asOf: Timestamp
    ) async throws(StoreError) -> StoredScore? {
        try await read("read a score") { database in
            try database.history(of: leadID, tenant: tenant, upTo: asOf, limit: 1).first
        }
    }

    public func history(
        of leadID: String, tenant: Tenant, limit: Int
    ) async throws(StoreError) -> [StoredScore] {
        try await read("read a lead's history") { database in
            try database.history(of: leadID, tenant: tenant, upTo: Timestamp(milliseconds: .max), limit: limit)
        }
    }

    public func idempotencyRecord(
        _ key: String, tenant: Tenant, since: Timestamp
    ) async throws(StoreError) -> IdempotencyRecord? {
        let sql = """
            SELECT digest, answer, at FROM idempotency
            WHERE tenant = (SELECT id FROM tenants WHERE name = ?) AND key = ? AND at >= ?
            """
        return try await read("read an idempotency record") { database in
            try database.row(sql, [tenant.name, key, since.milliseconds]).map { row in
                IdempotencyRecord(
                    tenant: tenant, key: key, requestDigest: row.bytes(0), answer: row.bytes(1),
                    at: Timestamp(milliseconds: row[2]))
            }
        }
    }

    public func events(
        after offset: UInt64, tenant: Tenant, limit: Int
    ) async throws(StoreError) -> [LoggedEvent] {
        try await read("read events") { database in
            try database.events(after: offset, tenant: tenant, limit: limit)
        }
    }

    public func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics {
        try await read("read statistics") { database in
            let log = try TenantLog(tenant.name, in: database)
            return StoreStatistics(
                leads: Int(log?.leads ?? 0), scores: Int(log?.scores ?? 0), wonOutcomes: Int(log?.wonOutcomes ?? 0),
                otherOutcomes: Int(log?.otherOutcomes ?? 0))
        }
    }

    /// Half a day rounds up; with an even number of them the mean of the middle two counts. A win counts with the
    /// timeline that the lead's newest score had when the win was recorded.
    public func medianDaysToClose(
        timeline: String, tenant: Tenant, minimum: Int
    ) async throws(StoreError) -> Int? {
        try await read("read days to close") { database in
            guard let log = try TenantLog(tenant.name, in: database) else { return nil }
            let wanted = "FROM outcomes WHERE tenant = ? AND timeline = ? AND close_milliseconds IS NOT NULL"
            let count = Int(try database.integer("SELECT count(*) \(wanted)", [log.id, timeline]) ?? 0)
            guard count > 0, count >= minimum else { return nil }
            let middle = try database.rows(
                "SELECT close_milliseconds \(wanted) ORDER BY close_milliseconds LIMIT ? OFFSET ?",
                [log.id, timeline, 2 - count % 2, (count - 1) / 2])
            let sum = middle.reduce(0.0) { $0 + Double($1[0] as Int64) }
            return Int((sum / Double(middle.count) / 86_400_000).rounded())
        }
    }

    public func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport? {
        try await read("export a lead") { try $0.export(leadID, tenant: tenant) }
    }

    public func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome] {
        let sql = "SELECT id FROM leads WHERE tenant = (SELECT id FROM tenants WHERE name = ?) AND lead_id = ?"
        return try await read("read outcomes") { database in
            guard let lead = try database.integer(sql, [tenant.name, leadID]) else { return [] }
            return try database.outcomes(ofRow: lead, leadID: leadID, tenant: tenant)
        }
    }

    public func ping() async throws(StoreError) {
        let one = try await read("ping") { try $0.integer("SELECT 1", []) }
        guard one == 1 else { throw StoreError(.other, "ping: SQLite answered something else") }
    }
}

extension Database {
    fileprivate func state(of leadID: String, tenant: Tenant, columns: String) throws -> LeadState? {
        let sql = """
            SELECT \(columns), leads.opted_out IS NOT NULL
            FROM leads LEFT JOIN scores ON scores.id = leads.latest
            WHERE leads.tenant = (SELECT id FROM tenants WHERE name = ?) AND leads.lead_id = ?
            """
        guard let row = try row(sql, [tenant.name, leadID]) else { return nil }
        let hasScore = !row.hasNull(atIndex: 0)
        return LeadState(
            latest: hasScore ? try StoredScore(row, leadID: leadID) : nil,
            optedOut: row[StoredScore.columnCount])
    }

    /// Newest first; at one millisecond the later commit first.
    fileprivate func history(
        of leadID: String, tenant: Tenant, upTo: Timestamp, limit: Int
    ) throws -> [StoredScore] {
        let sql = """
            SELECT \(StoredScore.columns) FROM leads CROSS JOIN scores ON scores.lead = leads.id
            WHERE leads.tenant = (SELECT id FROM tenants WHERE name = ?) AND leads.lead_id = ?
                AND scores.scored_at <= ?
            ORDER BY scores.scored_at DESC, scores.id DESC LIMIT ?
            """
        return try rows(sql, [tenant.name, leadID, upTo.milliseconds, max(0, limit)])
            .map { try StoredScore($0, leadID: leadID) }
    }

    func position(of tenant: Tenant) throws -> StreamPosition? {
        try TenantLog(tenant.name, in: self).map { StreamPosition(epoch: $0.epoch, offset: $0.lastOffset) }
    }

    fileprivate func events(after offset: UInt64, tenant: Tenant, limit: Int) throws -> [LoggedEvent] {
        guard let log = try TenantLog(tenant.name, in: self), offset < log.lastOffset else { return [] }
        let sql = """
            SELECT place, type, event_id, at, data, (SELECT lead_id FROM leads WHERE id = events.lead)
            FROM events WHERE place > ? AND place <= ? ORDER BY place LIMIT ?
            """
        let first = Schema.place(tenant: log.id, offset: offset)
        let last = Schema.place(tenant: log.id, offset: log.lastOffset)
        return try rows(sql, [first, last, max(0, limit)]).map { row in
            let offset = Schema.offset(ofPlace: row[0])
            guard let name = row[1] as String? else { return .erased(offset: offset) }
            guard let type = EventType(rawValue: name) else {
                throw StoreError(.corrupt, "read events: a stored type that this version does not know")
            }
            let event = NewEvent(
                tenant: tenant, type: type, id: row[2], timestamp: Timestamp(milliseconds: row[3]),
                data: row.bytes(4), leadID: row[5])
            return .event(CommittedEvent(event: event, offset: offset, epoch: log.epoch))
        }
    }

    fileprivate func export(_ leadID: String, tenant: Tenant) throws -> LeadExport? {
        let leadSQL = """
            SELECT id, opted_out, (SELECT lead_json FROM scores WHERE scores.id = leads.latest) FROM leads
            WHERE tenant = (SELECT id FROM tenants WHERE name = ?) AND lead_id = ?
            """
        guard let lead = try row(leadSQL, [tenant.name, leadID]) else { return nil }
        let id: Int64 = lead[0]
        let reviews = try rows("SELECT classification, note, at FROM reviews WHERE lead = ? ORDER BY id", [id]).map {
            Review(
                tenant: tenant, leadID: leadID, classification: try Classification(stored: $0[0]), note: $0[1],
                at: Timestamp(milliseconds: $0[2]))
        }
        return LeadExport(
            lead: lead.hasNull(atIndex: 2) ? [] : lead.bytes(2),
            scores: try history(of: leadID, tenant: tenant, upTo: Timestamp(milliseconds: .max), limit: .max),
            outcomes: try outcomes(ofRow: id, leadID: leadID, tenant: tenant), reviews: reviews,
            optedOutAt: (lead[1] as Int64?).map { Timestamp(milliseconds: $0) })
    }

    fileprivate func outcomes(ofRow lead: Int64, leadID: String, tenant: Tenant) throws -> [TenantOutcome] {
        let sql = "SELECT result, value, at, recorded_at FROM outcomes WHERE lead = ? ORDER BY at, result"
        return try rows(sql, [lead]).map { row in
            guard let result = Outcome.Result(rawValue: row[0]) else {
                throw StoreError(.corrupt, "read outcomes: a stored outcome that this version does not know")
            }
            let outcome = Outcome(
                leadID: leadID, result: result, value: row[1], at: Timestamp(milliseconds: row[2]))
            return TenantOutcome(tenant: tenant, outcome: outcome, recordedAt: Timestamp(milliseconds: row[3]))
        }
    }
}
