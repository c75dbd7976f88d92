import GRDB
import Leads
import Scoring

/// The person's rights: no more scoring, and to be forgotten.
extension WriteTransaction {
    func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) throws {
        let key = LeadKey(tenant: tenant, id: leadID)
        var lead = try leadOrNew(key)
        try database.run(
            "UPDATE leads SET opted_out = coalesce(opted_out, ?) WHERE id = ?", [at.milliseconds, lead.id])
        lead.isOptedOut = true
        remember(lead, for: key)
    }

    func erase(_ leadID: String, tenant: Tenant, at: Timestamp) throws -> ErasureReceipt? {
        let key = LeadKey(tenant: tenant, id: leadID)
        memory.erasures.note(leadID, tenant: tenant, at: at)
        if memory.mustCutLog { hasErased = true }
        guard let lead = try lead(key) else { return nil }
        hasErased = true
        let scores = try remove("DELETE FROM scores WHERE lead = ?", lead)
        let won = try remove("DELETE FROM outcomes WHERE lead = ? AND result = 'won'", lead)
        let other = try remove("DELETE FROM outcomes WHERE lead = ?", lead)
        let events = try remove(
            "UPDATE events SET lead = NULL, type = NULL, event_id = NULL, data = NULL WHERE lead = ?", lead)
        let entries = try database.rows("SELECT entry FROM idempotency_leads WHERE lead = ?", [lead.id])
        for row in entries { try removeIdempotency(row[0]) }
        _ = try remove("DELETE FROM reviews WHERE lead = ?", lead)
        _ = try remove("DELETE FROM leads WHERE id = ?", lead)
        remember(nil, for: key)
        try change(tenant) {
            $0.scores -= Int64(scores)
            $0.leads -= lead.latest == nil ? 0 : 1
            $0.wonOutcomes -= Int64(won)
            $0.otherOutcomes -= Int64(other)
        }
        return ErasureReceipt(
            leadID: leadID, at: at, scores: scores, events: events, outcomes: won + other,
            idempotencyEntries: entries.count, modelsTrainedOnIt: [])
    }

    private func remove(_ sql: String, _ lead: LeadRow) throws -> Int {
        try database.run(sql, [lead.id])
        return database.changesCount
    }
}
