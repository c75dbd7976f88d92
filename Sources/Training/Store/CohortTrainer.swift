import Features
import Leads
public import Learning

/// Learns a model of leads from what a store kept of them: measures on the newest leads by a model of the older ones,
/// trains on all, and moves the probabilities to the rate of wins over all leads.
public struct CohortTrainer {
    /// A trained model, how it came about, and how it compares.
    public struct Outcome: Sendable {
        public let artifact: ModelArtifact
        /// Of the run on all rows.
        public let rounds: Int
        public let settings: String
        public let triedSettings: Int
        /// nil where nothing was held out: then nothing was measured.
        public let slice: HoldoutSlice?
        public let figures: QualityFigures?
        /// What the probabilities were moved by; nil where every label is known.
        public let shift: PriorShift?
        /// Against the champion that was handed in; nil without one, or where no lead's window has ended.
        public let comparison: GateComparison?
        /// Rows of the comparison that the champion may have been trained on: it is then harder to beat than it should be.
        public let rowsSeenByChampion: Int
    }

    public let cohort: LabelledCohort
    /// Of all rows: its columns and counts.
    public let trainer: Trainer
    private let options: TrainingOptions

    /// Takes seed, budget, name, excluded features and the share to hold out from `options`.
    ///
    /// - Throws: `notEnoughData` saying how many leads of which kind are missing.
    public init(cohort: LabelledCohort, options: TrainingOptions) throws(TableError) {
        let positives = cohort.rows.count { $0.isPositive }
        let others = cohort.rows.count - positives
        let least = Trainer.minimumClassRows
        guard min(positives, others) >= least else {
            throw TableError(
                .notEnoughData,
                "\(positives) won leads and \(others) others are known within their window; "
                    + "\(max(0, least - positives)) more won and \(max(0, least - others)) more others are needed")
        }
        var options = options
        options.label = RawTable.wonColumn
        options.positive = "yes"
        options.time = RawTable.momentColumn
        // The youngest leads with a label are those that were decided early: their rate is nobody's.
        options.level = .average
        self.options = options
        self.cohort = cohort
        trainer = try Trainer(table: RawTable(leads: cohort.rows), options: Self.without(holdout: options))
    }

    /// Measures, trains, compares. `progress` is called from this thread, some times a second.
    public func run(
        against champion: ModelArtifact? = nil, progress: (TrainingProgress) -> Void = { _ in }
    ) throws(TableError) -> Outcome {
        let slice = holdoutShare.flatMap { HoldoutSlice(cohort: cohort, share: $0) }
        var figures: QualityFigures?
        var comparison: GateComparison?
        var seen = 0
        if let slice {
            let measured = try Trainer(
                table: RawTable(leads: slice.training), options: Self.without(holdout: options)
            ).run(progress: progress).artifact
            let probabilities = try LeadProbabilities.of(slice.rows, by: measured)
            figures = QualityFigures(
                probabilities: probabilities, labels: slice.rows.map(\.isPositive), seed: options.seed)
            if let champion, slice.windowsHaveEnded {
                (comparison, seen) = try compare(champion, with: probabilities, on: slice)
            }
        }
        let trained = try trainer.run(progress: progress)
        let shift = cohort.baseRate?.shift
        let card = CohortCard(cohort: cohort, slice: slice, figures: figures, shift: shift)
            .written(on: trained.artifact.card)
        let artifact: ModelArtifact
        do {
            let carded = try trained.artifact.with(card: card)
            artifact = try shift.map { shift throws(ArtifactError) in try carded.shifted(shift) } ?? carded
        } catch {
            throw TableError(.library, "the trained model can't be put together: \(error)")
        }
        return Outcome(
            artifact: artifact, rounds: trained.rounds, settings: trained.settings,
            triedSettings: trained.triedSettings, slice: slice, figures: figures, shift: shift,
            comparison: comparison, rowsSeenByChampion: seen)
    }

    // MARK: Steps

    private var holdoutShare: Double? {
        if case .share(let share) = options.holdout, share > 0 { return share }
        return nil
    }

    /// Rows are held out here, by what is known of their windows, and not by the trainer. Half the budget, for there are
    /// two runs.
    private static func without(holdout options: TrainingOptions) -> TrainingOptions {
        var options = options
        if case .share = options.holdout { options.budget = options.budget / 2 }
        options.holdout = .none
        return options
    }

    /// On the rows that came after the champion's training where those suffice, else on all of the slice.
    private func compare(
        _ champion: ModelArtifact, with probabilities: [Double], on slice: HoldoutSlice
    ) throws(TableError) -> (GateComparison, seen: Int) {
        let old = try LeadProbabilities.of(slice.rows, by: champion)
        let labels = slice.rows.map(\.isPositive)
        // The card's window ends with a day; whatever was scored later was not seen.
        let seenUntil = champion.card.windowTo
        let isSeen = slice.rows.map { row in seenUntil.map { row.scoredAt.description.prefix(10) <= $0 } ?? false }
        let unseen = labels.indices.filter { !isSeen[$0] }
        func comparison(_ rows: [Int]) -> GateComparison {
            GateComparison(
                champion: rows.map { old[$0] }, challenger: rows.map { probabilities[$0] },
                labels: rows.map { labels[$0] }, seed: options.seed)
        }
        let fair = comparison(unseen)
        if fair.interval != nil || unseen.count == labels.count { return (fair, 0) }
        return (comparison(Array(labels.indices)), labels.count - unseen.count)
    }
}
