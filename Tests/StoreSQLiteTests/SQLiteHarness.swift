import Foundation
import GRDB
import Scoring
import StoreConformance
import StoreSQLite

/// A database in a directory of its own, removed with the harness.
final class SQLiteHarness: StoreHarness {
    let directory: URL
    let configuration: StoreConfiguration
    var path: String { directory.appending(path: "leads.sqlite").path }

    init(_ configuration: StoreConfiguration = StoreConfiguration()) throws {
        self.configuration = configuration
        directory = FileManager.default.temporaryDirectory.appending(path: "leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func open(
        sink: (any EventSink)?, maximumEvents: UInt64?, maximumEventAge: Duration?
    ) async throws -> any LeadStore {
        var configuration = configuration
        if let maximumEvents { configuration.eventRetention.maximumEvents = maximumEvents }
        if let maximumEventAge { configuration.eventRetention.maximumAge = maximumEventAge }
        return try SQLiteLeadStore(path: path, configuration: configuration, sink: sink)
    }

    func openStore() throws -> SQLiteLeadStore { try SQLiteLeadStore(path: path, configuration: configuration) }

    /// Looks at the file from outside, or harms it.
    func sql<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try DatabaseQueue(path: path).writeWithoutTransaction(body)
    }

    /// Every byte that stands on the disk.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .reduce(into: Data()) { $0 += try Data(contentsOf: $1) }
    }
}
