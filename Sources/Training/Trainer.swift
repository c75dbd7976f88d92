import Features
import Forest
import Foundation
public import Learning

/// Learns a model from a table: search for settings, measure on rows held out, then train again on all rows.
public struct Trainer {
    /// A trained model and how it came about.
    public struct Outcome: Sendable {
        public let artifact: ModelArtifact
        /// nil when nothing was held out: then nothing was measured.
        public let figures: QualityFigures?
        /// Trees in the forest.
        public let rounds: Int
        /// What was blended, for people.
        public let settings: String
        /// Settings of boosted forests that the budget allowed to try.
        public let triedSettings: Int
        /// Where the rate of positives moved with time, how, and that the probabilities follow the newest rows.
        public let levelNote: String?
    }

    public let plan: ColumnPlan
    public let positive: String
    public let rowCount: Int
    public let positiveCount: Int
    /// Rows that repeat an earlier one in every cell.
    public let repeatedRows: Int

    private let table: RawTable
    private let labels: [Bool]
    private let options: TrainingOptions
    private let moments: RowMoments

    /// Below so many rows of either class there is nothing to learn, only to remember.
    public static let minimumClassRows = 5
    /// Of those, so many have to be left after the hold-out: every fold holds one out.
    private static let minimumTrainingRows = 3
    /// Below so many rows the folds are drawn several times: one draw is a matter of luck.
    private static let rowsForOnePartition = 1_000
    private static let partitionsOfFewRows = 2

    /// Reads the label and judges the columns; nothing is trained yet.
    public init(table: RawTable, options: TrainingOptions) throws(TableError) {
        (labels, positive) = try LabelReader.labels(of: table, column: options.label, positive: options.positive)
        self.table = table
        self.options = options
        rowCount = table.rowCount
        positiveCount = labels.count { $0 }
        repeatedRows = table.repeatedRows
        guard min(positiveCount, rowCount - positiveCount) >= Self.minimumClassRows else {
            throw TableError(
                .notEnoughData,
                "\(positiveCount) of \(rowCount) rows are positive; at least \(Self.minimumClassRows) of either kind are "
                    + "needed")
        }
        plan = try ColumnPlan(table: table, labels: labels, options: options)
        moments = try RowMoments(table: table, plan: plan, time: options.time)
    }

    /// Searches, measures, trains. `progress` is called from this thread, some times a second.
    public func run(progress: (TrainingProgress) -> Void = { _ in }) throws(TableError) -> Outcome {
        let all = Array(0..<rowCount)
        let split = RowSplit(
            codes: plan.used.map { table.columns[$0.position].codes }, labels: labels, seed: options.seed)
        let (held, kind) = try heldOut(split)
        let heldSet = Set(held)
        let training = held.isEmpty ? all : all.filter { !heldSet.contains($0) }
        let task = try task(rows: training, split: split)
        let (blend, tried) = try CandidateSearch(task: task, options: options).run(progress: progress)
        let fitted = FittedModel(task: task, blend: blend, tried: tried, moments: moments, level: options.level)

        var figures: QualityFigures?
        if !held.isEmpty {
            figures = try measure(fitted, table: table, labels: labels, rows: held, moments: moments)
        } else if case .file(let path) = options.holdout {
            figures = try measure(fitted, file: path)
        }
        var final = fitted
        if !held.isEmpty {
            let task = try self.task(rows: all, split: split)
            let again = try CandidateSearch(task: task, options: options).again(blend, progress: progress)
            final = FittedModel(
                task: task, blend: again, tried: tried, moments: moments, level: options.level)
        }
        let card = card(for: final, holdout: ModelCard.Holdout(kind: kind, figures: figures), isRefitted: !held.isEmpty)
        let distributions = try ColumnReference.distributions(
            of: final.task.data.columns, table: table, rows: final.task.rows, asOf: moments.asOf)
        let artifact = try final.artifact(plan: plan, card: card, distributions: distributions)
        return Outcome(
            artifact: artifact, figures: figures, rounds: artifact.forest.treeCount, settings: final.blend.description,
            triedSettings: tried, levelNote: levelNote(of: final))
    }

    // MARK: Steps

    private func heldOut(_ split: RowSplit) throws(TableError) -> ([Int], ModelCard.Holdout.Kind) {
        switch options.holdout {
        case .none: return ([], .none)
        case .file: return ([], .file)
        case .share(let share):
            guard share > 0, share < 1 else {
                throw TableError(.invalidOption, "--holdout must be 0, a share below 1, or a CSV file")
            }
            if let times = moments.order { return (RowSplit.newestHoldout(times: times, share: share), .newest) }
            return (split.stratifiedHoldout(share: share), .stratified)
        }
    }

    private func task(rows: [Int], split: RowSplit) throws(TableError) -> LearningTask {
        let positives = rows.count { labels[$0] }
        let smaller = min(positives, rows.count - positives)
        guard smaller >= Self.minimumTrainingRows else {
            throw TableError(
                .notEnoughData, "only \(smaller) rows of one class are left to learn from after the hold-out")
        }
        let hasPrior = options.prior != nil && plan.isLeadFeatures
        let columns = ColumnFit.columns(
            plan: plan, table: table, rows: rows, labels: labels, asOf: moments.asOf, hasPrior: hasPrior)
        let positions = try columns.map { column throws(TableError) in try table.position(of: column.name) }
        var data = EncodedTable(
            columns: columns, table: table, positions: positions, labels: labels, asOf: moments.asOf)
        var prior: PriorBase?
        if hasPrior, let forest = options.prior {
            data.hideRareLevels(among: rows, least: ColumnFit.minimumCount(rows: rows.count))
            prior = try PriorBase(prior: forest, data: data)
        }
        let (partitions, foldCount) = partitions(of: rows, split: split, smaller: smaller)
        return LearningTask(
            data: data, rows: rows, partitions: partitions, foldCount: foldCount, isOrdered: moments.order != nil,
            prior: prior, seed: options.seed,
            threads: max(1, options.threads ?? ProcessInfo.processInfo.activeProcessorCount))
    }

    /// Stretches of time where there is a time; else folds with both classes spread evenly.
    private func partitions(of rows: [Int], split: RowSplit, smaller: Int) -> ([[Int]], Int) {
        if let times = moments.order {
            let count = min(5, rows.count)
            return ([RowSplit.timeFolds(of: rows, times: times, count: count)], count)
        }
        let count = min(rows.count >= 5_000 ? 5 : 10, smaller)
        let draws = rows.count < Self.rowsForOnePartition ? Self.partitionsOfFewRows : 1
        return ((0..<draws).map { split.stratifiedFolds(of: rows, count: count, draw: $0) }, count)
    }

    // MARK: Measuring

    private func measure(
        _ fitted: FittedModel, table: RawTable, labels: [Bool], rows: [Int], moments: RowMoments
    ) throws(TableError) -> QualityFigures {
        let artifact = try fitted.artifact(plan: plan, card: ModelCard(name: options.name), isExplained: false)
        let columns = fitted.task.data.columns
        let names = columns.map(\.name)
        let positions = try names.map { name throws(TableError) in try table.position(of: name) }
        let data = EncodedTable(
            columns: columns, table: table, positions: positions, labels: labels, asOf: moments.asOf)
        let margins = try artifact.margins(ofRows: data.rowMajor(rows), count: rows.count)
        let calibration = artifact.calibration
        return QualityFigures(
            probabilities: margins.map { calibration?.probability(ofMargin: Double($0)) ?? .nan },
            labels: rows.map { labels[$0] }, seed: options.seed)
    }

    private func measure(_ fitted: FittedModel, file path: String) throws(TableError) -> QualityFigures {
        let other = try RawTable(path: path)
        guard other.sha256 != table.sha256 else {
            throw TableError(.trainingRows, "the hold-out file is the training file: nothing could be measured on it")
        }
        let (labels, _) = try LabelReader.labels(of: other, column: options.label, positive: positive)
        let moments = try RowMoments(table: other, plan: plan, time: options.time)
        return try measure(fitted, table: other, labels: labels, rows: Array(0..<other.rowCount), moments: moments)
    }

    // MARK: The card

    private func card(for model: FittedModel, holdout: ModelCard.Holdout, isRefitted: Bool) -> ModelCard {
        var card = ModelCard(name: options.name)
        card.label = options.label
        card.positive = positive
        card.rows = rowCount
        card.positives = positiveCount
        (card.windowFrom, card.windowTo) = moments.window
        card.dataSHA256 = table.sha256
        card.holdout = holdout
        card.isRefitted = isRefitted
        card.leftOut = plan.columns.compactMap { column in
            guard let reason = column.leftOut, column.position != plan.labelPosition else { return nil }
            return ModelCard.LeftOut(column: column.name, reason: reason)
        }
        card.settings = model.cardSettings
        if isRefitted {
            card.notes.append(
                "After the hold-out figures were taken the forest was trained again on all rows with the settings found and "
                    + "calibrated on their folds: the figures belong to the run before.")
        }
        if let note = levelNote(of: model) { card.notes.append(note) }
        if holdout.figures == nil {
            card.notes.append("Nothing was held out, so the quality of this model is unmeasured.")
        }
        if plan.isPolicyOverridden {
            let names = plan.columns.filter { $0.overridden != nil && $0.leftOut == nil }.map(\.name)
            card.notes.append("policy: overridden for \(names.joined(separator: ", "))")
        }
        return card
    }

    private func levelNote(of model: FittedModel) -> String? {
        guard model.calibration.followsNewest else { return nil }
        let task = model.task
        let rates = (0..<task.foldCount).map { fold in
            let labels = task.places(partition: 0, fold: fold).inside.map { task.data.labels[task.rows[$0]] }
            return String(format: "%.1f%%", 100 * Double(labels.count { $0 }) / Double(labels.count))
        }
        return
            "The share of positives moved with time, \(rates.joined(separator: ", ")) from the oldest to the newest "
            + "part: probabilities follow the newest. If leads there are still open, train without them."
    }
}
