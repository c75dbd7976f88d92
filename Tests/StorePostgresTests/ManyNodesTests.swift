import Leads
import Scoring
import StoreConformance
import StorePostgres
import Testing

/// Two stores over one database, as two nodes have them.
@Suite(.needsServer) struct ManyNodesTests {
    @Test(.timeLimit(.minutes(5)))
    func `two nodes share one dense log, and each delivers its own events in its order`() async throws {
        let harness = try PostgresHarness()
        let sinks = [RecordingSink(), RecordingSink()]
        var stores: [PostgresLeadStore] = []
        for sink in sinks { stores.append(try await harness.openStore(sink: sink)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                let store = stores[number % 2]
                // Both nodes score the same leads.
                group.addTask {
                    var commit = Sample.scored("lead \(number / 4 % 20)", at: Sample.at(Int64(number)))
                    commit.events[0].id = "\(number)"
                    _ = try await store.commit(commit)
                }
            }
            try await group.waitForAll()
        }
        let log = try await stores[0].events(after: 0, tenant: Sample.tenant, limit: 999)
        #expect(log.map(\.offset) == Array(1...300))
        let delivered = sinks.map { $0.events.map(\.offset) }
        #expect(delivered.allSatisfy { $0 == $0.sorted() && $0.count == 150 })
        #expect(Set(delivered.joined()).count == 300)
        for store in stores {
            let statistics = try await store.statistics(of: Sample.tenant)
            #expect(statistics.leads == 20 && statistics.scores == 300)
        }
        // The counts are those of the rows.
        #expect(try harness.sql("SELECT count(*), max(id) FROM scores") == ["300|300"])
        for store in stores { await store.close() }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what one node erases or stops another does not bring back`() async throws {
        let harness = try PostgresHarness()
        let (first, second) = (try await harness.openStore(), try await harness.openStore())
        _ = try await first.commit(Sample.scored("a", at: Sample.at(0)))
        _ = try await second.commit(Sample.scored("a", at: Sample.at(1)))
        #expect(try await second.erase("a", tenant: Sample.tenant, at: Sample.at(10))?.scores == 2)
        for moment in [Sample.at(2), Sample.at(10)] {
            do {
                _ = try await first.commit(Sample.scored("a", at: moment))
                Issue.record("an erased lead came back")
            } catch {
                #expect(error.code == .optedOut)
            }
        }
        #expect(try harness.sql("SELECT length(digest), at FROM erasures") == ["32|\(Sample.at(10).milliseconds)"])
        try await second.optOut("b", tenant: Sample.tenant, at: Sample.at(1))
        await #expect(throws: StoreError.self) { _ = try await first.commit(Sample.scored("b", at: Sample.at(2))) }
        await first.close()
        await second.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a database that was replaced under a running store is noticed`() async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        // As after a restore of an older backup: other tenants took the numbers.
        _ = try harness.sql("DELETE FROM tenants; INSERT INTO tenants (name, epoch) VALUES ('other', 'x')")
        let committed = try await store.commit(Sample.scored("fresh", at: Sample.at(1)))
        #expect(committed.map(\.offset) == [1])
        await store.close()
    }
}
