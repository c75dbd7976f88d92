import NIOConcurrencyHelpers
import Scoring

/// What the server measured of its own work; with the engine's and the hub's own counters every figure of health, the
/// performance report and `/metrics`.
final class RequestStatistics: Sendable {
    /// Where the time of a scoring request goes, outside the engine.
    enum Stage: String, CaseIterable, Sendable {
        /// The body's bytes, from the head to the last one.
        case receive
        /// Bytes to a validated lead.
        case decode
        /// The engine's whole: features, model, explanation and commit.
        case score
        /// From head to answer of any scoring path.
        case request
    }

    struct RouteKey: Hashable, Sendable {
        /// A documented pattern or `other`, so the label is bounded.
        var route: String
        var method: String
        var status: Int
    }

    private let started = ContinuousClock.now
    private let receive = LatencyHistogram()
    private let decode = LatencyHistogram()
    private let score = LatencyHistogram()
    private let request = LatencyHistogram()
    private let all = LatencyHistogram()
    private let failures = LatencyHistogram()
    private let counts = NIOLockedValueBox<[RouteKey: Int]>([:])

    /// Methods that get a label of their own.
    private static let knownMethods: Set<String> = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]

    func record(route: String, method: String, status: Int, duration: Duration) {
        let label = Self.knownMethods.contains(method) ? method : "other"
        counts.withLockedValue { $0[RouteKey(route: route, method: label, status: status), default: 0] += 1 }
        let elapsed = uptime
        all.record(duration, elapsed: elapsed)
        if status >= 500 { failures.record(duration, elapsed: elapsed) }
    }

    func record(_ stage: Stage, _ duration: Duration) {
        histogram(stage).record(duration, elapsed: uptime)
    }

    struct Reading: Sendable {
        var sinceStart: LatencySummary
        var lastMinute: LatencySummary
    }

    func reading(of stage: Stage) -> Reading { reading(histogram(stage)) }

    var allRequests: Reading { reading(all) }

    /// Answers with a status of 500 and above.
    var failedRequests: Reading { reading(failures) }

    func requestCounts() -> [(key: RouteKey, count: Int)] {
        counts.withLockedValue { Array($0) }.map { (key: $0.key, count: $0.value) }.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }
    }

    var uptime: Duration { started.duration(to: .now) }

    private func reading(_ histogram: LatencyHistogram) -> Reading {
        Reading(sinceStart: histogram.sinceStart(), lastMinute: histogram.lastMinute(elapsed: uptime))
    }

    private func histogram(_ stage: Stage) -> LatencyHistogram {
        switch stage {
        case .receive: receive
        case .decode: decode
        case .score: score
        case .request: request
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var inMilliseconds: Double { inSeconds * 1_000 }
}
