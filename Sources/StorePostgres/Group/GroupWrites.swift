import Features
import Leads
import Scoring

/// The second round trip of a group: each table's rows in one statement, by `unnest`, and the commit.
///
/// `MeasurementTests` measures it against one prepared INSERT a row in pipeline mode.
struct GroupWrites {
    let state: GroupState
    let retention: EventRetention

    /// What is to run before COMMIT. Statements without rows are left out.
    func statements() throws -> [Statement] {
        let leads = try changedLeads()
        let logs = changedLogs()
        let all: [Statement?] = [
            leads, try newScores(), try newEvents(), try newOutcomes(), try newReviews(),
            try replacedIdempotency(), try newIdempotency(), try newIdempotencyLeads(), oldIdempotency(), logs,
        ]
        return all.compactMap(\.self)
    }

    private func changedLeads() throws -> Statement? {
        var (tenant, id, leadID) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.text))
        var (latest, shelf, score) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.real))
        var (updated, commission) = (ArrayBuilder(.integer), ArrayBuilder(.real))
        var (source, first, timeline) = (ArrayBuilder(.text), ArrayBuilder(.integer), ArrayBuilder(.text))
        var optedOut = ArrayBuilder(.integer)
        for (key, row) in state.leads where row.isChanged {
            tenant.append(try state.log(of: key.tenant).id)
            id.append(row.id)
            leadID.append(key.id)
            latest.append(row.latest)
            shelf.append(row.shelf)
            score.append(row.scoreRank)
            updated.append(row.updated)
            commission.append(row.commissionRank)
            source.append(row.source)
            first.append(row.firstScored)
            timeline.append(row.timeline)
            optedOut.append(row.optedOut)
        }
        guard !tenant.isEmpty else { return nil }
        let sql = """
            INSERT INTO leads (tenant, id, lead_id, latest, shelf, score_rank, updated, commission_rank, source,
                first_scored, timeline, opted_out)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::float8[],
                $7::bigint[], $8::float8[], $9::text[], $10::bigint[], $11::text[], $12::bigint[])
            ON CONFLICT (tenant, id) DO UPDATE SET latest = excluded.latest, shelf = excluded.shelf,
                score_rank = excluded.score_rank, updated = excluded.updated,
                commission_rank = excluded.commission_rank, source = excluded.source,
                first_scored = excluded.first_scored, timeline = excluded.timeline, opted_out = excluded.opted_out
            """
        return Statement(sql).binding(tenant).binding(id).binding(leadID).binding(latest).binding(shelf)
            .binding(score).binding(updated).binding(commission).binding(source).binding(first).binding(timeline)
            .binding(optedOut)
    }

    private func newScores() throws -> Statement? {
        guard !state.scores.isEmpty else { return nil }
        var (tenant, id, lead) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (at, score, probability) = (ArrayBuilder(.integer), ArrayBuilder(.real), ArrayBuilder(.real))
        var (confidence, classification) = (ArrayBuilder(.real), ArrayBuilder(.integer))
        var (commission, model, name) = (ArrayBuilder(.real), ArrayBuilder(.text), ArrayBuilder(.text))
        var (source, features) = (ArrayBuilder(.text), ArrayBuilder(.bytes))
        var (body, json) = (ArrayBuilder(.bytes), ArrayBuilder(.bytes))
        var (shadow, shadowScore) = (ArrayBuilder(.text), ArrayBuilder(.real))
        var shadowProbability = ArrayBuilder(.real)
        for new in state.scores {
            let value = new.record.score
            tenant.append(try state.log(of: new.record.tenant).id)
            id.append(new.id)
            lead.append(new.lead)
            at.append(value.scoredAt.milliseconds)
            score.append(value.mlScore)
            probability.append(value.conversionProbability)
            confidence.append(value.confidence)
            classification.append(value.classification.stored)
            commission.append(value.estimatedCommission)
            model.append(value.model.sha256)
            name.append(new.record.leadName)
            source.append(new.record.leadSource)
            features.append(new.record.features?.bytes)
            body.append(new.record.body)
            json.append(new.record.lead)
            shadow.append(new.record.shadow?.modelSHA256)
            shadowScore.append(new.record.shadow?.mlScore)
            shadowProbability.append(new.record.shadow?.conversionProbability)
        }
        let sql = """
            INSERT INTO scores (tenant, id, lead, scored_at, ml_score, probability, confidence, classification,
                estimated_commission, model, name, source, features, body, lead_json, shadow_model, shadow_score,
                shadow_probability)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[],
                $7::float8[], $8::bigint[], $9::float8[], $10::text[], $11::text[], $12::text[], $13::bytea[],
                $14::bytea[], $15::bytea[], $16::text[], $17::float8[], $18::float8[])
            """
        return Statement(sql).binding(tenant).binding(id).binding(lead).binding(at).binding(score)
            .binding(probability).binding(confidence).binding(classification).binding(commission).binding(model)
            .binding(name).binding(source).binding(features).binding(body).binding(json)
            .binding(shadow).binding(shadowScore).binding(shadowProbability)
    }

    private func newEvents() throws -> Statement? {
        guard !state.events.isEmpty else { return nil }
        var (tenant, offset, at) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (lead, type, id, data) = (
            ArrayBuilder(.integer), ArrayBuilder(.text), ArrayBuilder(.text), ArrayBuilder(.bytes)
        )
        for committed in state.events {
            let event = committed.event
            tenant.append(try state.log(of: event.tenant).id)
            offset.append(Int64(clamping: committed.offset))
            at.append(event.timestamp.milliseconds)
            lead.append(event.leadID.flatMap { state.leads[LeadKey(tenant: event.tenant, id: $0)]?.id })
            type.append(event.type.rawValue)
            id.append(event.id)
            data.append(event.data)
        }
        let sql = """
            INSERT INTO events (tenant, log_offset, at, lead, type, event_id, data)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                $7::bytea[])
            """
        return Statement(sql).binding(tenant).binding(offset).binding(at).binding(lead).binding(type).binding(id)
            .binding(data)
    }

    /// Cuts the oldest end of each log, at most a little more than what the group added, so that no commit pays for
    /// many; then writes the tenants' rows.
    private func changedLogs() -> Statement? {
        var (id, lastOffset, newEvents) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (overCount, oldest) = (ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (lead, score, leads) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        var (scores, won, other) = (ArrayBuilder(.integer), ArrayBuilder(.integer), ArrayBuilder(.integer))
        for log in state.logs.values where log.isChanged {
            id.append(log.id)
            lastOffset.append(Int64(clamping: log.lastOffset))
            newEvents.append(Int64(clamping: log.newEvents))
            let kept = min(log.lastOffset, max(1, retention.maximumEvents))
            overCount.append(Int64(clamping: log.lastOffset - kept))
            let newest = Timestamp(milliseconds: max(log.newestEventAt, 0))
            oldest.append(newest.advanced(by: .zero - retention.maximumAge).milliseconds)
            lead.append(log.lastLead)
            score.append(log.lastScore)
            leads.append(log.leads)
            scores.append(log.scores)
            won.append(log.wonOutcomes)
            other.append(log.otherOutcomes)
        }
        guard !id.isEmpty else { return nil }
        return Statement(Self.logsSQL).binding(id).binding(lastOffset).binding(newEvents).binding(overCount)
            .binding(oldest).binding(lead).binding(score).binding(leads).binding(scores).binding(won).binding(other)
    }

    /// `reach` is how far this group may cut; `target` how far it does. A log whose first event is young enough, or that
    /// got no event, keeps its end.
    private static let logsSQL = """
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
            AS given (id, last_offset, new_events, over_count, oldest, lead, score, leads, scores, won, other)
        ), bound AS MATERIALIZED (
            SELECT given.*, tenants.trimmed_to AS trimmed,
                CASE WHEN new_events = 0 THEN tenants.trimmed_to
                    ELSE least(tenants.trimmed_to + 2 * new_events + 64, given.last_offset - 1) END AS reach
            FROM given JOIN tenants ON tenants.id = given.id
        ), target AS MATERIALIZED (
            SELECT bound.*, greatest(trimmed, CASE WHEN reach <= trimmed THEN trimmed ELSE greatest(
                least(over_count, reach),
                CASE WHEN (SELECT at < oldest FROM events WHERE tenant = bound.id AND log_offset = trimmed + 1)
                    THEN coalesce((SELECT log_offset - 1 FROM events WHERE tenant = bound.id
                        AND log_offset BETWEEN trimmed + 1 AND reach AND at >= oldest ORDER BY log_offset LIMIT 1), reach)
                    ELSE 0 END) END) AS upto
            FROM bound
        ), gone AS (
            DELETE FROM events USING target
            WHERE events.tenant = target.id AND log_offset > trimmed AND log_offset <= upto
        )
        UPDATE tenants SET last_offset = target.last_offset, trimmed_to = upto, last_lead = target.lead,
            last_score = target.score, leads = target.leads, scores = target.scores, won = target.won,
            other = target.other
        FROM target WHERE tenants.id = target.id
        """
}
