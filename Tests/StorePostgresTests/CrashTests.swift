import Scoring
import StoreConformance
import StorePostgres
import Testing

@Suite(.needsServer, .serialized) struct CrashTests {
    // Half a minute when nothing else runs: a server takes its time to notice that a client was killed.
    @Test(.timeLimit(.minutes(5)), arguments: [Durability.full, .process])
    func `a killed process loses nothing that it acknowledged`(_ durability: Durability) async throws {
        let harness = try PostgresHarness()
        var run = CrashRun(seed: durability == .full ? 11 : 29)
        for round in 0..<5 {
            try await run.runAndKill(
                [try #require(PostgresHarness.address), "\(round)", durability.rawValue, harness.configuration.schema])
            let store = try await harness.openStore()
            // The dead client's last transaction may still be at work in the server; this waits for its lock.
            _ = try await store.commit(Commit(events: [Sample.event("round \(round)", at: Sample.at(0))]))
            try await run.check(in: store)
            await store.close()
        }
    }
}
