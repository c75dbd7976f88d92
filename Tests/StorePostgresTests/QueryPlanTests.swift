import Foundation
import Leads
import Scoring
import StoreConformance
import Testing

@testable import StorePostgres

@Suite(.needsServer) struct QueryPlanTests {
    private let tenant = Sample.tenant

    /// The server counts for each table how often it was read from end to end. A whole workload, every kind of call and
    /// every mix of conditions, must not raise that count: a scan would show here before it shows in a year's data.
    @Test(.timeLimit(.minutes(5)), arguments: [-1, 1_000])
    func `no call scans a table`(_ maximumSortedLeads: Int) async throws {
        let name = "plan-\(UInt32.random(in: 0 ... .max))"
        let harness = try PostgresHarness(
            { $0.maximumSortedLeads = maximumSortedLeads },
            address: #require(PostgresHarness.address) + "&application_name=\(name)")
        // Building the indexes scans, so the tables are made by another store.
        await (try await harness.openStore()).close()
        let before = try scans(harness, name)
        let store = try await harness.openStore()
        try await work(store)
        await store.close()
        let after = try scans(harness, name)
        #expect(after.count == 15)
        for (table, scan) in after {
            #expect(scan.sequential == before[table]?.sequential, "\(table) was scanned")
        }
        for table in ["tenants", "leads", "scores", "events", "idempotency", "outcomes"] {
            #expect(after[table]?.byIndex ?? 0 > 0, "the counts work: \(table)")
        }
    }

    /// A connection reports what it did when it ends, so they have to be gone first.
    private func scans(
        _ harness: PostgresHarness, _ name: String
    ) throws -> [String: (sequential: Int, byIndex: Int)] {
        while try PostgresHarness.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\(name)%'") != ["0"]
        { try Task.checkCancellation() }
        var found: [String: (sequential: Int, byIndex: Int)] = [:]
        // The list of migrations is read whole, and probes is empty.
        let rows = try PostgresHarness.psql(
            """
            SELECT relname, seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables
            WHERE schemaname = '\(harness.configuration.schema)' AND relname NOT IN ('migrations', 'probes')
            """)
        for row in rows {
            let fields = row.split(separator: "|")
            found[String(fields[0])] = (Int(fields[1]) ?? -1, Int(fields[2]) ?? -1)
        }
        return found
    }

    private func work(_ store: PostgresLeadStore) async throws {
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        _ = try await store.commit(Commit(scores: [Sample.record("b", at: Sample.at(1))]))
        _ = try await store.commit(Sample.scored("a", at: Sample.at(2)))
        _ = try await store.commit(Commit(scores: [Sample.record("b", at: Sample.at(2), needsReview: true)]))
        _ = try await store.commit(Sample.outcome("b", .won, at: Sample.at(3)))
        _ = try await store.commit(Sample.outcome("b", .won, at: Sample.at(3)))
        _ = try await store.commit(Sample.review("b", at: Sample.at(3)))
        for day in 0..<3 as Range<Int64> {
            let moment = Sample.at(day * 90_000_000)
            var commit = Sample.scored("c \(day)", at: moment)
            commit.idempotency = ["k", "k \(day)"].map { Sample.idempotency($0, answer: "", at: moment) }
            _ = try await store.commit(commit)
        }
        _ = try await store.commit(Commit(events: [Sample.event("week", at: Sample.at(9_000_000_000))]))
        try await store.optOut("d", tenant: tenant, at: Sample.at(3))
        _ = try await store.erase("c 2", tenant: tenant, at: Sample.at(3))
        _ = try await store.position(of: Sample.otherTenant)
        try await store.ping()
        _ = try await store.state(of: "a", tenant: tenant)
        _ = try await store.states(of: ["a", "b"], tenant: tenant)
        _ = try await store.score(of: "a", tenant: tenant, asOf: Sample.at(0))
        _ = try await store.history(of: "a", tenant: tenant, limit: 5)
        _ = try await store.export("a", tenant: tenant)
        _ = try await store.labelCandidates(of: tenant, after: nil, limit: 2)
        _ = try await store.trialCandidates(of: tenant, challenger: "x", after: nil, limit: 2)
        _ = try await store.events(after: 0, tenant: tenant, limit: 5)
        _ = try await store.statistics(of: tenant)
        _ = try await store.idempotencyRecord("k", tenant: tenant, since: Sample.at(0))
        _ = try await store.medianDaysToClose(timeline: "flexible", tenant: tenant, minimum: 0)
        for query in queries {
            var query = query
            query.cursor = try await store.leads(query).nextCursor
            #expect(query.cursor != nil)
            _ = try await store.leads(query)
        }
    }

    private var queries: [LeadQuery] {
        LeadQuery.Sort.allCases.flatMap { sort in
            (0..<8).map { mask in
                var query = LeadQuery(tenant: tenant, sort: sort, limit: 1)
                if mask & 1 != 0 { query.minimumScore = 0 }
                if mask & 2 != 0 { query.updatedSince = Sample.at(0) }
                if mask & 4 != 0 { query.source = "zillow" }
                return query
            }
        }
    }

    /// The planner's own words for the ranked list: eight walks down the rank's index, and no sort but the one of the
    /// page that was found.
    @Test(.timeLimit(.minutes(5)), arguments: LeadQuery.Sort.allCases)
    func `a ranked page is a merge of walks down an index`(_ sort: LeadQuery.Sort) async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        for hundred in 0..<10 {
            let records = (0..<100).map { number in
                Sample.record(
                    "lead \(hundred).\(number)", score: Double(number), at: Sample.at(Int64(hundred)),
                    classification: Classification.allCases[number % 4], needsReview: number % 3 == 0)
            }
            _ = try await store.commit(Commit(scores: records))
        }
        _ = try harness.sql("ANALYZE")
        let query = LeadQuery(tenant: tenant, sort: sort, limit: 50)
        let next = try #require(await store.leads(query).nextCursor)
        let cursor = try LeadCursor(next, for: sort)
        let plan = try explain(RankedLeads(query, after: cursor, few: -1).statement([:]), harness)
        let index = ["score": "leads_by_score", "updated": "leads_by_updated", "commission": "leads_by_commission"]
        let walks = plan.filter { $0.contains("Backward using \(index[sort.rawValue] ?? "?")") }
        #expect(walks.count == 8, "\(plan.joined(separator: "\n"))")
        #expect(!plan.contains { $0.contains("Seq Scan") })
        // Each walk begins at the cursor: the row comparison is a bound of the index, not a filter.
        #expect(plan.count { $0.contains("Index Cond") && $0.contains("ROW(") } == 8, "\(plan.joined(separator: "\n"))")
        #expect(plan.count { $0.contains("Sort Key") && !$0.contains("ranked") } <= 1)
        await store.close()
    }

    private func explain(_ statement: Statement, _ harness: PostgresHarness) throws -> [String] {
        var explained = statement
        explained.sql = "EXPLAIN (COSTS OFF) " + statement.sql
        let connection = try PostgresConnection.open(
            PostgresAddress(harness.address), harness.configuration, writer: nil)
        let rows = try connection.run(explained, within: .seconds(5))
        return (0..<rows.count).compactMap { rows.text($0, 0) }
    }
}
