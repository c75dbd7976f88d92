import Features
public import Learning

/// Learns a model from a table: search for settings, measure on rows held out, then train again on all rows.
public struct Trainer {
    /// A trained model and how it came about.
    public struct Outcome: Sendable {
        public let artifact: ModelArtifact
        /// nil when nothing was held out: then nothing was measured.
        public let figures: QualityFigures?
        public let rounds: Int
        /// Chosen settings, for people.
        public let settings: String
        /// Settings that the budget allowed to try.
        public let triedSettings: Int
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

    /// Fewer rows of either class can't be split into folds that mean something.
    public static let minimumClassRows = 10

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
        let fitted = try fit(rows: training, split: split, fixed: nil, progress: progress)

        var figures: QualityFigures?
        if !held.isEmpty {
            figures = try measure(fitted, table: table, labels: labels, rows: held, moments: moments)
        } else if case .file(let path) = options.holdout {
            figures = try measure(fitted, file: path)
        }
        var final = fitted
        if !held.isEmpty {
            let fixed = Fixed(settings: fitted.settings, rounds: fitted.cross.rounds, tried: fitted.tried)
            final = try fit(rows: all, split: split, fixed: fixed, progress: progress)
        }
        let card = card(for: final, holdout: ModelCard.Holdout(kind: kind, figures: figures), isRefitted: !held.isEmpty)
        let distributions = try ColumnReference.distributions(
            of: final.data.columns, table: table, rows: final.rows, asOf: moments.asOf)
        return Outcome(
            artifact: try final.artifact(plan: plan, card: card, distributions: distributions), figures: figures,
            rounds: final.cross.rounds,
            settings: final.settings.name, triedSettings: final.tried)
    }

    // MARK: Steps

    private struct Fixed {
        let settings: BoosterSettings
        let rounds: Int
        let tried: Int
    }

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

    private func fit(
        rows: [Int], split: RowSplit, fixed: Fixed?, progress: (TrainingProgress) -> Void
    ) throws(TableError) -> FittedModel {
        let positives = rows.count { labels[$0] }
        let smaller = min(positives, rows.count - positives)
        guard smaller >= 5 else {
            throw TableError(
                .notEnoughData, "only \(smaller) rows of one class are left to learn from after the hold-out")
        }
        let columns = ColumnFit.columns(
            plan: plan, table: table, rows: rows, labels: labels, asOf: moments.asOf)
        let positions = try columns.map { column throws(TableError) in try table.position(of: column.name) }
        let data = EncodedTable(
            columns: columns, table: table, positions: positions, labels: labels, asOf: moments.asOf)
        let foldCount = moments.order != nil || rows.count >= 5_000 ? 5 : 10
        let folds =
            moments.order.map { RowSplit.timeFolds(of: rows, times: $0, count: foldCount) }
            ?? split.stratifiedFolds(of: rows, count: min(foldCount, smaller))
        let cross = CrossValidation(
            data: data, rows: rows, folds: folds, foldCount: (folds.max() ?? 0) + 1, seed: options.seed)
        if let fixed {
            let result = try cross.run(fixed.settings, fixedRounds: fixed.rounds) { rounds in
                progress(
                    TrainingProgress(stage: "training on all rows", done: rounds, total: fixed.rounds, unit: "rounds"))
            }
            return FittedModel(
                data: data, rows: rows, settings: fixed.settings, cross: result, tried: fixed.tried,
                seed: options.seed, moments: moments)
        }
        return try search(cross, progress: progress)
    }

    /// The settings with the smallest loss on rows that their forests didn't see, tried while the budget lasts.
    private func search(
        _ cross: CrossValidation, progress: (TrainingProgress) -> Void
    ) throws(TableError) -> FittedModel {
        let candidates = BoosterSettings.candidates(
            hasCategories: cross.data.columns.contains { $0.kind == .category && $0.vocabulary.count > 2 })
        let clock = ContinuousClock()
        let start = clock.now
        var best: (settings: BoosterSettings, result: CrossValidation.Result)?
        var tried = 0
        for (number, settings) in candidates.enumerated() {
            // The refit takes about as long as one candidate did: stop while that still fits.
            let elapsed = start.duration(to: clock.now)
            if number > 0, elapsed + elapsed / number * 2 > options.budget { break }
            let stage = "settings \(number + 1) of \(candidates.count)"
            let result = try cross.run(settings) { rounds in
                progress(TrainingProgress(stage: stage, done: rounds, total: nil, unit: "rounds"))
            }
            tried += 1
            if result.logLoss < best?.result.logLoss ?? .infinity { best = (settings, result) }
        }
        guard let best else { throw TableError(.notEnoughData, "no settings could be trained") }
        return FittedModel(
            data: cross.data, rows: cross.rows, settings: best.settings, cross: best.result, tried: tried,
            seed: options.seed, moments: moments)
    }

    // MARK: Measuring

    private func measure(
        _ fitted: FittedModel, table: RawTable, labels: [Bool], rows: [Int], moments: RowMoments
    ) throws(TableError) -> QualityFigures {
        let artifact = try fitted.artifact(plan: plan, card: ModelCard(name: options.name))
        let names = fitted.data.columns.map(\.name)
        let positions = try names.map { name throws(TableError) in try table.position(of: name) }
        let data = EncodedTable(
            columns: fitted.data.columns, table: table, positions: positions, labels: labels, asOf: moments.asOf)
        let margins = try artifact.margins(
            ofRows: data.rowMajor(rows, ranks: names.map { _ in nil }), count: rows.count)
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
                "After the hold-out figures were taken the forest was trained again on all rows with the rounds found and "
                    + "calibrated on their folds: the figures belong to the run before.")
        }
        if holdout.figures == nil {
            card.notes.append("Nothing was held out, so the quality of this model is unmeasured.")
        }
        if plan.isPolicyOverridden {
            let names = plan.columns.filter { $0.overridden != nil && $0.leftOut == nil }.map(\.name)
            card.notes.append("policy: overridden for \(names.joined(separator: ", "))")
        }
        return card
    }
}
