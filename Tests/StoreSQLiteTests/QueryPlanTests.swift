import Foundation
import GRDB
import Leads
import Scoring
import StoreConformance
import Synchronization
import Testing

@testable import StoreSQLite

/// The texts of what a connection ran, once each.
private final class Traced: Sendable {
    private let seen = Mutex<Set<String>>([])

    func note(_ event: Database.TraceEvent) {
        guard case .statement(let statement) = event else { return }
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        guard verbs.contains(where: statement.sql.hasPrefix) else { return }
        seen.withLock { _ = $0.insert(statement.sql) }
    }

    var statements: Set<String> { seen.withLock { $0 } }
}

@Suite struct QueryPlanTests {
    /// Every statement that the store runs is traced, and its plan asked for: a read that scans a table of leads, scores
    /// or events would show here before it shows in a year's data.
    @Test(.timeLimit(.minutes(5)), arguments: [-1, 1_000])
    func `no statement scans a table or sorts a walk`(_ maximumSortedLeads: Int) async throws {
        var configuration = StoreConfiguration()
        configuration.maximumSortedLeads = maximumSortedLeads
        configuration.maximumReaders = 1
        let harness = try SQLiteHarness(configuration)
        let store = try harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        _ = try await store.commit(Commit(scores: [Sample.record("b", at: Sample.at(1))]))
        let statements = try await traced(store)
        #expect(statements.count > 60, "the trace works")
        for sql in statements {
            let plan = try await plan(of: sql, in: store)
            // The rows of a bounded subquery may be scanned, a table may not.
            let scans = plan.filter { $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN (subquery") }
            #expect(scans == ["SCAN CONSTANT ROW"] || scans.isEmpty, "\(sql)\n\(plan)")
            if maximumSortedLeads < 0, sql.contains("INDEXED BY") {
                #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(sql)\n\(plan)")
            }
        }
        await store.close()
    }

    private func plan(of sql: String, in store: SQLiteLeadStore) async throws -> [String] {
        try await store.pool.read { database in
            let count = sql.count { $0 == "?" }
            return try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN " + sql,
                arguments: StatementArguments(Array(repeating: 1, count: count))
            ).map { $0["detail"] }
        }
    }

    private func traced(_ store: SQLiteLeadStore) async throws -> Set<String> {
        let traced = Traced()
        try await store.pool.read { $0.trace { traced.note($0) } }
        try await store.pool.writeWithoutTransaction { $0.trace { traced.note($0) } }
        let tenant = Sample.tenant
        _ = try await store.commit(Sample.scored("a", at: Sample.at(2)))
        _ = try await store.commit(Commit(scores: [Sample.record("b", at: Sample.at(2), needsReview: true)]))
        _ = try await store.commit(Sample.outcome("b", .won, at: Sample.at(3)))
        _ = try await store.commit(Sample.outcome("b", .won, at: Sample.at(3)))
        _ = try await store.commit(Sample.review("b", at: Sample.at(3)))
        for day in 0..<3 as Range<Int64> {
            let moment = Sample.at(day * 90_000_000)
            let entry = Sample.idempotency("k", answer: "", at: moment)
            let other = Sample.idempotency("k \(day)", answer: "", at: moment)
            var commit = Sample.scored("c \(day)", at: moment)
            commit.idempotency = [entry, other]
            _ = try await store.commit(commit)
        }
        _ = try await store.commit(Commit(events: [Sample.event("week", at: Sample.at(9_000_000_000))]))
        try await store.optOut("d", tenant: tenant, at: Sample.at(3))
        _ = try await store.erase("c 2", tenant: tenant, at: Sample.at(3))
        _ = try await store.state(of: "a", tenant: tenant)
        _ = try await store.states(of: ["a", "b"], tenant: tenant)
        _ = try await store.score(of: "a", tenant: tenant, asOf: Sample.at(0))
        _ = try await store.history(of: "a", tenant: tenant, limit: 5)
        _ = try await store.export("a", tenant: tenant)
        _ = try await store.events(after: 0, tenant: tenant, limit: 5)
        _ = try await store.statistics(of: tenant)
        _ = try await store.labelCandidates(of: tenant, after: nil, limit: 2)
        _ = try await store.idempotencyRecord("k", tenant: tenant, since: Sample.at(0))
        _ = try await store.medianDaysToClose(timeline: "flexible", tenant: tenant, minimum: 0)
        for sort in LeadQuery.Sort.allCases {
            for mask in 0..<8 {
                var query = LeadQuery(tenant: tenant, sort: sort, limit: 1)
                if mask & 1 != 0 { query.minimumScore = 0 }
                if mask & 2 != 0 { query.updatedSince = Sample.at(0) }
                if mask & 4 != 0 { query.source = "zillow" }
                query.cursor = try await store.leads(query).nextCursor
                #expect(query.cursor != nil)
                _ = try await store.leads(query)
            }
        }
        return traced.statements
    }
}
