import JSONBytes
import Leads
import Learning
import Logging
import NIOConcurrencyHelpers
import Scoring
import ServiceLifecycle

/// Learns again when enough has become known since the last time: one tenant after the other, on one node of many.
final class Retrainer: Sendable {
    /// How a tenant's learning stands.
    struct Reading: Sendable, Hashable {
        var isTraining: Bool
        var last: TrainingMark?
        /// Why the last training here brought nothing.
        var failure: String?
        /// Whether what the model in use had said came true, as the last training here found it.
        var calibration: CalibrationReading?
    }

    /// Trainings that were asked for and wait.
    static let maximumWaiting = 16
    private static let maximumTenants = 10_000

    let settings: LearningSettings
    private let trainer: any ModelTrainer
    private let ledger: any TrainingLedger
    private let desk: ModelDesk
    private let judge: TrialJudge?
    private let clock: any WallClock
    private let logger: Logger
    private let failures = NIOLockedValueBox<[Tenant: String]>([:])
    private let calibrations = NIOLockedValueBox<[Tenant: (model: String, reading: CalibrationReading)]>([:])
    private let waiting = NIOLockedValueBox<[Tenant]>([])
    private let bell = Bell()

    init(
        settings: LearningSettings, trainer: any ModelTrainer, ledger: any TrainingLedger, desk: ModelDesk,
        judge: TrialJudge?, clock: any WallClock, logger: Logger
    ) {
        self.settings = settings
        self.trainer = trainer
        self.ledger = ledger
        self.desk = desk
        self.judge = judge
        self.clock = clock
        self.logger = logger
    }

    /// Asks for a training now, whatever is due; who waits for one already gets that.
    ///
    /// - Returns: false when too many wait already.
    func ask(for tenant: Tenant) -> Bool {
        let isTaken = waiting.withLockedValue { waiting in
            if waiting.contains(tenant) { return true }
            guard waiting.count < Self.maximumWaiting else { return false }
            waiting.append(tenant)
            return true
        }
        if isTaken { bell.ring() }
        return isTaken
    }

    func reading(of tenant: Tenant) async throws(StoreError) -> Reading {
        let mark = try await ledger.trainingMark(of: tenant)
        let failure = failures.withLockedValue { $0[tenant] }
        let isTraining = mark.map { $0.busyUntil > clock.now } ?? false
        let inUse = desk.models.inUse(in: desk.models.scope(of: tenant)).sha256
        let calibration = calibrations.withLockedValue { $0[tenant] }.flatMap { $0.model == inUse ? $0.reading : nil }
        return Reading(isTraining: isTraining, last: mark, failure: failure, calibration: calibration)
    }

    /// Looks and learns until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [self] in
                await Pace.beat(every: { settings.checkInterval }) { bell.ring() }
            }
            if let judge {
                tasks.addTask { [settings] in
                    await Pace.beat(every: { settings.judgeInterval }) { await judge.judgeAll() }
                }
            }
            tasks.addTask { [self] in
                for await _ in bell.rings {
                    while let tenant = waiting.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) {
                        await train(tenant)
                    }
                    await look()
                }
            }
            await tasks.waitForAll()
        }
    }

    /// One round over all tenants.
    func look() async {
        do throws(StoreError) {
            let tenants = try await ledger.tenants(limit: Self.maximumTenants)
            for (tenant, counts) in tenants.sorted(by: { $0.key.name < $1.key.name }) {
                guard !Task.isCancelled else { return }
                let mark = try await mark(of: tenant, outcomes: counts.won + counts.other)
                if settings.isDue(mark, won: counts.won, other: counts.other, at: clock.now) { await train(tenant) }
            }
        } catch {
            logger.warning("what there is to learn from can't be read now (\(error.code.rawValue))")
        }
    }

    /// The last training, by the outcomes that are still there: one that was erased since is not waited for again.
    private func mark(of tenant: Tenant, outcomes: Int) async throws(StoreError) -> TrainingMark? {
        guard let mark = try await ledger.trainingMark(of: tenant) else { return nil }
        guard mark.busyUntil <= clock.now, outcomes < mark.outcomes else { return mark }
        var lower = mark
        lower.outcomes = outcomes
        return try await ledger.mark(tenant, lower, replacing: mark) ? lower : mark
    }

    /// Trains one tenant's model, and lets it take over if it is better.
    func train(_ tenant: Tenant) async {
        do {
            let old = try await ledger.trainingMark(of: tenant)
            let now = clock.now
            guard old.map({ $0.busyUntil <= now }) ?? true else { return }
            let counts = try await ledger.tenants(limit: Self.maximumTenants)[tenant]
            // Nothing is learned yet: should this process die, what is new stays new.
            let begun = TrainingMark(
                outcomes: old?.outcomes ?? 0, startedAt: now, busyUntil: now.advanced(by: settings.deadline))
            // Another node may have been quicker.
            guard try await ledger.mark(tenant, begun, replacing: old) else { return }
            failures.withLockedValue { $0[tenant] = nil }
            var ended = begun
            ended.busyUntil = now
            ended.outcomes = counts.map { $0.won + $0.other } ?? 0
            do {
                try await learn(tenant)
            } catch {
                // Where more outcomes are needed, it waits for them; else it tries again after the pause.
                let waits = (error as? TrainingFailure)?.needsMoreOutcomes ?? false
                if !waits { ended.outcomes = old?.outcomes ?? 0 }
                await note(error, tenant)
            }
            _ = try await ledger.mark(tenant, ended, replacing: begun)
        } catch {
            logger.warning("a training could not be noted in the store (\(error.code.rawValue))")
        }
    }

    private func learn(_ tenant: Tenant) async throws {
        let scope = desk.models.scope(of: tenant)
        let champion = desk.models.inUse(in: scope)
        logger.notice("training began", metadata: ["tenant": "\(tenant.name)"])
        let trained = try await trainer.train(tenant: tenant, against: champion)
        if let calibration = trained.calibration { try await note(calibration, of: champion, tenant) }
        let model = try await desk.add(
            artifact: trained.artifact, in: scope, caller: tenant, comparison: trained.comparison)
        logger.notice(
            "training ended: \(model.version) is \(trained.comparison?.verdict.rawValue ?? "not compared")",
            metadata: ["tenant": "\(tenant.name)"])
        // Compared with what serves now, not with what served then.
        guard settings.promotion == .auto, trained.comparison?.verdict == .better,
            desk.models.inUse(in: scope).sha256 == champion.sha256, model.sha256 != champion.sha256
        else { return }
        try await desk.promote(model.sha256, in: scope, caller: tenant, comparison: trained.comparison)
    }

    /// Says it once when the model's promises begin to differ from what came true.
    private func note(
        _ calibration: CalibrationReading, of champion: ModelArtifact, _ tenant: Tenant
    ) async throws(APIError) {
        let before = calibrations.withLockedValue { $0[tenant] }
        calibrations.withLockedValue { $0[tenant] = (champion.sha256, calibration) }
        let was = before?.model == champion.sha256 ? before?.reading.verdict : nil
        guard calibration.verdict != was, [.watch, .act].contains(calibration.verdict) else { return }
        let promised = Int(calibration.expected.rounded())
        try await desk.say(
            .drift, "\(calibration.observed) leads were won where the model promised \(promised).", to: tenant
        ) { json in
            json.key("calibration")
            calibration.encode(to: &json)
        }
    }

    private func note(_ error: any Error, _ tenant: Tenant) async {
        guard !(error is CancellationError) else { return }
        let message = (error as? TrainingFailure)?.message ?? (error as? APIError)?.message ?? "\(error)"
        failures.withLockedValue { $0[tenant] = message }
        logger.warning("training failed: \(message)", metadata: ["tenant": "\(tenant.name)"])
        do throws(APIError) {
            try await desk.say(.trainingFailed, message, to: tenant)
        } catch {
            logger.warning("the stream could not be told that training failed (\(error.message))")
        }
    }
}

/// Learns for as long as the server runs.
struct RetrainingService: Service {
    let retrainer: Retrainer

    func run() async throws {
        await cancelWhenGracefulShutdown { await retrainer.run() }
    }
}
