import Leads
import NIOConcurrencyHelpers
import Scoring

/// Asks every part whether it works: for real, in parallel, each with its own deadline (contract,
/// section 5).
final class HealthMonitor: Sendable {
    struct Report: Sendable {
        enum Status: String, Sendable { case healthy, degraded, unhealthy }

        var status: Status
        var model: PartHealth
        var cache: PartHealth
        var database: PartHealth
        var eventLog: PartHealth

        /// Whether a score can be made and stored.
        var isReady: Bool { model.status != .unavailable && database.status != .unavailable }
    }

    private let model: HealthProbe
    private let cache: HealthProbe
    /// Reading; with ``writing`` it is the database's line.
    private let database: HealthProbe
    private let writing: HealthProbe
    private let eventLog: HealthProbe

    /// Events that may wait between the log and the hub before that is a finding.
    private static let toleratedLag: UInt64 = 1_000
    /// For every part but the write probe, which takes two round trips.
    static let deadline = Duration.milliseconds(500)
    static let writeDeadline = Duration.milliseconds(800)
    /// A store or cache that answers later than this is degraded: the scores of the line behind it are late as well.
    static let slowAfter = Duration.milliseconds(250)

    init(
        engine: ScoringEngine, store: GuardedStore, cache: any ScoreCache, publisher: EventPublisher,
        exchange: RedisExchange? = nil
    ) {
        let writes = WriteProbe(store: store)
        model = HealthProbe(deadline: Self.deadline) {
            guard engine.selfTest() else { throw HealthWord.selfTestFailed }
            return nil
        }
        self.cache = HealthProbe(deadline: Self.deadline, slowAfter: Self.slowAfter) {
            try await cache.ping()
            return nil
        }
        database = HealthProbe(deadline: Self.deadline, slowAfter: Self.slowAfter) {
            try await store.ping()
            return nil
        }
        writing = HealthProbe(deadline: Self.writeDeadline) {
            try await writes.probeIfDue()
            return nil
        }
        eventLog = HealthProbe(deadline: Self.deadline, slowAfter: Self.slowAfter) {
            // Before anything was delivered, that the log can be read is all there is to know.
            var offsets = publisher.deliveredOffsets
            if offsets.isEmpty { offsets = [.local: .max] }
            for (tenant, delivered) in offsets {
                let logged = try await store.position(of: tenant).offset
                if logged > delivered, logged - delivered > Self.toleratedLag {
                    return HealthWord.notDelivered.rawValue
                }
            }
            // Nothing is lost then, but other nodes' events come late.
            return exchange?.finding
        }
    }

    func check() async -> Report {
        async let model = model.ask()
        async let cache = cache.ask()
        async let database = database.ask()
        async let writing = writing.ask()
        async let eventLog = eventLog.ask()
        var report = Report(
            status: .healthy, model: await model, cache: await cache,
            database: await database.including(await writing), eventLog: await eventLog)
        let parts = [report.model, report.cache, report.database, report.eventLog]
        if !report.isReady {
            report.status = .unhealthy
        } else if parts.contains(where: { $0.status != .available }) {
            report.status = .degraded
        }
        return report
    }
}

/// The write probe, at most every ten seconds; in between its last finding stands. At once when a caller's write has
/// failed since.
private final class WriteProbe: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var failure: StoreError?
        /// Probes that have not come back.
        var unanswered = 0
    }

    private static let interval = Duration.seconds(10)

    private let store: GuardedStore
    private let state = NIOLockedValueBox(State())

    init(store: GuardedStore) {
        self.store = store
    }

    func probeIfDue() async throws {
        let now = ContinuousClock.now
        let isDoubtful = store.lastWriteFailed
        let isDue = state.withLockedValue { state in
            // After a failure every check asks again, so that a part that came back is noticed at once; and while a probe
            // hangs, or the next check would find that nothing has failed.
            guard !isDoubtful, state.failure == nil, state.unanswered == 0, let last = state.last,
                last.duration(to: now) < Self.interval
            else {
                state.last = now
                state.unanswered += 1
                return true
            }
            return false
        }
        guard isDue else { return }
        defer { state.withLockedValue { $0.unanswered -= 1 } }
        do {
            try await store.probeWrite()
            state.withLockedValue { $0.failure = nil }
        } catch {
            state.withLockedValue { $0.failure = error }
            throw error
        }
    }
}
