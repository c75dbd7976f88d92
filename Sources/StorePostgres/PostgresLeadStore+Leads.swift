import Leads
public import Scoring

extension PostgresLeadStore {
    /// Pages by keyset: a lead that keeps its place appears exactly once, however much is written meanwhile; one that is
    /// scored again between two pages appears where it stands when its place is read.
    public func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage {
        let cursor = try query.cursor.map { text throws(StoreError) in try LeadCursor(text, for: query.sort) }
        let (few, limit) = (configuration.maximumSortedLeads, configuration.answerDeadline)
        return try await read("read leads") { connection in
            try RankedLeads(query, after: cursor, few: few).page(on: connection, within: limit)
        }
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
    private let few: Int

    init(_ query: LeadQuery, after cursor: LeadCursor?, few: Int) {
        self.query = query
        self.cursor = cursor
        self.few = few
    }

    func page(on connection: PostgresConnection, within limit: Duration) throws -> LeadPage {
        let narrow = try narrowConditions(on: connection, within: limit)
        let rows = try connection.run(statement(narrow), within: limit)
        let shown = min(rows.count, pageSize)
        let leads = try (0..<shown).map { row in
            try StoredScore(rows, row, leadID: rows.needText(row, StoredScore.columnCount))
        }
        guard rows.count > shown, shown > 0 else { return LeadPage(leads: leads, nextCursor: nil) }
        let rank = try rows.needInteger(shown - 1, StoredScore.columnCount + 1)
        let row = try rows.needInteger(shown - 1, StoredScore.columnCount + 2)
        let next = LeadCursor(rank: UInt64(bitPattern: rank), row: row)
        return LeadPage(leads: leads, nextCursor: next.text(for: query.sort))
    }

    private var pageSize: Int { min(max(query.limit, 1), 200) }

    private var shelves: [Int64] {
        (query.classification.map { [$0] } ?? Classification.allCases).flatMap { ofClass in
            (query.needsReview.map { [$0] } ?? [false, true]).map { ofClass.shelf(inReview: $0) }
        }
    }

    private var column: String {
        switch query.sort {
        case .score: "score_rank"
        case .updated: "updated"
        case .commission: "commission_rank"
        }
    }

    // MARK: Arguments: $1 tenant, $2 rows, $3 and $4 the cursor, $5 score, $6 moment, $7 source

    private func bound(_ sql: String, isPrepared: Bool) -> Statement {
        var statement = Statement(sql, isPrepared: isPrepared)
        statement.bind(query.tenant.name)
        statement.bind(Int64(pageSize + 1))
        if query.sort == .updated {
            statement.bind(cursor.map { Int64(bitPattern: $0.rank) })
        } else {
            statement.bind(cursor.map { Double(bitPattern: $0.rank) })
        }
        statement.bind(cursor?.row)
        statement.bind(query.minimumScore)
        statement.bind(query.updatedSince?.milliseconds)
        statement.bind(query.source)
        return statement
    }

    private static let scoreCondition = " AND score_rank >= $5::float8"
    private static let momentCondition = " AND updated >= $6::bigint"
    /// By its beginning, which stands in the index, and then by the whole.
    private static let sourceCondition = " AND left(source, 100) = left($7::text, 100) AND source = $7::text"
    private static let tenantOfName = "tenant = (SELECT id FROM me)"
    private static let me = "WITH me AS MATERIALIZED (SELECT id FROM tenants WHERE name = $1)"

    private var conditions: String {
        (query.minimumScore == nil ? "" : Self.scoreCondition) + (query.updatedSince == nil ? "" : Self.momentCondition)
            + (query.source == nil ? "" : Self.sourceCondition)
    }

    /// Conditions with an index of their own that the walk does not follow.
    private var narrowings: [String] {
        var found: [String] = []
        if query.updatedSince != nil, query.sort != .updated { found.append(Self.momentCondition) }
        if query.minimumScore != nil, query.sort != .score { found.append(Self.scoreCondition) }
        if query.source != nil { found.append(Self.sourceCondition) }
        return found
    }

    /// By shelf, the first condition that few of its leads meet.
    private func narrowConditions(
        on connection: PostgresConnection, within limit: Duration
    ) throws -> [Int64: String] {
        let narrowings = narrowings
        guard !narrowings.isEmpty, few >= 0 else { return [:] }
        let asked = shelves.flatMap { shelf in narrowings.map { (shelf: shelf, condition: $0) } }
        let counts = asked.map { shelf, condition in
            """
            (SELECT count(*) FROM (SELECT 1 FROM leads WHERE \(Self.tenantOfName) AND shelf = \(shelf)\(condition)
            LIMIT \(few + 1)) AS met)
            """
        }
        let sql = "\(Self.me)\nSELECT \(counts.joined(separator: ",\n")), \(Self.everyArgument)"
        let rows = try connection.run(bound(sql, isPrepared: true), within: limit)
        var narrow: [Int64: String] = [:]
        for (index, (shelf, condition)) in asked.enumerated()
        where narrow[shelf] == nil && rows.integer(0, index) ?? .max <= Int64(few) {
            narrow[shelf] = condition
        }
        return narrow
    }

    /// Gives each argument its type where a statement does not use it.
    private static let everyArgument = "num_nulls($2::bigint, $3, $4::bigint, $5::float8, $6::bigint, $7::text)"

    func statement(_ narrow: [Int64: String]) -> Statement {
        let after = cursor == nil ? "" : " AND (\(column), id) < ($3, $4::bigint)"
        let order = "ORDER BY \(column) DESC, id DESC LIMIT $2"
        let walks = shelves.map { shelf in
            let place = "\(Self.tenantOfName) AND shelf = \(shelf)"
            guard let condition = narrow[shelf] else {
                return "(SELECT \(column) AS rank, id FROM leads WHERE \(place)\(conditions)\(after) \(order))"
            }
            return """
                (WITH met AS MATERIALIZED (
                    SELECT id, score_rank, updated, commission_rank, source FROM leads WHERE \(place)\(condition)
                ) SELECT \(column) AS rank, id FROM met WHERE true\(conditions)\(after) \(order))
                """
        }
        let sql = """
            \(Self.me), ranked AS MATERIALIZED (
                SELECT rank, id FROM (\(walks.joined(separator: "\nUNION ALL "))) AS walks
                ORDER BY rank DESC, id DESC LIMIT $2
            )
            SELECT \(StoredScore.columnsWithoutBody), leads.lead_id, ranked.rank, ranked.id, \(Self.everyArgument)
            FROM ranked JOIN leads ON leads.tenant = (SELECT id FROM me) AND leads.id = ranked.id
            LEFT JOIN scores ON scores.tenant = leads.tenant AND scores.id = leads.latest
            ORDER BY ranked.rank DESC, ranked.id DESC
            """
        // With a choice a shelf there are too many texts to have each planned for good.
        return bound(sql, isPrepared: narrow.isEmpty)
    }
}
