import Foundation
import GRDB
public import Leads
public import Scoring

extension SQLiteLeadStore: RecentSource, TrialSource {
    public func labelRow(beforeNewest count: Int, of tenant: Tenant) async throws(StoreError) -> Int64? {
        try await read("read labels") { try $0.integer("SELECT max(id) FROM scores", []).map { $0 - Int64(count) } }
    }

    public func labelCandidates(
        of tenant: Tenant, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        try await read("read labels") { try $0.labelPage(of: tenant, after: row, limit: limit) }
    }

    public func trialCandidates(
        of tenant: Tenant, challenger: String, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        try await read("read a trial") {
            try $0.trialPage(of: tenant, challenger: challenger, after: row, limit: limit)
        }
    }
}

/// A store's file opened for reading only, beside the server that serves it or without one: the lock is the writer's, and
/// write-ahead logging lets readers in. Nothing is made, migrated or changed.
public final class SQLiteLabelReader: LabelSource {
    private let queue: DatabaseQueue

    /// - Throws: `notFound` where there is no file, `corrupt` for a file that is damaged, another program's, or of another
    ///   version of Leadwire, `unavailable` when it can't be opened.
    public init(path: String) throws(StoreError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notFound, "there is no store at \(path): leadwire serve makes one")
        }
        do {
            try DatabaseFile.checkHeader(path: path)
            var settings = Configuration()
            settings.readonly = true
            settings.label = "leadwire.labels"
            settings.busyMode = .timeout(5)
            queue = try DatabaseQueue(path: path, configuration: settings)
            try queue.read { database in
                try DatabaseFile.recogniseTables(database)
                guard try Schema.migrator.hasCompletedMigrations(database) else {
                    throw StoreError(
                        .corrupt,
                        "open the database: an older Leadwire wrote it; the next start of leadwire serve updates it")
                }
            }
        } catch {
            throw StoreError("open the database", error)
        }
    }

    public func labelCandidates(
        of tenant: Tenant, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        do {
            return try await queue.read { try $0.labelPage(of: tenant, after: row, limit: limit) }
        } catch {
            throw StoreError("read labels", error)
        }
    }

    public func close() { try? queue.close() }
}
