import Scoring
import StoreConformance
import StoreSQLite
import Testing

@Suite struct SQLiteConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.all)
    func `SQLite keeps the promise`(_ promise: ConformanceCase) async throws {
        try await promise.check(SQLiteHarness())
    }

    /// In a small file every condition is met by few leads; a large one walks the ranks instead.
    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.ranking)
    func `ranking keeps the promise where no condition is rare`(_ promise: ConformanceCase) async throws {
        var configuration = StoreConfiguration()
        configuration.maximumSortedLeads = -1
        try await promise.check(SQLiteHarness(configuration))
    }

    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.concurrency)
    func `a group of one commit keeps the promise`(_ promise: ConformanceCase) async throws {
        var configuration = StoreConfiguration()
        configuration.maximumGroupedCommits = 1
        configuration.durability = .process
        try await promise.check(SQLiteHarness(configuration))
    }
}
