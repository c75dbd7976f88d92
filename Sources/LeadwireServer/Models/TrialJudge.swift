import Leads
import Learning
import Logging
import NIOConcurrencyHelpers
import Scoring

/// Judges a model on trial by what it said unseen, once it is known what became of those leads: better takes over, worse
/// ends the trial, undecided goes on.
final class TrialJudge: Sendable {
    /// So many leads a trial must have seen to its end before it is judged.
    static let minimumRows = 100
    private static let pageRows = 2_000
    private static let maximumTenants = 10_000

    private let source: any TrialSource
    private let ledger: any TrainingLedger
    private let engine: ScoringEngine
    private let desk: ModelDesk
    private let settings: LearningSettings
    private let clock: any WallClock
    private let logger: Logger
    private let standing = NIOLockedValueBox<[Tenant: (model: String, comparison: GateComparison)]>([:])

    init(
        source: any TrialSource, ledger: any TrainingLedger, engine: ScoringEngine, desk: ModelDesk,
        settings: LearningSettings, clock: any WallClock, logger: Logger
    ) {
        self.source = source
        self.ledger = ledger
        self.engine = engine
        self.desk = desk
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// How the tenant's trial stood when it was looked at last; nil for none.
    func standing(of tenant: Tenant) -> GateComparison? {
        guard let trial = engine.trial(in: desk.models.scope(of: tenant)) else { return nil }
        return standing.withLockedValue { $0[tenant] }.flatMap { $0.model == trial.sha256 ? $0.comparison : nil }
    }

    /// One round over the tenants whose scope has a trial.
    func judgeAll() async {
        do {
            let tenants = try await ledger.tenants(limit: Self.maximumTenants).keys
            for tenant in tenants.sorted(by: { $0.name < $1.name }) {
                if let trial = engine.trial(in: desk.models.scope(of: tenant)) { try await judge(trial, of: tenant) }
            }
        } catch let error as StoreError {
            logger.warning("a trial can't be judged now (\(error.code.rawValue))")
        } catch {
            logger.warning("a trial could not be ended: \((error as? APIError)?.message ?? "\(error)")")
        }
    }

    private func judge(_ trial: ModelArtifact, of tenant: Tenant) async throws {
        var evidence = TrialEvidence(window: settings.labelWindow, asOf: clock.now)
        var row: Int64?
        repeat {
            let page = try await source.trialCandidates(
                of: tenant, challenger: trial.sha256, after: row, limit: Self.pageRows)
            for candidate in page.candidates { evidence.add(candidate) }
            row = page.next
        } while row != nil
        let comparison = evidence.comparison()
        standing.withLockedValue { $0[tenant] = (trial.sha256, comparison) }
        let scope = desk.models.scope(of: tenant)
        guard comparison.rows >= Self.minimumRows, engine.trial(in: scope)?.sha256 == trial.sha256 else { return }
        switch comparison.verdict {
        case .better where settings.promotion == .auto:
            try await desk.promote(trial.sha256, in: scope, caller: tenant, comparison: comparison)
            logger.notice("\(trial.version) was better on trial and serves now", metadata: ["tenant": "\(tenant.name)"])
        case .worse:
            try await desk.reject(trial, in: scope, caller: tenant, comparison: comparison)
            logger.notice("\(trial.version) was worse on trial", metadata: ["tenant": "\(tenant.name)"])
        case .better, .undecided: break
        }
    }
}
