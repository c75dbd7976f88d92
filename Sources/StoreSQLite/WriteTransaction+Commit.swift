import Features
import Foundation
import GRDB
import Leads
import Scoring

extension WriteTransaction {
    /// Writes a caller's commit whole, or throws ``StoreError`` before the first write.
    ///
    /// A commit whose events all stand in the log already is a repeat (its first acknowledgement was lost): nothing is
    /// written, and the events are answered as they stand.
    func commit(_ commit: Commit) throws -> [CommittedEvent] {
        if let repeated = try placesOfRepeat(commit.events) { return repeated }
        try refuseUnwanted(commit)
        for record in commit.scores { try insert(record) }
        for outcome in commit.outcomes { try insert(outcome) }
        for review in commit.reviews { try insert(review) }
        for entry in commit.idempotency { try insert(entry, leads: commit.leads(of: entry)) }
        return try commit.events.map(append)
    }

    private func placesOfRepeat(_ events: [NewEvent]) throws -> [CommittedEvent]? {
        var places: [CommittedEvent] = []
        for event in events {
            guard let place = try place(of: event) else { return nil }
            places.append(place)
        }
        return places.isEmpty ? nil : places
    }

    private func refuseUnwanted(_ commit: Commit) throws {
        func refuse(_ key: LeadKey, at moment: Timestamp) throws {
            guard !memory.erasures.cover(key.id, tenant: key.tenant, at: moment) else {
                throw StoreError(.optedOut, "commit: a lead was erased while this was on its way")
            }
        }
        for record in commit.scores {
            let key = LeadKey(tenant: record.tenant, id: record.score.leadID)
            try refuse(key, at: record.score.scoredAt)
            if try lead(key)?.isOptedOut == true {
                throw StoreError(.optedOut, "commit: a lead asked not to be scored")
            }
        }
        for event in commit.events {
            if let id = event.leadID { try refuse(LeadKey(tenant: event.tenant, id: id), at: event.timestamp) }
            guard try log(of: event.tenant).lastOffset + UInt64(commit.events.count) < UInt64(Schema.maximumOffset)
            else { throw StoreError(.full, "commit: the tenant's event log has used all its offsets") }
        }
        for entry in commit.outcomes {
            try refuse(LeadKey(tenant: entry.tenant, id: entry.outcome.leadID), at: entry.recordedAt)
        }
        for review in commit.reviews {
            try refuse(LeadKey(tenant: review.tenant, id: review.leadID), at: review.at)
        }
        for entry in commit.idempotency {
            guard let subject = entry.subject else { continue }
            let key = LeadKey(tenant: entry.tenant, id: subject.leadID)
            // The score of a cache hit is minutes old: below the floor only a lead that has no score was erased.
            let isStored = try lead(key)?.latest != nil
            if !isStored || memory.erasures.names(key.id, tenant: key.tenant, at: subject.scoredAt) {
                try refuse(key, at: subject.scoredAt)
            }
        }
    }

    private func insert(_ record: ScoreRecord) throws {
        let key = LeadKey(tenant: record.tenant, id: record.score.leadID)
        let score = record.score
        let at = score.scoredAt.milliseconds
        var lead = try leadOrNew(key)
        try database.run(
            """
            INSERT INTO scores (lead, scored_at, ml_score, probability, confidence, classification,
                estimated_commission, model, name, source, features, body, lead_json, shadow_model, shadow_score,
                shadow_probability)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                lead.id, at, score.mlScore, score.conversionProbability, score.confidence,
                score.classification.stored, score.estimatedCommission, score.model.sha256, record.leadName,
                record.leadSource, record.features.map { Data($0.bytes) }, Data(record.body), Data(record.lead),
                record.shadow?.modelSHA256, record.shadow?.mlScore, record.shadow?.conversionProbability,
            ])
        let scoreID = database.lastInsertedRowID
        let isFirst = lead.latest == nil
        try change(record.tenant) {
            $0.scores += 1
            if isFirst { $0.leads += 1 }
        }
        lead.firstScored = min(lead.firstScored ?? at, at)
        // Two scores of a lead may commit out of their order in time; the later moment ranks, on a tie the later commit.
        if lead.updated.map({ at >= $0 }) ?? true {
            lead.latest = scoreID
            lead.updated = at
            lead.shelf = score.classification.shelf(inReview: record.needsReview)
            lead.timeline = record.features?.category(.timelineCategory) ?? lead.timeline
            let commission = score.estimatedCommission.map { $0 * score.conversionProbability }
            try database.run(
                """
                UPDATE leads SET latest = ?, shelf = ?, score_rank = ?, updated = ?, commission_rank = ?, source = ?,
                    first_scored = ?, timeline = ? WHERE id = ?
                """,
                [
                    lead.latest, lead.shelf, score.mlScore ?? -1, at, commission ?? -1, record.leadSource,
                    lead.firstScored, lead.timeline, lead.id,
                ])
        } else {
            try database.run("UPDATE leads SET first_scored = ? WHERE id = ?", [lead.firstScored, lead.id])
        }
        remember(lead, for: key)
    }

    /// The same outcome reported again (lead, moment, result) changes its value only.
    private func insert(_ entry: TenantOutcome) throws {
        let key = LeadKey(tenant: entry.tenant, id: entry.outcome.leadID)
        let at = entry.outcome.at.milliseconds
        let result = entry.outcome.result
        let lead = try leadOrNew(key)
        try leaveReview(lead, key)
        let known = try database.integer(
            "SELECT id FROM outcomes WHERE lead = ? AND at = ? AND result = ?", [lead.id, at, result.rawValue])
        if let known {
            try database.run(
                "UPDATE outcomes SET value = ?, recorded_at = ? WHERE id = ?",
                [entry.outcome.value, entry.recordedAt.milliseconds, known])
            return
        }
        var close: Int64?
        if result == .won, lead.timeline != nil, let first = lead.firstScored, at >= first { close = at - first }
        try database.run(
            """
            INSERT INTO outcomes (tenant, lead, result, value, at, recorded_at, timeline, close_milliseconds)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                log(of: entry.tenant).id, lead.id, result.rawValue, entry.outcome.value, at,
                entry.recordedAt.milliseconds, lead.timeline, close,
            ])
        try change(entry.tenant) {
            if result == .won { $0.wonOutcomes += 1 } else { $0.otherOutcomes += 1 }
        }
    }

    private func insert(_ review: Review) throws {
        let key = LeadKey(tenant: review.tenant, id: review.leadID)
        let lead = try leadOrNew(key)
        try database.run(
            "INSERT INTO reviews (lead, classification, note, at) VALUES (?, ?, ?, ?)",
            [lead.id, review.classification.stored, review.note, review.at.milliseconds])
        try leaveReview(lead, key)
    }

    private func leaveReview(_ lead: LeadRow, _ key: LeadKey) throws {
        guard let shelf = lead.shelf, shelf % 2 == 1 else { return }
        var lead = lead
        lead.shelf = shelf - 1
        try database.run("UPDATE leads SET shelf = ? WHERE id = ?", [lead.shelf, lead.id])
        remember(lead, for: key)
    }

    /// The first answer under a key stays; one older than its 24 hours gives way.
    private func insert(_ entry: IdempotencyRecord, leads: Set<String>) throws {
        let tenant = try log(of: entry.tenant).id
        if let known = try database.row(
            "SELECT id, at FROM idempotency WHERE tenant = ? AND key = ?", [tenant, entry.key])
        {
            let oldest = entry.at.advanced(by: .zero - WriteTransaction.idempotencyAge).milliseconds
            guard (known[1] as Int64) <= oldest else { return }
            try removeIdempotency(known[0])
        }
        try database.run(
            "INSERT INTO idempotency (tenant, key, digest, at, answer) VALUES (?, ?, ?, ?, ?)",
            [tenant, entry.key, Data(entry.requestDigest), entry.at.milliseconds, Data(entry.answer)])
        let id = database.lastInsertedRowID
        for lead in leads {
            try database.run(
                "INSERT INTO idempotency_leads (lead, entry) VALUES (?, ?)",
                [leadOrNew(LeadKey(tenant: entry.tenant, id: lead)).id, id])
        }
        newestIdempotency = max(newestIdempotency, entry.at)
        newIdempotency += 1
    }

    private func append(_ event: NewEvent) throws -> CommittedEvent {
        let log = try log(of: event.tenant)
        let offset = log.lastOffset + 1
        let lead = try event.leadID.map { try leadOrNew(LeadKey(tenant: event.tenant, id: $0)).id }
        try database.run(
            """
            INSERT INTO events (place, tenant, at, lead, type, event_id, data) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            [
                Schema.place(tenant: log.id, offset: offset), log.id, event.timestamp.milliseconds, lead,
                event.type.rawValue, event.id, Data(event.data),
            ])
        if database.changesCount == 0 {
            // A retry of this one event among new ones. Anything else in its place would be a broken log.
            guard let known = try place(of: event) else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
            return known
        }
        try change(event.tenant) {
            $0.lastOffset = offset
            $0.newEvents += 1
            $0.newestEventAt = max($0.newestEventAt, event.timestamp.milliseconds)
        }
        let committed = CommittedEvent(event: event, offset: offset, epoch: log.epoch)
        events.append(committed)
        return committed
    }

    private func place(of event: NewEvent) throws -> CommittedEvent? {
        let log = try log(of: event.tenant)
        guard
            let place = try database.integer(
                "SELECT place FROM events WHERE tenant = ? AND event_id = ?", [log.id, event.id])
        else { return nil }
        return CommittedEvent(event: event, offset: Schema.offset(ofPlace: place), epoch: log.epoch)
    }
}
