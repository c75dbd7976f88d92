import Foundation
import GRDB
public import Scoring

/// Looks at a store's file without changing it; one that a running server holds is looked at all the same.
public struct SQLiteExamination: Sendable {
    private let path: String
    private let checkLimit: Duration

    private static let subject = "database"

    /// - Parameters:
    ///   - path: of the file.
    ///   - checkLimit: how long looking for damage may take.
    public init(path: String, checkLimit: Duration = .seconds(10)) {
        self.path = path
        self.checkLimit = checkLimit
    }

    public func run() async -> [Finding] {
        guard FileManager.default.fileExists(atPath: path) else {
            return [finding("file", .well, "\(path) is not there yet; the first start makes it")]
        }
        var findings = [owner(), holder()]
        do {
            findings.append(contentsOf: try await tables())
        } catch {
            let failure = StoreError("open the database", error)
            findings.append(
                finding(
                    "opens", .broken, failure.message,
                    failure.code == .corrupt
                        ? "name another file by --database, or restore a backup"
                        : "look at the file's owner and its disk"))
        }
        return findings
    }

    private func finding(
        _ question: String, _ verdict: Finding.Verdict, _ found: String, _ advice: String? = nil
    ) -> Finding {
        Finding(Self.subject, question, verdict, found, advice: advice)
    }

    private func owner() -> Finding {
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
        guard access(path, R_OK | W_OK) == 0 else {
            return finding(
                "file", .broken, "\(path) can't be \(access(path, R_OK) == 0 ? "written" : "read")",
                "give it to the user that serves, on a disk that can be written")
        }
        guard let mode, mode & 0o077 != 0 else { return finding("file", .well, "\(path), its owner's alone") }
        return finding(
            "file", .warning, "\(path) is open to others (mode \(String(mode, radix: 8)))",
            "chmod 600 it: it holds leads")
    }

    /// Whether a server has the file now.
    private func holder() -> Finding {
        let descriptor = open(path + ".lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return finding("in use", .well, "no server has it open") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            return finding("in use", .well, "a running server has it open")
        }
        return finding("in use", .well, "no server has it open")
    }

    private func tables() async throws -> [Finding] {
        try DatabaseFile.checkHeader(path: path)
        var settings = Configuration()
        settings.readonly = true
        settings.busyMode = .timeout(2)
        let queue = try DatabaseQueue(path: path, configuration: settings)
        defer { try? queue.close() }
        var findings: [Finding] = [
            try await queue.read { database -> Finding in
                try DatabaseFile.recogniseTables(database)
                return try Schema.migrator.hasCompletedMigrations(database)
                    ? finding("tables", .well, "ours, and up to date")
                    : finding("tables", .warning, "ours, of an older version", "back up; the next start updates them")
            }
        ]
        // A large file takes minutes to look through, and who asks waits: the look ends at its limit.
        let timer = Task {
            try await Task.sleep(for: checkLimit)
            queue.interrupt()
        }
        defer { timer.cancel() }
        do {
            let words = try await queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(3)") }
            findings.append(
                words == ["ok"]
                    ? finding("damage", .well, "none")
                    : finding(
                        "damage", .broken, "\(words.count) or more places", "stop the server and restore a backup"))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            findings.append(
                finding("damage", .warning, "not looked for to the end within \(checkLimit.components.seconds) s"))
        }
        return findings
    }
}
