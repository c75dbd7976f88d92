public import Leads
public import Logging
import Redis
public import Scoring
import Synchronization

/// The shared cache while it is there, and this process's memory while it is not; a request never waits for a Redis that is
/// away, and never fails with it.
///
/// Memory is used only meanwhile and emptied before Redis is used again, so that a lead that another node removed does not
/// live on here. A removal that Redis could not take is done before that as well. While Redis is away nodes do not hear of
/// each other's removals: what is left of a removed lead in another node's memory, or in a Redis that this node alone can't
/// reach, ends with its time to live.
public final class ResilientScoreCache: ScoreCache {
    /// Removals that wait for Redis. With one more, Redis is not used until all its entries of that moment have ended.
    public static let maximumPendingRemovals = 10_000

    private struct State {
        var breaker: Breaker
        var pending: PendingRemovals
        var probe: Task<Void, Never>?
        var isRejoining = false
        var isClosed = false
    }

    private let shared: RedisScoreCache
    private let memory: MemoryScoreCache
    private let logger: Logger
    private let state: Mutex<State>

    public convenience init(_ shared: RedisScoreCache, memory: MemoryScoreCache, logger: Logger) {
        self.init(shared, memory: memory, logger: logger, breaker: Breaker.Settings())
    }

    init(
        _ shared: RedisScoreCache, memory: MemoryScoreCache, logger: Logger, breaker: Breaker.Settings,
        maximumPending: Int = maximumPendingRemovals
    ) {
        self.shared = shared
        self.memory = memory
        self.logger = logger
        state = Mutex(
            State(
                breaker: Breaker(breaker),
                pending: PendingRemovals(
                    maximumCount: maximumPending, timeToLive: shared.settings.timeToLive)))
    }

    deinit { state.withLock { $0.probe?.cancel() } }

    /// Whether Redis is asked now.
    public var isShared: Bool { state.withLock { $0.breaker.isClosed } }

    /// Removals that wait for Redis.
    public var pendingRemovals: Int { state.withLock { $0.pending.count } }

    public func record(for key: CacheKey) async -> ScoreRecord? { await records(for: [key])[0] }

    public func records(for keys: [CacheKey]) async -> [ScoreRecord?] {
        guard isShared else { return keys.map { memory.record(for: $0) } }
        do {
            let records = try await shared.records(for: keys)
            return isStillShared() ? records : keys.map { _ in nil }
        } catch {
            failed(error)
            return keys.map { memory.record(for: $0) }
        }
    }

    public func insert(_ record: ScoreRecord, for key: CacheKey) async { await insert([(key, record)]) }

    public func insert(_ records: [(key: CacheKey, record: ScoreRecord)]) async {
        if isShared {
            do {
                try await shared.insert(records)
                _ = isStillShared()
                return
            } catch {
                failed(error)
            }
        }
        guard !isShared else { return }
        for (key, record) in records { memory.insert(record, for: key) }
    }

    /// Done in memory when it returns, and in Redis now or before Redis is used again.
    public func remove(leadID: String, tenant: Tenant) async {
        memory.remove(leadID: leadID, tenant: tenant)
        let removal = Removal(leadID: leadID, tenant: tenant)
        // Noted first: while it is not done, nothing closes the breaker.
        let isOpen = state.withLock { state in
            guard !state.breaker.isClosed else { return false }
            state.pending.add(removal, at: .now)
            return true
        }
        guard !isOpen else { return }
        do {
            try await shared.remove([removal])
        } catch {
            state.withLock { $0.pending.add(removal, at: .now) }
            // Whatever the reason: Redis must not be asked for this lead.
            failed(error, isGrave: true)
        }
    }

    /// What memory holds of the tenant; Redis the other node has told.
    public func forgetOwn(of tenant: Tenant) { memory.forgetOwn(of: tenant) }

    /// Asks Redis, whatever the state; one that answers again is used again at once.
    public func ping() async throws {
        try await shared.ping()
        await rejoin()
    }

    /// Entries are Redis's; hits, misses and evictions those of both together.
    public var statistics: CacheStatistics {
        let (here, there) = (memory.statistics, shared.statistics)
        return CacheStatistics(
            entries: isShared ? there.entries : here.entries, hits: here.hits + there.hits,
            misses: here.misses + there.misses, evictions: here.evictions + there.evictions)
    }

    /// Ends the probe. Redis is not used any more.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            state.probe?.cancel()
            state.probe = nil
        }
    }

    // MARK: Away and back

    /// Notes a success. An answer that came after a removal failed is not to be given: it may be of the lead that was
    /// removed.
    private func isStillShared() -> Bool {
        state.withLock { state in
            state.breaker.succeeded()
            return state.breaker.isClosed
        }
    }

    private func failed(_ error: any Error, isGrave: Bool = false) {
        let redis = error as? RedisError
        // A caller who left says nothing about Redis.
        if redis?.code == .cancelled, !isGrave { return }
        let opens = state.withLock { state in
            let opens = state.breaker.failed(isGrave: isGrave || redis?.code == .deadline)
            // What a slow insertion left here after the last outage is of no use in this one.
            if opens { memory.removeAll() }
            return opens
        }
        guard opens else { return }
        logger.warning(
            "the shared cache is away; memory serves", metadata: ["error.class": "\(redis?.word ?? "other")"])
        startProbe()
    }

    private func startProbe() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.probe?.cancel()
            state.probe = Task { [weak self] in
                while !Task.isCancelled, let bound = self?.nextBound() {
                    // A floor, so that no run of lucky numbers makes it busy.
                    try? await Task.sleep(for: max(bound * Double.random(in: 0...1), .milliseconds(10)))
                    guard let self, !Task.isCancelled else { return }
                    if (try? await shared.ping()) != nil { await rejoin() }
                }
            }
        }
    }

    /// Nil when there is nothing to probe.
    private func nextBound() -> Duration? {
        state.withLock { state in
            guard !state.breaker.isClosed, !state.isClosed else { return nil }
            return state.breaker.nextBound()
        }
    }

    /// Does what waits, empties memory, and closes the breaker. One at a time.
    private func rejoin() async {
        let mayBegin = state.withLock { state in
            guard !state.breaker.isClosed, !state.isClosed, !state.isRejoining else { return false }
            guard !state.pending.isBlocked(at: .now) else { return false }
            state.isRejoining = true
            return true
        }
        guard mayBegin else { return }
        defer { state.withLock { $0.isRejoining = false } }
        while true {
            let batch = state.withLock { $0.pending.next(256) }
            if !batch.isEmpty {
                do {
                    try await shared.remove(batch)
                } catch {
                    return
                }
            }
            let isBack = state.withLock { state in
                state.pending.done(batch)
                guard state.pending.isEmpty, !state.isClosed else { return false }
                // Before anybody asks Redis again, nobody may find here what Redis was told to forget.
                memory.removeAll()
                state.breaker.close()
                return true
            }
            if isBack {
                logger.notice("the shared cache is back")
                return
            }
            guard !batch.isEmpty else { return }
        }
    }
}
