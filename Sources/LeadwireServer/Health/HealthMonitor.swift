import Leads
import NIOConcurrencyHelpers
import Scoring

/// Asks every part whether it works: for real, in parallel, each with its own deadline (contract, section 5).
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

    private enum Finding: String, Error, HealthErrorClass {
        case selfTestFailed = "self_test_failed"
        case notDelivered = "not_delivered"

        var healthClass: String { rawValue }
    }

    private let model: HealthProbe
    private let cache: HealthProbe
    private let database: HealthProbe
    private let eventLog: HealthProbe
    private let deadline: Duration

    /// Events that may wait between the log and the hub before that is a finding.
    private static let toleratedLag: UInt64 = 1_000

    init(
        engine: ScoringEngine, store: any LeadStore, cache: any ScoreCache, publisher: EventPublisher,
        deadline: Duration = .milliseconds(500)
    ) {
        self.deadline = deadline
        let writes = WriteProbe(store: store)
        model = HealthProbe {
            guard engine.selfTest() else { throw Finding.selfTestFailed }
            return nil
        }
        self.cache = HealthProbe {
            try await cache.ping()
            return nil
        }
        database = HealthProbe {
            try await store.ping()
            try await writes.probeIfDue()
            return nil
        }
        eventLog = HealthProbe {
            // Before anything was delivered, that the log can be read is all there is to know.
            var offsets = publisher.deliveredOffsets
            if offsets.isEmpty { offsets = [.local: .max] }
            for (tenant, delivered) in offsets {
                let logged = try await store.position(of: tenant).offset
                if logged > delivered, logged - delivered > Self.toleratedLag { return Finding.notDelivered.rawValue }
            }
            return nil
        }
    }

    func check() async -> Report {
        async let model = model.ask(deadline: deadline)
        async let cache = cache.ask(deadline: deadline)
        async let database = database.ask(deadline: deadline)
        async let eventLog = eventLog.ask(deadline: deadline)
        var report = Report(
            status: .healthy, model: await model, cache: await cache, database: await database,
            eventLog: await eventLog)
        let parts = [report.model, report.cache, report.database, report.eventLog]
        if !report.isReady {
            report.status = .unhealthy
        } else if parts.contains(where: { $0.status != .available }) {
            report.status = .degraded
        }
        return report
    }
}

/// The write probe, at most every ten seconds; in between its last finding stands.
private final class WriteProbe: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var failure: StoreError?
    }

    private static let interval = Duration.seconds(10)

    private let store: any LeadStore
    private let state = NIOLockedValueBox(State())

    init(store: any LeadStore) {
        self.store = store
    }

    func probeIfDue() async throws {
        let now = ContinuousClock.now
        let isDue = state.withLockedValue { state in
            // After a failure every check asks again, so that a part that came back is noticed at once.
            guard state.failure == nil, let last = state.last, last.duration(to: now) < Self.interval else {
                state.last = now
                return true
            }
            return false
        }
        guard isDue else { return }
        do {
            try await store.probeWrite()
            state.withLockedValue { $0.failure = nil }
        } catch {
            state.withLockedValue { $0.failure = error }
            throw error
        }
    }
}
