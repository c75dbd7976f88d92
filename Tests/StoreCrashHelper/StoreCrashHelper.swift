import Foundation
import Scoring
import StoreConformance
import StorePostgres
import StoreSQLite

/// Commits under load until it is killed, and writes a line for each commit that was acknowledged:
/// `LEAD_ID OFFSET EPOCH`. The crash tests start it.
///
///     StoreCrashHelper PATH ROUND full|process
///     StoreCrashHelper postgres://ADDRESS ROUND full|process SCHEMA
@main
struct StoreCrashHelper {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let durability = Durability(rawValue: arguments[3]) else { exit(2) }
        do {
            let store = try await open(arguments[1], durability, schema: arguments.count > 4 ? arguments[4] : nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask { try await commit(into: store, named: "\(arguments[2]).\(task)") }
                }
                try await group.waitForAll()
            }
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func open(
        _ address: String, _ durability: Durability, schema: String?
    ) async throws -> any LeadStore {
        if let schema {
            var configuration = PostgresConfiguration()
            configuration.durability = durability
            configuration.schema = schema
            // It is to end by being killed, not by a deadline.
            configuration.connectDeadline = .seconds(30)
            configuration.queryDeadline = .seconds(30)
            configuration.migrationDeadline = .seconds(120)
            configuration.patience = .seconds(120)
            return try await PostgresLeadStore.open(PostgresAddress(address), configuration: configuration)
        }
        var configuration = StoreConfiguration()
        configuration.durability = durability
        // Small, so that checkpoints are among the moments of death.
        configuration.walBytes = 256 << 10
        return try SQLiteLeadStore(path: address, configuration: configuration)
    }

    private static func commit(into store: any LeadStore, named name: String) async throws {
        for number in 0..<1_000_000 {
            let id = "\(name).\(number)"
            let events = try await store.commit(Sample.scored(id, at: Sample.at(Int64(number))))
            guard let event = events.first else { exit(3) }
            // One write call a line: a line that arrives is whole.
            FileHandle.standardOutput.write(Data("\(id) \(event.offset) \(event.epoch)\n".utf8))
        }
    }
}
