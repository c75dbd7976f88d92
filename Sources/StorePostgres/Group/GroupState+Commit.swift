import Features
import Leads
import Scoring

/// What a commit does to the rows.
extension GroupState {
    /// Takes a caller's commit whole, or throws ``StoreError`` before the first change.
    ///
    /// A commit whose events all stand in the log already is a repeat (its first acknowledgement was lost): nothing is
    /// written, and the events are answered as they stand.
    mutating func apply(_ commit: Commit) throws -> [CommittedEvent] {
        if let repeated = try placesOfRepeat(commit.events) { return repeated }
        try refuseUnwanted(commit)
        for record in commit.scores { try insert(record) }
        for outcome in commit.outcomes { try insert(outcome) }
        for review in commit.reviews { try insert(review) }
        for entry in commit.idempotency { try insert(entry, leads: commit.leads(of: entry)) }
        return try commit.events.map { event in try append(event) }
    }

    private func place(of event: NewEvent) throws -> CommittedEvent? {
        guard let offset = offsets[NamedKey(tenant: event.tenant, name: event.id)] else { return nil }
        return CommittedEvent(event: event, offset: offset, epoch: try log(of: event.tenant).epoch)
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
            guard let erased = erasedAt[key], moment.milliseconds <= erased else { return }
            throw StoreError(.optedOut, "commit: a lead was erased while this was on its way")
        }
        for record in commit.scores {
            let key = LeadKey(tenant: record.tenant, id: record.score.leadID)
            try refuse(key, at: record.score.scoredAt)
            if leads[key]?.optedOut != nil { throw StoreError(.optedOut, "commit: a lead asked not to be scored") }
        }
        for event in commit.events {
            if let id = event.leadID { try refuse(LeadKey(tenant: event.tenant, id: id), at: event.timestamp) }
        }
        for entry in commit.outcomes {
            try refuse(LeadKey(tenant: entry.tenant, id: entry.outcome.leadID), at: entry.recordedAt)
        }
        for review in commit.reviews {
            try refuse(LeadKey(tenant: review.tenant, id: review.leadID), at: review.at)
        }
        for entry in commit.idempotency {
            guard let subject = entry.subject else { continue }
            try refuse(LeadKey(tenant: entry.tenant, id: subject.leadID), at: subject.scoredAt)
        }
    }

    private mutating func insert(_ record: ScoreRecord) throws {
        let key = LeadKey(tenant: record.tenant, id: record.score.leadID)
        let score = record.score
        let at = score.scoredAt.milliseconds
        let before = try leadOrNew(key)
        try change(record.tenant) {
            $0.lastScore += 1
            $0.scores += 1
            if before.latest == nil { $0.leads += 1 }
        }
        let id = try log(of: record.tenant).lastScore
        add(NewScore(id: id, lead: before.id, record: record))
        try changeLead(key) { lead in
            lead.firstScored = min(lead.firstScored ?? at, at)
            // Two scores of a lead may commit out of their order in time; the later moment ranks, on a tie the later
            // commit.
            guard lead.updated.map({ at >= $0 }) ?? true else { return }
            lead.latest = id
            lead.updated = at
            lead.shelf = score.classification.shelf(inReview: record.needsReview)
            lead.scoreRank = score.mlScore ?? -1
            lead.commissionRank = score.estimatedCommission.map { $0 * score.conversionProbability } ?? -1
            lead.source = record.leadSource
            lead.timeline = record.features?.category(.timelineCategory) ?? lead.timeline
        }
    }

    /// The same outcome reported again (lead, moment, result) changes its value only.
    private mutating func insert(_ entry: TenantOutcome) throws {
        let key = LeadKey(tenant: entry.tenant, id: entry.outcome.leadID)
        let at = entry.outcome.at.milliseconds
        let result = entry.outcome.result
        try leaveReview(key)
        let lead = try leadOrNew(key)
        let outcomeKey = OutcomeKey(lead: key, at: at, result: result.rawValue)
        var outcome = NewOutcome(lead: lead.id, entry: entry)
        if let earlier = outcomes[outcomeKey] {
            outcome.timeline = earlier.timeline
            outcome.closeMilliseconds = earlier.closeMilliseconds
        } else if !knownOutcomes.contains(outcomeKey) {
            outcome.timeline = lead.timeline
            if result == .won, lead.timeline != nil, let first = lead.firstScored, at >= first {
                outcome.closeMilliseconds = at - first
            }
            try change(entry.tenant) {
                if result == .won { $0.wonOutcomes += 1 } else { $0.otherOutcomes += 1 }
            }
        }
        add(outcome, at: outcomeKey)
    }

    private mutating func insert(_ review: Review) throws {
        let key = LeadKey(tenant: review.tenant, id: review.leadID)
        add(NewReview(lead: try leadOrNew(key).id, review: review))
        try leaveReview(key)
    }

    private mutating func leaveReview(_ key: LeadKey) throws {
        guard let shelf = leads[key]?.shelf, shelf % 2 == 1 else { return }
        try changeLead(key) { $0.shelf = shelf - 1 }
    }

    /// The first answer under a key stays; one older than its 24 hours gives way.
    private mutating func insert(_ entry: IdempotencyRecord, leads: Set<String>) throws {
        let key = NamedKey(tenant: entry.tenant, name: entry.key)
        var replaces = false
        if let known = idempotencyAt[key] {
            guard known <= entry.at.advanced(by: .zero - Self.idempotencyAge).milliseconds else { return }
            replaces = true
        }
        var rows = Set<Int64>()
        for lead in leads { rows.insert(try leadOrNew(LeadKey(tenant: entry.tenant, id: lead)).id) }
        add(NewIdempotency(entry: entry, leads: rows, replaces: replaces), at: key)
    }

    private mutating func append(_ event: NewEvent) throws -> CommittedEvent {
        // A retry of this one event among new ones.
        if let known = try place(of: event) { return known }
        if let id = event.leadID { _ = try leadOrNew(LeadKey(tenant: event.tenant, id: id)) }
        try change(event.tenant) {
            $0.lastOffset += 1
            $0.newEvents += 1
            $0.newestEventAt = max($0.newestEventAt, event.timestamp.milliseconds)
        }
        let log = try log(of: event.tenant)
        let committed = CommittedEvent(event: event, offset: log.lastOffset, epoch: log.epoch)
        add(committed)
        return committed
    }
}
