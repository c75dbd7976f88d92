public import Leads
public import Redis
public import Scoring
import Synchronization

/// The cache that all nodes share. What one has computed, the others answer from.
///
/// One hash a lead: its fields are the digests of content, model and profile, its values the records with the moment of
/// their end on the server's clock. So removing a lead is removing one key, whatever the server has evicted. After a
/// removal the lead is not cached for ``Settings/shadow``: a record that another node had on its way does not bring it
/// back. An entry that can't be read, of another version say, is a miss.
public final class RedisScoreCache: ScoreCache {
    public struct Settings: Sendable {
        /// An entry lives so long, less up to a tenth at random, so that what was cached in one burst does not end in
        /// one moment.
        public var timeToLive = MemoryScoreCache.defaultTimeToLive
        /// Longer than a record is on its way from the commit to the cache.
        public var shadow = Duration.seconds(10)
        /// Of one lead; with one more its others go.
        public var maximumEntriesPerLead = 16
        /// A larger record is not cached.
        public var maximumRecordBytes = 1 << 20
        /// For a read, a write, a removal.
        public var deadline = Duration.milliseconds(100)
        /// For ``ping()``: health waits half a second.
        public var pingDeadline = Duration.milliseconds(400)

        public init() {}
    }

    public let settings: Settings
    private let client: RedisClient

    private struct Counts {
        var entries = 0
        var hits = 0
        var misses = 0
        var damaged = 0
    }

    private let counts = Mutex(Counts())

    public init(_ client: RedisClient, settings: Settings = Settings()) {
        self.client = client
        self.settings = settings
    }

    /// Nothing here is this process's own.
    public func forgetOwn(of tenant: Tenant) {}

    public func record(for key: CacheKey) async throws -> ScoreRecord? {
        try await records(for: [key])[0]
    }

    public func records(for keys: [CacheKey]) async throws -> [ScoreRecord?] {
        guard !keys.isEmpty else { return [] }
        let commands =
            keys.map { key in
                RedisCommand("HGET", .bytes(RedisKeys.lead(key.leadID, key.tenant)), .bytes(Self.field(key)))
            } + [RedisCommand("TIME")]
        let answers = try await client.send(commands, deadline: deadline(keys.count))
        guard let time = answers.last, let now = Self.milliseconds(try time.get()) else {
            throw RedisError(.malformed, "TIME answered something else")
        }
        return try zip(keys, answers).map { key, answer in read(try answer.get(), for: key, now) }
    }

    private func read(_ answer: RESPValue, for key: CacheKey, _ now: Int64) -> ScoreRecord? {
        guard let value = answer.bytes else { return miss() }
        let digits = value.prefix(Self.endDigits)
        guard digits.count == Self.endDigits, let end = Int64(String(decoding: digits, as: UTF8.self)) else {
            return miss(isDamaged: true)
        }
        guard now < end else { return miss() }
        do {
            let record = try ScoreRecordForm.record(value.dropFirst(Self.endDigits), for: key)
            counts.withLock { $0.hits += 1 }
            return record
        } catch {
            return miss(isDamaged: true)
        }
    }

    public func insert(_ record: ScoreRecord, for key: CacheKey) async throws {
        try await insert([(key, record)])
    }

    public func insert(_ records: [(key: CacheKey, record: ScoreRecord)]) async throws {
        let calls = records.compactMap { insertion(of: $0.record, for: $0.key) }
        for answer in try await client.run(Self.insertion, calls, deadline: deadline(calls.count)) {
            _ = try answer.get()
        }
    }

    private func insertion(of record: ScoreRecord, for key: CacheKey) -> RedisScript.Call? {
        let bytes = ScoreRecordForm.bytes(of: record)
        guard bytes.count <= settings.maximumRecordBytes else { return nil }
        let longest = Self.milliseconds(settings.timeToLive)
        let life = longest - Int64.random(in: 0...(longest / 10))
        return RedisScript.Call(
            keys: [
                .bytes(RedisKeys.lead(key.leadID, key.tenant)), .bytes(RedisKeys.shadow(key.leadID, key.tenant)),
            ],
            arguments: [
                .bytes(Self.field(key)), .bytes(bytes), .integer(life), .integer(longest),
                .integer(Int64(settings.maximumEntriesPerLead)),
            ])
    }

    /// A batch takes longer than one record.
    private func deadline(_ count: Int) -> Duration { settings.deadline + .milliseconds(2) * max(0, count - 1) }

    public func remove(leadID: String, tenant: Tenant) async throws {
        try await remove([Removal(leadID: leadID, tenant: tenant)])
    }

    /// Many leads in one go.
    func remove(_ removals: [Removal]) async throws(RedisError) {
        let calls = removals.map { removal in
            RedisScript.Call(
                keys: [
                    .bytes(RedisKeys.lead(removal.leadID, removal.tenant)),
                    .bytes(RedisKeys.shadow(removal.leadID, removal.tenant)),
                ], arguments: [.integer(Self.milliseconds(settings.shadow))])
        }
        for answer in try await client.run(Self.removal, calls, deadline: deadline(calls.count)) {
            _ = try answer.get()
        }
    }

    public func ping() async throws {
        let answers = try await client.send(
            [RedisCommand("PING"), RedisCommand("DBSIZE")], deadline: settings.pingDeadline)
        _ = try answers[0].get()
        // A user who may not ask gets no figure.
        if let size = try? answers[1].get().integer { counts.withLock { $0.entries = Int(size) } }
    }

    /// Hits and misses of this node. Entries are the keys of the whole database at the last ``ping()``; what the server
    /// evicts is not counted here.
    public var statistics: CacheStatistics {
        counts.withLock { CacheStatistics(entries: $0.entries, hits: $0.hits, misses: $0.misses, evictions: 0) }
    }

    /// Entries that could not be read, of another version or damaged; each was a miss as well.
    public var unreadableEntries: Int { counts.withLock { $0.damaged } }

    // MARK: Form

    /// Milliseconds since 1970 until the year 2286.
    private static let endDigits = 13

    static func field(_ key: CacheKey) -> [UInt8] {
        var writer = ByteWriter(reserving: 16)
        writer.write(fixed: key.high)
        writer.write(fixed: key.low)
        return writer.bytes
    }

    private func miss(isDamaged: Bool = false) -> ScoreRecord? {
        counts.withLock { counts in
            counts.misses += 1
            if isDamaged { counts.damaged += 1 }
        }
        return nil
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { max(1, Int64(duration / .milliseconds(1))) }

    /// The answer of `TIME`: seconds and microseconds.
    private static func milliseconds(_ answer: RESPValue) -> Int64? {
        guard let parts = answer.elements, parts.count == 2, let seconds = parts[0].text.flatMap({ Int64($0) }),
            let microseconds = parts[1].text.flatMap({ Int64($0) })
        else { return nil }
        return seconds * 1_000 + microseconds / 1_000
    }

    // MARK: Scripts

    private static let insertion = RedisScript(
        """
        if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
        if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
            redis.call('DEL', KEYS[1])
        end
        local time = redis.call('TIME')
        local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
        redis.call('HSET', KEYS[1], ARGV[1], string.format('%013.0f', ends) .. ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 1
        """)

    /// The shadow may find no room in a full server; the removal counts all the same.
    private static let removal = RedisScript(
        """
        redis.call('DEL', KEYS[1])
        redis.pcall('SET', KEYS[2], '', 'PX', ARGV[1])
        return 1
        """)
}

/// A lead that must not be found any more.
struct Removal: Hashable, Sendable {
    var leadID: String
    var tenant: Tenant
}

extension RedisError: HealthErrorClass {
    public var healthClass: String { word }
}
