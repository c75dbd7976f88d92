import Leads
import Scoring

/// Removes everything of one lead, within a transaction that holds its tenant's row.
struct Erasure {
    let key: LeadKey
    let at: Timestamp
    let log: LogRow
    /// Nil for a lead never heard of: only the note that it was erased is written.
    let lead: LeadRow?

    /// A score that was computed before the erasure may come in later, from any node. Notes of an hour ago go.
    var notes: [Statement] {
        [
            Statement(
                """
                WITH old AS MATERIALIZED (
                    SELECT tenant, digest FROM erasures WHERE noted_at < now() - interval '1 hour'
                    ORDER BY noted_at LIMIT 64 FOR UPDATE SKIP LOCKED
                )
                DELETE FROM erasures USING old WHERE erasures.tenant = old.tenant AND erasures.digest = old.digest
                """),
            Statement(
                """
                INSERT INTO erasures (tenant, digest, at) VALUES ($1, sha256(convert_to($2 || $3, 'UTF8')), $4)
                ON CONFLICT (tenant, digest)
                DO UPDATE SET at = greatest(erasures.at, excluded.at), noted_at = excluded.noted_at
                """
            ).binding(log.id).binding(log.epoch).binding(key.id).binding(at.milliseconds),
        ]
    }

    /// Tells the other nodes which events are gone; not whose they were. Before they are removed.
    var announcement: Statement {
        Statement(
            """
            INSERT INTO notices (kind, tenant, body, node, until)
            SELECT 'erased', $1, convert_to(coalesce(string_agg(log_offset::text, ',' ORDER BY log_offset), ''), 'UTF8'),
                '', $2
            FROM events WHERE tenant = $3 AND lead = $4
            """
        ).binding(key.tenant.name).binding(NoticeQueries.end(after: at)).binding(log.id).binding(lead?.id)
    }

    /// In the order that ``receipt(from:)`` reads what they touched.
    var removals: [Statement] {
        guard let lead else { return [] }
        let texts = [
            "DELETE FROM scores WHERE tenant = $1 AND lead = $2",
            "DELETE FROM outcomes WHERE tenant = $1 AND lead = $2 AND result = 'won'",
            "DELETE FROM outcomes WHERE tenant = $1 AND lead = $2",
            """
            UPDATE events SET lead = NULL, type = NULL, event_id = NULL, data = NULL WHERE tenant = $1 AND lead = $2
            """,
            """
            DELETE FROM idempotency USING idempotency_leads AS mine
            WHERE mine.tenant = $1 AND mine.lead = $2 AND idempotency.tenant = mine.tenant
                AND idempotency.key = mine.key
            """,
            """
            DELETE FROM idempotency_leads USING idempotency_leads AS mine
            WHERE mine.tenant = $1 AND mine.lead = $2 AND idempotency_leads.tenant = mine.tenant
                AND idempotency_leads.key = mine.key
            """,
            "DELETE FROM reviews WHERE tenant = $1 AND lead = $2",
            "DELETE FROM leads WHERE tenant = $1 AND id = $2",
        ]
        return texts.map { Statement($0).binding(log.id).binding(lead.id) }
    }

    /// The log's counts without the lead.
    func counting(_ receipt: ErasureReceipt, won: Int) -> Statement {
        Statement(
            """
            UPDATE tenants SET leads = leads - $2, scores = scores - $3, won = won - $4, other = other - $5
            WHERE id = $1
            """
        ).binding(log.id).binding(Int64(lead?.latest == nil ? 0 : 1)).binding(Int64(receipt.scores)).binding(Int64(won))
            .binding(Int64(receipt.outcomes - won))
    }

    func receipt(from answers: [PostgresRows]) throws -> (receipt: ErasureReceipt, won: Int) {
        guard answers.count == 8 else { throw PostgresFailure.unexpectedAnswer }
        let receipt = ErasureReceipt(
            leadID: key.id, at: at, scores: answers[0].touched, events: answers[3].touched,
            outcomes: answers[1].touched + answers[2].touched, idempotencyEntries: answers[4].touched,
            modelsTrainedOnIt: [])
        return (receipt, answers[1].touched)
    }
}
