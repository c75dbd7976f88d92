import Foundation
import GRDB
import Scoring

/// Opens and prepares the file: recognised, migrated, in WAL, with the wanted durability.
enum DatabaseFile {
    static func open(path: String, configuration: StoreConfiguration) throws -> DatabasePool {
        try checkHeader(path: path)
        // Personal data: the file is its owner's alone. SQLite gives the WAL the same mode.
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw StoreError(.unavailable, "create the database file: the directory is missing or closed") }
        }
        let pool = try DatabasePool(path: path, configuration: settings(configuration))
        try pool.writeWithoutTransaction { database in
            try recogniseTables(database)
            // GRDB itself sets NORMAL after `prepareDatabase` has run, so this can only stand here.
            let level = configuration.durability == .full ? 2 : 1
            try database.execute(sql: "PRAGMA synchronous = \(level)")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == level else {
                throw StoreError(.other, "SQLite did not take the durability that was asked for")
            }
        }
        try Schema.migrator.migrate(pool)
        return pool
    }

    private static func settings(_ wanted: StoreConfiguration) -> Configuration {
        var settings = Configuration()
        settings.label = "leadwire"
        settings.maximumReaderCount = wanted.maximumReaders
        settings.busyMode = .timeout(wanted.busyTimeout / .seconds(1))
        settings.prepareDatabase { database in
            let writes = !database.configuration.readonly
            let pageBytes = 4_096
            if writes {
                try database.execute(sql: "PRAGMA page_size = \(pageBytes)")
                try database.execute(sql: "PRAGMA secure_delete = ON")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(max(1, wanted.walBytes / pageBytes))")
                try database.execute(sql: "PRAGMA journal_size_limit = \(wanted.walBytes)")
                if let quota = wanted.maximumFileBytes {
                    try database.execute(sql: "PRAGMA max_page_count = \(max(1, quota / pageBytes))")
                }
            }
            let cacheBytes = writes ? wanted.cacheBytes : wanted.cacheBytes / 4
            try database.execute(sql: "PRAGMA cache_size = \(-cacheBytes / 1_024)")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return settings
    }

    /// Before SQLite touches it: a file of another program is left as it is.
    static func checkHeader(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { return }
        defer { try? handle.close() }
        let header = [UInt8](try handle.read(upToCount: 100) ?? Data())
        guard !header.isEmpty else { return }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreError(.corrupt, "open the database: the file is not an SQLite database")
        }
        let owner = header[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard owner == 0 || owner == UInt32(bitPattern: Schema.applicationID) else {
            throw StoreError(.corrupt, "open the database: the file belongs to another program")
        }
    }

    static func recogniseTables(_ database: Database) throws {
        let owner = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table'") ?? 0
        guard owner == Schema.applicationID || tables == 0 else {
            throw StoreError(.corrupt, "open the database: the file belongs to another program")
        }
        guard try tables == 0 || !Schema.migrator.hasBeenSuperseded(database) else {
            throw StoreError(
                .corrupt, "open the database: a newer Leadwire wrote this file; start that version, or restore a backup"
            )
        }
    }
}
