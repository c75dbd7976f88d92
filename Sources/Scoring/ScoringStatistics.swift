import Synchronization

/// The stages of a score that are timed.
public enum ScoringStage: String, Sendable, Hashable, CaseIterable {
    /// Words to features to row.
    case features
    /// Margin and SHAP.
    case inference
    /// Until the store said that it is durable.
    case commit
    /// From the call to the answer, cache hits included; a batch counts as one.
    case total
}

/// What the engine measured of itself. Counters and histograms are atomic; any thread may record or read.
public final class LatencyRecorder: Sendable {
    private let start = ContinuousClock.now
    private let features = LatencyHistogram()
    private let inference = LatencyHistogram()
    private let commit = LatencyHistogram()
    private let total = LatencyHistogram()
    private let scored = Atomic<Int>(0)
    private let hits = Atomic<Int>(0)
    private let shared = Atomic<Int>(0)
    private let replays = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let escalations = Atomic<Int>(0)
    private let shadows = Atomic<Int>(0)
    private let shadowFailures = Atomic<Int>(0)

    public init() {}

    func record(_ stage: ScoringStage, _ duration: Duration, at now: ContinuousClock.Instant) {
        histogram(stage).record(duration, elapsed: now - start)
    }

    func countScored(_ count: Int, escalated: Int) {
        scored.add(count, ordering: .relaxed)
        escalations.add(escalated, ordering: .relaxed)
    }

    func countHit() { hits.add(1, ordering: .relaxed) }
    func countShared() { shared.add(1, ordering: .relaxed) }
    func countReplay() { replays.add(1, ordering: .relaxed) }
    func countFailure() { failures.add(1, ordering: .relaxed) }

    func countShadow(failed: Bool) {
        if failed { shadowFailures.add(1, ordering: .relaxed) } else { shadows.add(1, ordering: .relaxed) }
    }

    private func histogram(_ stage: ScoringStage) -> LatencyHistogram {
        switch stage {
        case .features: features
        case .inference: inference
        case .commit: commit
        case .total: total
        }
    }

    /// A reading of everything.
    public func snapshot() -> ScoringStatistics {
        let elapsed = ContinuousClock.now - start
        var sinceStart: [ScoringStage: LatencySummary] = [:]
        var lastMinute: [ScoringStage: LatencySummary] = [:]
        for stage in ScoringStage.allCases {
            sinceStart[stage] = histogram(stage).sinceStart()
            lastMinute[stage] = histogram(stage).lastMinute(elapsed: elapsed)
        }
        return ScoringStatistics(
            uptime: elapsed, sinceStart: sinceStart, lastMinute: lastMinute, scored: scored.load(ordering: .relaxed),
            cacheHits: hits.load(ordering: .relaxed), sharedComputations: shared.load(ordering: .relaxed),
            idempotentReplays: replays.load(ordering: .relaxed), failures: failures.load(ordering: .relaxed),
            escalations: escalations.load(ordering: .relaxed), shadows: shadows.load(ordering: .relaxed),
            shadowFailures: shadowFailures.load(ordering: .relaxed))
    }
}

/// A reading of ``LatencyRecorder``.
public struct ScoringStatistics: Sendable, Hashable {
    /// Since the engine was made.
    public var uptime: Duration
    public var sinceStart: [ScoringStage: LatencySummary]
    /// The last 60 to 70 seconds.
    public var lastMinute: [ScoringStage: LatencySummary]
    /// Scores computed and committed.
    public var scored: Int
    /// Answers from the cache.
    public var cacheHits: Int
    /// Answers from an equal request that was under way.
    public var sharedComputations: Int
    public var idempotentReplays: Int
    public var failures: Int
    public var escalations: Int
    /// Scores that a model on trial has given too, and those that it could not give.
    public var shadows: Int
    public var shadowFailures: Int

    /// Share of answers that needed no computation, 0...1; 0 before the first answer.
    public var cacheHitRate: Double {
        let answers = scored + cacheHits + sharedComputations
        return answers == 0 ? 0 : Double(cacheHits + sharedComputations) / Double(answers)
    }

    /// Computed scores a second since start.
    public var scoresPerSecond: Double {
        let (seconds, attoseconds) = uptime.components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        return elapsed > 0 ? Double(scored) / elapsed : 0
    }
}
