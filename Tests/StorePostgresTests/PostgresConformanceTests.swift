import Foundation
import Scoring
import StoreConformance
import StorePostgres
import Testing

/// Every test here needs a real server. Without one they are skipped, aloud; CI must have one.
extension Trait where Self == ConditionTrait {
    static var needsServer: Self {
        .enabled(
            if: PostgresHarness.address != nil,
            "NOT RUN: LEADWIRE_TEST_POSTGRES is not set; scripts/postgres-test-server.sh run COMMAND starts a server")
    }
}

@Suite struct ServerPresenceTests {
    @Test func `in CI the tests have a PostgreSQL server`() {
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        #expect(!isCI || PostgresHarness.address != nil, "LEADWIRE_TEST_POSTGRES is not set, and CI must have a server")
    }
}

@Suite(.needsServer) struct PostgresConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.all)
    func `PostgreSQL keeps the promise`(_ promise: ConformanceCase) async throws {
        try await promise.check(PostgresHarness())
    }

    /// In a small table every condition is met by few leads; a large one walks the ranks instead.
    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.ranking)
    func `ranking keeps the promise where no condition is rare`(_ promise: ConformanceCase) async throws {
        try await promise.check(PostgresHarness { $0.maximumSortedLeads = -1 })
    }

    @Test(.timeLimit(.minutes(5)), arguments: ConformanceCase.concurrency)
    func `a group of one commit keeps the promise`(_ promise: ConformanceCase) async throws {
        try await promise.check(
            PostgresHarness {
                $0.maximumGroupedCommits = 1
                $0.durability = .process
            })
    }
}
