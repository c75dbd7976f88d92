import Leads
import Realtime
import Synchronization

/// Tokens that are refused although nothing is wrong with them: one by its id, or all of a user that were issued up to a
/// moment. Bounded; an entry ends by itself.
final class RevocationList: Sendable {
    enum Subject: Sendable, Hashable {
        case token(String)
        case user(String)
    }

    struct Entry: Sendable, Hashable {
        var tenant: String
        var subject: Subject
        /// The moment of the call: a user's newer tokens are taken.
        var revokedAt: Timestamp
        var until: Timestamp
    }

    fileprivate struct Key: Hashable {
        var tenant: String
        var subject: Subject
    }

    /// Of one tenant, so that none can use up the others' room; and in all.
    static let maximumEntriesPerTenant = 1_000
    static let maximumEntries = 20_000

    private let clock: any WallClock
    private let entries: Mutex<[Key: Entry]>
    /// Held while the list is written to disk, so that nobody who only asks has to wait for that.
    private let writing = Mutex(())
    private let file: RevocationFile?

    /// - Throws: ``KeyProblem`` when the file of an earlier run can't be read.
    init(clock: any WallClock, file: String? = nil) throws(KeyProblem) {
        self.clock = clock
        self.file = file.map(RevocationFile.init(path:))
        var table: [Key: Entry] = [:]
        for entry in try self.file?.read() ?? [] where entry.until > clock.now {
            table[Key(tenant: entry.tenant, subject: entry.subject)] = entry
        }
        entries = Mutex(table)
    }

    func isRevoked(_ principal: Principal) -> Bool {
        entries.withLock { table in
            guard !table.isEmpty else { return false }
            let now = clock.now
            if let id = principal.tokenID, let entry = table[Key(tenant: principal.tenant, subject: .token(id))],
                now < entry.until
            {
                return true
            }
            guard let entry = table[Key(tenant: principal.tenant, subject: .user(principal.user))], now < entry.until
            else { return false }
            // Without a time of issue nobody can tell that it is a new one.
            return (principal.issuedAt ?? .min) <= entry.revokedAt.milliseconds
        }
    }

    /// A new entry of this moment, not yet in the list.
    func entry(_ subject: Subject, tenant: String, until: Timestamp) -> Entry {
        Entry(tenant: tenant, subject: subject, revokedAt: clock.now, until: until)
    }

    /// Enters it, and where a file is configured writes it there before it counts as done.
    ///
    /// - Throws: ``APIError``, 503, when the list is full or the file can't be written; then nothing is changed.
    func revoke(_ entry: Entry) throws(APIError) {
        let failure: APIError? = writing.withLock { _ in
            let (next, isFull) = entries.withLock { $0 }.adding(entry, at: clock.now)
            guard !isFull else {
                return APIError(.overloaded, "the list of revocations is full; entries end at their time")
            }
            do throws(KeyProblem) {
                try file?.write(next.values)
            } catch {
                return APIError(.storeUnavailable, "the revocation can't be written; nothing was changed")
            }
            entries.withLock { [next] in $0 = next }
            return nil
        }
        if let failure { throw failure }
    }

    /// Enters what another node has taken: whatever its number, for there it counts already.
    func enter(_ entry: Entry) {
        writing.withLock { _ in
            let (next, _) = entries.withLock { $0 }.adding(entry, at: clock.now)
            entries.withLock { [next] in $0 = next }
        }
    }
}

extension [RevocationList.Key: RevocationList.Entry] {
    /// Without those that are over. An entry never takes anything back: a user's later revocation counts, and the longer
    /// end.
    fileprivate func adding(_ entry: RevocationList.Entry, at now: Timestamp) -> (Self, isFull: Bool) {
        var next = filter { $0.value.until > now }
        let key = RevocationList.Key(tenant: entry.tenant, subject: entry.subject)
        var entry = entry
        let known = next[key]
        if let known {
            entry.revokedAt = Swift.max(entry.revokedAt, known.revokedAt)
            entry.until = Swift.max(entry.until, known.until)
        }
        next[key] = entry
        let ofTenant = next.values.count { $0.tenant == entry.tenant }
        let isFull =
            known == nil
            && (ofTenant > RevocationList.maximumEntriesPerTenant || next.count > RevocationList.maximumEntries)
        return (next, isFull)
    }
}
