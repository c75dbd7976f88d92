import Leads

/// One tenant's row as a group's transaction holds it, locked: where its log stands, its counts, its last numbers.
struct LogRow {
    let id: Int64
    let epoch: String
    var lastOffset: UInt64
    /// Offsets up to here are no longer replayable.
    var trimmedTo: UInt64
    var lastLead: Int64
    var lastScore: Int64
    var leads: Int64
    var scores: Int64
    var wonOutcomes: Int64
    var otherOutcomes: Int64
    /// In the group at hand.
    var newEvents: UInt64 = 0
    var newestEventAt: Int64 = .min
    var isChanged = false

    static let columns = """
        name, id, epoch, last_offset, trimmed_to, last_lead, last_score, leads, scores, won, other
        """

    init(_ rows: PostgresRows, _ row: Int) throws {
        id = try rows.needInteger(row, 1)
        epoch = try rows.needText(row, 2)
        lastOffset = UInt64(clamping: try rows.needInteger(row, 3))
        trimmedTo = UInt64(clamping: try rows.needInteger(row, 4))
        lastLead = try rows.needInteger(row, 5)
        lastScore = try rows.needInteger(row, 6)
        leads = try rows.needInteger(row, 7)
        scores = try rows.needInteger(row, 8)
        wonOutcomes = try rows.needInteger(row, 9)
        otherOutcomes = try rows.needInteger(row, 10)
    }

    init(id: Int64, epoch: String) {
        self.id = id
        self.epoch = epoch
        lastOffset = 0
        trimmedTo = 0
        lastLead = 0
        lastScore = 0
        leads = 0
        scores = 0
        wonOutcomes = 0
        otherOutcomes = 0
    }
}

/// A lead's ranking row as the transaction sees it.
struct LeadRow {
    let id: Int64
    var latest: Int64?
    var shelf: Int64?
    var scoreRank: Double?
    var updated: Int64?
    var commissionRank: Double?
    var source: String?
    var firstScored: Int64?
    var timeline: String?
    var optedOut: Int64?
    var isChanged = false

    static let columns = """
        leads.tenant, leads.lead_id, leads.id, latest, shelf, score_rank, updated, commission_rank, source,
        first_scored, timeline, opted_out
        """

    init(id: Int64) { self.id = id }

    init(_ rows: PostgresRows, _ row: Int) throws {
        id = try rows.needInteger(row, 2)
        latest = rows.integer(row, 3)
        shelf = rows.integer(row, 4)
        scoreRank = rows.real(row, 5)
        updated = rows.integer(row, 6)
        commissionRank = rows.real(row, 7)
        source = rows.text(row, 8)
        firstScored = rows.integer(row, 9)
        timeline = rows.text(row, 10)
        optedOut = rows.integer(row, 11)
    }
}
