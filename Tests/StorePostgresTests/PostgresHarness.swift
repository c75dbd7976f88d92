import Foundation
import Scoring
import StoreConformance
import StorePostgres

/// A schema of its own in the server that the tests were given, dropped with the harness.
final class PostgresHarness: StoreHarness {
    /// What `scripts/postgres-test-server.sh` made.
    static let address = ProcessInfo.processInfo.environment["LEADWIRE_TEST_POSTGRES"]

    let configuration: PostgresConfiguration
    let address: String

    init(_ change: (inout PostgresConfiguration) -> Void = { _ in }, address: String? = nil) throws {
        guard let given = address ?? PostgresHarness.address else { throw NoServer() }
        var configuration = PostgresConfiguration()
        configuration.schema = "t_" + UUID().uuidString.lowercased().replacing("-", with: "")
        configuration.deadlinesForBusyMachine()
        change(&configuration)
        self.configuration = configuration
        self.address = given
    }

    deinit { _ = try? PostgresHarness.psql("DROP SCHEMA IF EXISTS \(configuration.schema) CASCADE") }

    func open(
        sink: (any EventSink)?, maximumEvents: UInt64?, maximumEventAge: Duration?
    ) async throws -> any LeadStore {
        var configuration = configuration
        if let maximumEvents { configuration.eventRetention.maximumEvents = maximumEvents }
        if let maximumEventAge { configuration.eventRetention.maximumAge = maximumEventAge }
        return try await PostgresLeadStore.open(PostgresAddress(address), configuration: configuration, sink: sink)
    }

    func openStore(sink: (any EventSink)? = nil) async throws -> PostgresLeadStore {
        try await PostgresLeadStore.open(PostgresAddress(address), configuration: configuration, sink: sink)
    }

    /// Looks at the database from outside, or harms it: the first column of each row.
    func sql(_ text: String) throws -> [String] {
        try PostgresHarness.psql("SET search_path = \(configuration.schema); " + text)
    }

    /// PostgreSQL's own client, so that nothing of ours is between the test and the server.
    static func psql(_ text: String, address: String? = PostgresHarness.address) throws -> [String] {
        guard let address else { throw NoServer() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", text]
        let output = Pipe()
        process.standardOutput = output
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw NoServer(why: String(decoding: complaint, as: UTF8.self))
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension PostgresConfiguration {
    /// How long a machine takes is not what is tested; tests of deadlines set their own.
    fileprivate mutating func deadlinesForBusyMachine() {
        connectDeadline = .seconds(30)
        queryDeadline = .seconds(30)
        migrationDeadline = .seconds(120)
        patience = .seconds(120)
    }
}

struct NoServer: Error, CustomStringConvertible {
    var why = "LEADWIRE_TEST_POSTGRES is not set"
    var description: String { why }
}
