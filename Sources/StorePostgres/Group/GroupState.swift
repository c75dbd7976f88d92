import Leads
import Scoring

/// One group of commits as it will stand: begins as what was read under the tenants' locks, takes one caller's work after
/// the other, and ends as the rows to write. No I/O, so a work that is refused has touched nothing.
struct GroupState {
    /// A row of `scores` that is to be added.
    struct NewScore {
        var id: Int64
        var lead: Int64
        var record: ScoreRecord
    }

    struct NewReview {
        var lead: Int64
        var review: Review
    }

    struct NewOutcome {
        var lead: Int64
        var entry: TenantOutcome
        var timeline: String?
        var closeMilliseconds: Int64?
    }

    struct NewIdempotency {
        var entry: IdempotencyRecord
        var leads: Set<Int64>
        /// An entry that is older than its 24 hours gives way.
        var replaces: Bool
    }

    // What was read.
    var logs: [Tenant: LogRow] = [:]
    var leads: [LeadKey: LeadRow] = [:]
    var offsets: [NamedKey: UInt64] = [:]
    var erasedAt: [LeadKey: Int64] = [:]
    var idempotencyAt: [NamedKey: Int64] = [:]
    var knownOutcomes: Set<OutcomeKey> = []

    // What is to be written.
    private(set) var scores: [NewScore] = []
    private(set) var events: [CommittedEvent] = []
    private(set) var outcomes: [OutcomeKey: NewOutcome] = [:]
    private(set) var reviews: [NewReview] = []
    private(set) var idempotency: [NamedKey: NewIdempotency] = [:]
    private(set) var newestIdempotency: Int64 = .min

    static let idempotencyAge: Duration = .seconds(86_400)

    var isChanged: Bool {
        !scores.isEmpty || !events.isEmpty || !outcomes.isEmpty || !reviews.isEmpty || !idempotency.isEmpty
            || logs.values.contains(where: \.isChanged) || leads.values.contains(where: \.isChanged)
    }

    /// - Throws: ``StoreError`` having changed nothing.
    mutating func apply(_ work: WriteWork) throws -> WriteAnswer {
        switch work {
        case .commit(let commit):
            return .events(try apply(commit))
        case .optOut(let key, let at):
            try changeLead(key) { $0.optedOut = $0.optedOut ?? at.milliseconds }
            return .done
        case .position(let tenant):
            let log = try log(of: tenant)
            return .position(StreamPosition(epoch: log.epoch, offset: log.lastOffset))
        case .erase, .probe, .statements:
            throw PostgresFailure.unexpectedAnswer
        }
    }

    func log(of tenant: Tenant) throws -> LogRow {
        guard let log = logs[tenant] else { throw PostgresFailure.unexpectedAnswer }
        return log
    }

    mutating func change(_ tenant: Tenant, _ body: (inout LogRow) -> Void) throws {
        var log = try log(of: tenant)
        body(&log)
        log.isChanged = true
        logs[tenant] = log
    }

    mutating func leadOrNew(_ key: LeadKey) throws -> LeadRow {
        if let row = leads[key] { return row }
        try change(key.tenant) { $0.lastLead += 1 }
        var row = LeadRow(id: try log(of: key.tenant).lastLead)
        row.isChanged = true
        leads[key] = row
        return row
    }

    mutating func changeLead(_ key: LeadKey, _ body: (inout LeadRow) -> Void) throws {
        var row = try leadOrNew(key)
        body(&row)
        row.isChanged = true
        leads[key] = row
    }

    // MARK: Adding, for the rules beside

    mutating func add(_ score: NewScore) { scores.append(score) }
    mutating func add(_ review: NewReview) { reviews.append(review) }
    mutating func add(_ outcome: NewOutcome, at key: OutcomeKey) { outcomes[key] = outcome }

    mutating func add(_ event: CommittedEvent) {
        events.append(event)
        offsets[NamedKey(tenant: event.event.tenant, name: event.event.id)] = event.offset
    }

    mutating func add(_ entry: NewIdempotency, at key: NamedKey) {
        idempotency[key] = entry
        idempotencyAt[key] = entry.entry.at.milliseconds
        newestIdempotency = max(newestIdempotency, entry.entry.at.milliseconds)
    }
}
