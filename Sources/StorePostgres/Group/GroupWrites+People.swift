import Leads
import Scoring

/// Outcomes, reviews and kept answers.
extension GroupWrites {
    func newOutcomes() throws -> Statement? {
        guard !state.outcomes.isEmpty else { return nil }
        var (tenant, lead, at) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (result, value, recorded) = (ArrayBuilder(.text), ArrayBuilder(.real), ArrayBuilder(.integer))
        var (timeline, close) = (ArrayBuilder(.text), ArrayBuilder(.integer))
        for (key, new) in state.outcomes {
            tenant.append(try state.log(of: key.lead.tenant).id)
            lead.append(new.lead)
            at.append(key.at)
            result.append(key.result)
            value.append(new.entry.outcome.value)
            recorded.append(new.entry.recordedAt.milliseconds)
            timeline.append(new.timeline)
            close.append(new.closeMilliseconds)
        }
        let sql = """
            INSERT INTO outcomes (tenant, lead, at, result, value, recorded_at, timeline, close_milliseconds)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::float8[], $6::bigint[],
                $7::text[], $8::bigint[])
            ON CONFLICT (tenant, lead, at, result)
            DO UPDATE SET value = excluded.value, recorded_at = excluded.recorded_at
            """
        return Statement(sql).binding(tenant).binding(lead).binding(at).binding(result).binding(value)
            .binding(recorded).binding(timeline).binding(close)
    }

    func newReviews() throws -> Statement? {
        guard !state.reviews.isEmpty else { return nil }
        var (tenant, lead) = (ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (classification, note, at) = (ArrayBuilder(.integer), ArrayBuilder(.text), ArrayBuilder(.integer))
        for new in state.reviews {
            tenant.append(try state.log(of: new.review.tenant).id)
            lead.append(new.lead)
            classification.append(new.review.classification.stored)
            note.append(new.review.note)
            at.append(new.review.at.milliseconds)
        }
        let sql = """
            INSERT INTO reviews (tenant, lead, classification, note, at)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
            """
        return Statement(sql).binding(tenant).binding(lead).binding(classification).binding(note).binding(at)
    }

    func replacedIdempotency() throws -> Statement? {
        var (tenant, key) = (ArrayBuilder(.integer), ArrayBuilder(.text))
        for (name, new) in state.idempotency where new.replaces {
            tenant.append(try state.log(of: name.tenant).id)
            key.append(name.name)
        }
        guard !tenant.isEmpty else { return nil }
        let sql = """
            WITH gone AS (
                DELETE FROM idempotency USING unnest($1::bigint[], $2::text[]) AS old (tenant, key)
                WHERE idempotency.tenant = old.tenant AND idempotency.key = old.key
            )
            DELETE FROM idempotency_leads USING unnest($1::bigint[], $2::text[]) AS old (tenant, key)
            WHERE idempotency_leads.tenant = old.tenant AND idempotency_leads.key = old.key
            """
        return Statement(sql).binding(tenant).binding(key)
    }

    func newIdempotency() throws -> Statement? {
        guard !state.idempotency.isEmpty else { return nil }
        var (tenant, key, digest) = (ArrayBuilder(.integer), ArrayBuilder(.text), ArrayBuilder(.bytes))
        var (at, answer) = (ArrayBuilder(.integer), ArrayBuilder(.bytes))
        for (name, new) in state.idempotency {
            tenant.append(try state.log(of: name.tenant).id)
            key.append(name.name)
            digest.append(new.entry.requestDigest)
            at.append(new.entry.at.milliseconds)
            answer.append(new.entry.answer)
        }
        let sql = """
            INSERT INTO idempotency (tenant, key, digest, at, answer)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], $5::bytea[])
            """
        return Statement(sql).binding(tenant).binding(key).binding(digest).binding(at).binding(answer)
    }

    func newIdempotencyLeads() throws -> Statement? {
        var (tenant, lead, key) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.text))
        for (name, new) in state.idempotency {
            for row in new.leads {
                tenant.append(try state.log(of: name.tenant).id)
                lead.append(row)
                key.append(name.name)
            }
        }
        guard !tenant.isEmpty else { return nil }
        let sql = """
            INSERT INTO idempotency_leads (tenant, lead, key)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING
            """
        return Statement(sql).binding(tenant).binding(lead).binding(key)
    }

    /// An `Idempotency-Key` counts for 24 hours; with every group that brings new ones more old ones go, of any tenant, than
    /// came. What another node holds is passed over.
    func oldIdempotency() -> Statement? {
        guard state.newestIdempotency > .min else { return nil }
        let oldest = Timestamp(milliseconds: state.newestIdempotency)
            .advanced(by: .zero - GroupState.idempotencyAge).milliseconds
        let sql = """
            WITH old AS MATERIALIZED (
                SELECT tenant, key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
            ), gone AS (
                DELETE FROM idempotency USING old WHERE idempotency.tenant = old.tenant AND idempotency.key = old.key
            )
            DELETE FROM idempotency_leads USING old
            WHERE idempotency_leads.tenant = old.tenant AND idempotency_leads.key = old.key
            """
        return Statement(sql).binding(oldest).binding(Int64(2 * state.idempotency.count + 64))
    }
}
