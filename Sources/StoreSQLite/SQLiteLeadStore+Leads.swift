import GRDB
import Leads
public import Scoring

extension SQLiteLeadStore {
    /// Pages by keyset: a lead that keeps its place appears exactly once, however much is written meanwhile; one that is
    /// scored again between two pages appears where it stands when its place is read.
    public func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage {
        let cursor = try query.cursor.map { text throws(StoreError) in try LeadCursor(text, for: query.sort) }
        let few = configuration.maximumSortedLeads
        return try await read("read leads") { try RankedLeads(query, after: cursor, in: $0, few: few).page() }
    }
}

/// One page of the ranked list.
///
/// Every rank index begins with tenant and shelf, so a page is a merge of at most eight short walks, whatever of class and
/// review list is asked for. A condition that a shelf's walk can't use as a bound could make it long (few cold leads have
/// a high score), so where few leads of the shelf meet it, they are read by that condition's index and sorted.
struct RankedLeads {
    private let query: LeadQuery
    private let cursor: LeadCursor?
    private let database: Database
    private let few: Int

    init(_ query: LeadQuery, after cursor: LeadCursor?, in database: Database, few: Int) {
        self.query = query
        self.cursor = cursor
        self.database = database
        self.few = few
    }

    /// A lead's place in the list.
    private struct Place {
        var rank: UInt64
        var order: Double
        var row: Int64
    }

    func page() throws -> LeadPage {
        let limit = min(max(query.limit, 1), 200)
        guard let tenant = try database.integer("SELECT id FROM tenants WHERE name = ?", [query.tenant.name])
        else { return LeadPage(leads: [], nextCursor: nil) }
        var places: [Place] = []
        for ofClass in query.classification.map({ [$0] }) ?? Classification.allCases {
            for inReview in query.needsReview.map({ [$0] }) ?? [false, true] {
                places += try best(limit + 1, of: ofClass.shelf(inReview: inReview), tenant)
            }
        }
        places.sort { $0.order != $1.order ? $0.order > $1.order : $0.row > $1.row }
        let shown = places.prefix(limit)
        let leads = try shown.map { try score(ofRow: $0.row) }
        let next = places.count > limit ? shown.last.map { LeadCursor(rank: $0.rank, row: $0.row) } : nil
        return LeadPage(leads: leads, nextCursor: next?.text(for: query.sort))
    }

    private func best(_ limit: Int, of shelf: Int64, _ tenant: Int64) throws -> [Place] {
        let place: StatementArguments = [tenant, shelf]
        let narrow = try narrowings.first { index, condition, argument in
            let sql = """
                SELECT count(*) FROM (SELECT 1 FROM leads INDEXED BY \(index)
                WHERE tenant = ? AND shelf = ?\(condition) LIMIT \(few + 1))
                """
            return Int(try database.integer(sql, place + [argument]) ?? 0) <= few
        }
        let (conditions, arguments) = conditions
        let sql = """
            SELECT \(column), id FROM leads INDEXED BY \(narrow?.index ?? walkedIndex)
            WHERE tenant = ? AND shelf = ?\(conditions) ORDER BY \(column) DESC, id DESC LIMIT \(limit)
            """
        return try database.rows(sql, place + arguments).map(self.place)
    }

    /// Conditions with an index of their own that the walk does not follow.
    private var narrowings: [(index: String, condition: String, argument: (any DatabaseValueConvertible)?)] {
        var found: [(index: String, condition: String, argument: (any DatabaseValueConvertible)?)] = []
        if let since = query.updatedSince, query.sort != .updated {
            found.append(("leads_by_updated", " AND updated >= ?", since.milliseconds))
        }
        if let minimum = query.minimumScore, query.sort != .score {
            found.append(("leads_by_score", " AND score_rank >= ?", minimum))
        }
        if let source = query.source { found.append(("leads_by_source", " AND source = ?", source)) }
        return found
    }

    private var column: String {
        switch query.sort {
        case .score: "score_rank"
        case .updated: "updated"
        case .commission: "commission_rank"
        }
    }

    private var walkedIndex: String {
        switch query.sort {
        case .score: "leads_by_score"
        case .updated: "leads_by_updated"
        case .commission: "leads_by_commission"
        }
    }

    private var conditions: (String, StatementArguments) {
        var sql = ""
        var arguments = StatementArguments()
        if let cursor {
            // The first half bounds the walk; the second drops what stood on the last page at the same rank.
            sql += " AND \(column) <= ? AND (\(column) < ? OR id < ?)"
            let rank: any DatabaseValueConvertible =
                query.sort == .updated ? Int64(bitPattern: cursor.rank) : Double(bitPattern: cursor.rank)
            arguments += [rank, rank, cursor.row]
        }
        if let minimum = query.minimumScore {
            sql += " AND score_rank >= ?"
            arguments += [minimum]
        }
        if let since = query.updatedSince {
            sql += " AND updated >= ?"
            arguments += [since.milliseconds]
        }
        if let source = query.source {
            sql += " AND source = ?"
            arguments += [source]
        }
        return (sql, arguments)
    }

    private func place(_ row: Row) -> Place {
        if query.sort == .updated {
            let moment: Int64 = row[0]
            return Place(rank: UInt64(bitPattern: moment), order: Double(moment), row: row[1])
        }
        let rank: Double = row[0]
        return Place(rank: rank.bitPattern, order: rank, row: row[1])
    }

    private func score(ofRow id: Int64) throws -> StoredScore {
        let sql = """
            SELECT \(StoredScore.columnsWithoutBody), leads.lead_id
            FROM leads CROSS JOIN scores ON scores.id = leads.latest WHERE leads.id = ?
            """
        guard let row = try database.row(sql, [id]) else {
            throw StoreError(.corrupt, "read leads: a ranked lead without its score")
        }
        return try StoredScore(row, leadID: row[StoredScore.columnCount])
    }
}
