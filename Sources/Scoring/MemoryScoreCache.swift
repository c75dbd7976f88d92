public import Leads
import Synchronization

/// The cache of one process: a record by content for ``timeToLive``, at most ``maximumEntries`` and ``maximumBytes``.
///
/// All entries live equally long, so the oldest is always the next to expire and the one to evict: a queue is enough.
/// A wall clock that jumps back makes entries from its future a miss, never immortal.
public final class MemoryScoreCache: ScoreCache {
    /// From the contract: 300 s.
    public static let defaultTimeToLive = Duration.seconds(300)

    public let timeToLive: Duration
    public let maximumEntries: Int
    public let maximumBytes: Int

    private struct Entry {
        var record: ScoreRecord
        var insertedAt: Timestamp
        var sequence: UInt64
        var byteCount: Int
    }

    private struct State {
        var entries: [CacheKey: Entry] = [:]
        /// Keys as inserted; a place whose sequence is not its entry's is stale and skipped.
        var queue: [(key: CacheKey, sequence: UInt64)] = []
        var head = 0
        var nextSequence: UInt64 = 0
        var byteCount = 0
        var hits = 0
        var misses = 0
        var evictions = 0
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    /// - Precondition: both limits are positive.
    public init(
        clock: any WallClock, timeToLive: Duration = defaultTimeToLive, maximumEntries: Int = 10_000,
        maximumBytes: Int = 64 << 20
    ) {
        precondition(maximumEntries > 0 && maximumBytes > 0, "a cache holds something")
        self.clock = clock
        self.timeToLive = timeToLive
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    public func record(for key: CacheKey) -> ScoreRecord? {
        let now = clock.now
        return state.withLock { state in
            guard let entry = state.entries[key], isLive(entry, at: now) else {
                state.misses += 1
                return nil
            }
            state.hits += 1
            return entry.record
        }
    }

    public func insert(_ record: ScoreRecord, for key: CacheKey) {
        let now = clock.now
        let byteCount = 512 + record.body.count + record.lead.count
        guard byteCount <= maximumBytes else { return }
        state.withLock { state in
            if let old = state.entries[key] { state.byteCount -= old.byteCount }
            let sequence = state.nextSequence
            state.nextSequence += 1
            state.entries[key] = Entry(record: record, insertedAt: now, sequence: sequence, byteCount: byteCount)
            state.byteCount += byteCount
            state.queue.append((key, sequence))
            trim(&state, at: now)
        }
    }

    public func remove(leadID: String, tenant: Tenant) {
        remove { $0.leadID == leadID && $0.tenant == tenant }
    }

    public func forgetOwn(of tenant: Tenant) {
        remove { $0.tenant == tenant }
    }

    /// O(entries): for opting out and erasing, not for every request.
    private func remove(where isMeant: (CacheKey) -> Bool) {
        state.withLock { state in
            for (key, entry) in state.entries where isMeant(key) {
                state.entries[key] = nil
                state.byteCount -= entry.byteCount
            }
        }
    }

    /// Forgets everything; the counts stay.
    public func removeAll() {
        state.withLock { state in
            state.entries = [:]
            state.queue = []
            state.head = 0
            state.byteCount = 0
        }
    }

    /// It is memory: it answers.
    public func ping() {}

    public var statistics: CacheStatistics {
        state.withLock { state in
            CacheStatistics(
                entries: state.entries.count, hits: state.hits, misses: state.misses, evictions: state.evictions)
        }
    }

    private func isLive(_ entry: Entry, at now: Timestamp) -> Bool {
        let age = now.duration(since: entry.insertedAt)
        return age >= .zero && age < timeToLive
    }

    /// Drops what is stale or expired at the front, then what is over the limits; amortised O(1) an insertion.
    private func trim(_ state: inout State, at now: Timestamp) {
        while state.head < state.queue.count {
            let place = state.queue[state.head]
            guard let entry = state.entries[place.key], entry.sequence == place.sequence else {
                state.head += 1
                continue
            }
            let isOver = state.entries.count > maximumEntries || state.byteCount > maximumBytes
            guard isOver || !isLive(entry, at: now) else { break }
            if isLive(entry, at: now) { state.evictions += 1 }
            state.entries[place.key] = nil
            state.byteCount -= entry.byteCount
            state.head += 1
        }
        // One key refreshed again and again leaves stale places behind a live front.
        if state.head > 1_024, state.head > state.queue.count / 2 {
            state.queue.removeFirst(state.head)
            state.head = 0
        } else if state.queue.count > 2 * maximumEntries + 1_024 {
            state.queue = state.queue[state.head...].filter { state.entries[$0.key]?.sequence == $0.sequence }
            state.head = 0
        }
    }
}
