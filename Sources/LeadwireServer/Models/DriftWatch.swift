import JSONBytes
import Leads
import Learning
import Logging
import NIOConcurrencyHelpers
import Scoring
import ServiceLifecycle

/// Looks from time to time whether what comes in has moved away from what a tenant's model was measured on, and tells its
/// stream when that changes: once to `watch` or `act`, once back to `ok`.
final class DriftWatch: Sendable {
    private struct Said: Equatable {
        var model: String
        var verdict: DriftVerdict
    }

    private let engine: ScoringEngine
    private let desk: ModelDesk
    /// What was scored before the start; nil where the store can't say.
    private let past: (any RecentSource)?
    private let interval: Duration
    private let logger: Logger
    private let said = NIOLockedValueBox<[Tenant: Said]>([:])

    init(engine: ScoringEngine, desk: ModelDesk, past: (any RecentSource)?, interval: Duration, logger: Logger) {
        self.engine = engine
        self.desk = desk
        self.past = past
        self.interval = interval
        self.logger = logger
    }

    /// Looks until the task is cancelled.
    func run() async {
        await Pace.beat(every: { interval }) { await look() }
    }

    /// One round over the tenants with scores.
    func look() async {
        let tenants = engine.tenantsInDrift
        said.withLockedValue { said in said = said.filter { tenants.contains($0.key) } }
        for tenant in tenants {
            await recall(tenant)
            guard let report = engine.drift(of: tenant), report.verdict != .unknown else { continue }
            let now = Said(model: engine.model(of: tenant).sha256, verdict: report.verdict)
            let before = said.withLockedValue { $0[tenant] }
            guard now != before else { continue }
            // Nothing was amiss, and nothing is.
            if now.verdict == .ok, before.map({ $0.verdict == .ok || $0.model != now.model }) ?? true {
                said.withLockedValue { $0[tenant] = now }
                continue
            }
            do throws(APIError) {
                try await desk.say(.drift, Self.message(report), to: tenant) { json in
                    json.key("drift")
                    DriftJSON.encodeMoved(report, to: &json)
                }
                said.withLockedValue { $0[tenant] = now }
            } catch {
                logger.warning("the stream could not be told of drift; it is tried again (\(error.message))")
            }
        }
    }

    private func recall(_ tenant: Tenant) async {
        guard let past else { return }
        do {
            try await engine.recallDrift(of: tenant, from: past)
        } catch {
            logger.warning("drift is watched from this start on; the days before are asked for again (\(error))")
        }
    }

    private static func message(_ report: DriftReport) -> String {
        let moved = report.moved.prefix(3).map(\.name).joined(separator: ", ")
        let what = moved.isEmpty ? "" : " (\(moved))"
        switch report.verdict {
        case .ok, .unknown: return "What comes in looks again like what the model was measured on."
        case .watch: return "What comes in begins to differ from what the model was measured on\(what)."
        case .act:
            return "What comes in differs much from what the model was measured on\(what): its probabilities may be "
                + "wrong until it is trained again."
        }
    }
}

/// Watches for as long as the server runs.
struct DriftService: Service {
    let watch: DriftWatch

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch.run() }
    }
}
