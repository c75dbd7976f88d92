import GRDB
import Scoring
import StoreConformance
import Testing

@testable import StoreSQLite

@Suite(.serialized) struct CrashTests {
    @Test(.timeLimit(.minutes(5)), arguments: [Durability.full, .process])
    func `a killed process loses nothing that it acknowledged`(_ durability: Durability) async throws {
        let harness = try SQLiteHarness()
        var run = CrashRun(seed: durability == .full ? 11 : 29)
        for round in 0..<5 {
            try await run.runAndKill([harness.path, "\(round)", durability.rawValue])
            let store = try harness.openStore()
            try await run.check(in: store)
            await store.close()
        }
        #expect(try harness.sql { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }
}
