import Foundation
import JSONBytes
import Leads

/// Revocations on disk, so that a restart does not let anyone back in: one JSON file, replaced as a whole.
struct RevocationFile: Sendable {
    private static let limits = JSONLimits(maximumDepth: 4, maximumBytes: 32 << 20)

    let path: String

    /// Nothing where there is no file yet.
    ///
    /// - Throws: ``KeyProblem`` for one that is damaged: starting without it would let revoked tokens in.
    func read() throws(KeyProblem) -> [RevocationList.Entry] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let data = FileManager.default.contents(atPath: path),
            let document = try? JSONDocument(parsing: Array(data), limits: Self.limits),
            let list = document.root["revocations"], list.kind == .array
        else { throw damaged }
        var entries: [RevocationList.Entry] = []
        for element in list.elements {
            guard let entry = RevocationJSON.entry(element) else { throw damaged }
            entries.append(entry)
        }
        return entries
    }

    func write(_ entries: some Collection<RevocationList.Entry>) throws(KeyProblem) {
        var json = JSONWriter(reserving: 64 + entries.count * 160)
        json.beginObject()
        json.key("revocations")
        json.beginArray()
        for entry in entries { RevocationJSON.write(entry, to: &json) }
        json.endArray()
        json.endObject()
        do {
            // Beside it and renamed, so that a crash leaves the old one or the new one.
            try Data(json.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw KeyProblem("\(path) can't be written")
        }
    }

    private var damaged: KeyProblem {
        KeyProblem("\(path) is damaged: restore it, or remove it if no revoked token is valid any more")
    }
}
