import Foundation
import GRDB
import Leads
import Scoring
import StoreConformance
import Synchronization
import Testing

@testable import StoreSQLite

@Suite struct DatabaseFileTests {
    private func failure(_ body: () throws -> Void) -> StoreError? {
        do {
            try body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    @Test(arguments: [(Durability.full, 2), (.process, 1)])
    func `the writer really has the durability that was asked for`(_ durability: Durability, _ level: Int) async throws
    {
        var configuration = StoreConfiguration()
        configuration.durability = durability
        let harness = try SQLiteHarness(configuration)
        let store = try harness.openStore()
        let found = try await store.pool.writeWithoutTransaction { database in
            [
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try Int.fetchOne(database, sql: "PRAGMA secure_delete"),
            ]
        }
        #expect(found == [level, 1])
        #expect(try await store.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        await store.close()
    }

    @Test func `the files are for their owner only`() async throws {
        let harness = try SQLiteHarness()
        let store = try harness.openStore()
        for suffix in ["", "-wal", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: harness.path + suffix)
            #expect((attributes[.posixPermissions] as? Int) == 0o600, "\(suffix)")
        }
        await store.close()
    }

    @Test func `a file that is served can't be served a second time until it is closed`() async throws {
        let harness = try SQLiteHarness()
        let store = try harness.openStore()
        let error = failure { _ = try harness.openStore() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("in use") == true)
        await store.close()
        let again = try harness.openStore()
        await again.close()
    }

    @Test func `a file from a newer version is refused by name and left as it is`() async throws {
        let harness = try SQLiteHarness()
        await (try harness.openStore()).close()
        try harness.sql { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 what comes later')") }
        let error = failure { _ = try harness.openStore() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("newer") == true)
    }

    @Test func `a file of another program is refused and left as it is`() async throws {
        let harness = try SQLiteHarness()
        try harness.sql { try $0.execute(sql: "PRAGMA application_id = 42; CREATE TABLE theirs (id INTEGER)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: harness.path))
        #expect(failure { _ = try harness.openStore() }?.code == .corrupt)
        #expect(try Data(contentsOf: URL(fileURLWithPath: harness.path)) == before)
        try harness.sql { try $0.execute(sql: "PRAGMA application_id = 0") }
        #expect(failure { _ = try harness.openStore() }?.code == .corrupt)
    }

    @Test func `a file that is no database, and a directory that is not there, are clear errors`() async throws {
        let harness = try SQLiteHarness()
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: harness.path))
        #expect(failure { _ = try harness.openStore() }?.code == .corrupt)
        let nowhere = harness.path + "/no/such/leads.sqlite"
        #expect(failure { _ = try SQLiteLeadStore(path: nowhere) }?.code == .unavailable)
    }

    @Test func `a damaged page is an error of that kind, not a wrong answer`() async throws {
        let harness = try SQLiteHarness()
        let store = try harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        await store.close()
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: harness.path))
        for page in 4..<12 {
            try handle.seek(toOffset: UInt64(page) * 4_096)
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        }
        try handle.close()
        let again = try harness.openStore()
        await #expect(throws: StoreError.self) { _ = try await again.state(of: "a", tenant: Sample.tenant) }
        do {
            _ = try await again.commit(Sample.scored("b", at: Sample.at(1)))
            Issue.record("a commit into a damaged file went through")
        } catch {
            #expect(error.code == .corrupt)
        }
        await again.close()
    }

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, StoreError.Code.full), (.SQLITE_READONLY, .readOnly),
        (.SQLITE_READONLY_DBMOVED, .readOnly), (.SQLITE_CORRUPT, .corrupt), (.SQLITE_NOTADB, .corrupt),
        (.SQLITE_BUSY, .unavailable), (.SQLITE_LOCKED, .unavailable), (.SQLITE_IOERR_FSYNC, .unavailable),
        (.SQLITE_CANTOPEN, .unavailable), (.SQLITE_NOMEM, .unavailable), (.SQLITE_CONSTRAINT_UNIQUE, .other),
    ])
    func `SQLite's code becomes ours, and none of its text gets out`(_ code: ResultCode, _ expected: StoreError.Code) {
        let error = DatabaseError(
            resultCode: code, message: "near Ada", sql: "INSERT Ada", arguments: ["Ada Example"])
        let mapped = StoreError("commit", error)
        #expect(mapped.code == expected)
        #expect(!mapped.description.contains("Ada"))
    }

    @Test func `the write-ahead log stays within its bound under load`() async throws {
        var configuration = StoreConfiguration()
        configuration.durability = .process
        configuration.walBytes = 1 << 20
        let harness = try SQLiteHarness(configuration)
        let store = try harness.openStore()
        for round in 0..<60 {
            let records = (0..<100).map { Sample.record("\(round).\($0)", at: Sample.at(0)) }
            _ = try await store.commit(Commit(scores: records))
        }
        let size = try FileManager.default.attributesOfItem(atPath: harness.path + "-wal")[.size] as? Int
        #expect(try #require(size) < 4 << 20)
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a log that is far from full is copied into the file beside the writer`() async throws {
        func size(_ path: String) throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        }
        var configuration = StoreConfiguration()
        configuration.durability = .process
        let harness = try SQLiteHarness(configuration)
        let store = try harness.openStore()
        let empty = try size(harness.path)
        var records = 0
        // Five twelfths of the log: SQLite itself would not begin before the whole.
        while try size(harness.path + "-wal") < 14 << 20 {
            _ = try await store.commit(
                Commit(scores: (0..<100).map { Sample.record("\(records).\($0)", at: Sample.at(0)) }))
            records += 100
        }
        while try size(harness.path) == empty {
            try Task.checkCancellation()
            await Task.yield()
        }
        await store.close()
    }
}
