import Leads
import Logging
import Scoring
import ServiceLifecycle

/// Everything that learns, tries out, judges and watches models, put together once.
struct ModelCare: Sendable {
    let desk: ModelDesk
    let judge: TrialJudge?
    /// nil where nothing trains.
    let retrainer: Retrainer?
    let drift: DriftWatch

    /// What the store can't do is left out: a trial that nobody can read back is not judged.
    init(
        models: ModelSwitch, engine: ScoringEngine, store: GuardedStore, opened: any LeadStore, nodes: Nodes?,
        trainer: (any ModelTrainer)?, settings: LearningSettings, clock: any WallClock, logger: Logger
    ) {
        let ledger = opened as? any TrainingLedger
        let desk = ModelDesk(models: models, engine: engine, store: store, ledger: ledger, nodes: nodes, clock: clock)
        var judge: TrialJudge?
        if let source = opened as? any TrialSource, let ledger {
            judge = TrialJudge(
                source: source, ledger: ledger, engine: engine, desk: desk, settings: settings, clock: clock,
                logger: logger)
        }
        var retrainer: Retrainer?
        if let trainer, let ledger {
            retrainer = Retrainer(
                settings: settings, trainer: trainer, ledger: ledger, desk: desk, judge: judge, clock: clock,
                logger: logger)
        }
        self.desk = desk
        self.judge = judge
        self.retrainer = retrainer
        drift = DriftWatch(
            engine: engine, desk: desk, past: opened as? any RecentSource, interval: settings.checkInterval,
            logger: logger)
    }

    var services: [any Service] {
        var services: [any Service] = [DriftService(watch: drift)]
        if let retrainer { services.append(RetrainingService(retrainer: retrainer)) }
        return services
    }
}
