import Learning

/// Finds the penalty with which the scorecard judges rows best that it wasn't fitted to.
struct ScorecardValidation {
    /// Tried from the heaviest on, while the loss falls.
    static let penalties: [Double] = [100, 30, 10, 3, 1]

    let task: LearningTask
    let priorShare: Double

    /// The best penalty, or the one given, and what the folds' scorecards say. `progress` is called after each penalty.
    func run(penalty fixed: Double? = nil, progress: () -> Void) -> (penalty: Double, result: CrossResult) {
        var folds = task.partitions.indices.flatMap { partition in
            (0..<task.foldCount).map { Fold(task, partition: partition, fold: $0, priorShare: priorShare) }
        }
        var best: (penalty: Double, result: CrossResult, loss: Double)?
        for penalty in fixed.map({ [$0] }) ?? Self.penalties {
            for fold in folds.indices { folds[fold].fit(task, penalty: penalty) }
            let result = result(folds)
            let loss = result.logLoss(task)
            progress()
            guard loss < best?.loss ?? .infinity else { break }
            best = (penalty, result, loss)
        }
        // At least one penalty was tried.
        let found = best ?? (Self.penalties[0], result(folds), .infinity)
        return (found.penalty, found.result)
    }

    private func result(_ folds: [Fold]) -> CrossResult {
        var margins = [Double](repeating: 0, count: task.rows.count)
        for fold in folds {
            for place in fold.inside {
                margins[place] += fold.margin(task, row: task.rows[place]) / Double(task.partitions.count)
            }
        }
        let sample = task.sample
        let first = folds.prefix(task.foldCount).map { fold in sample.map { fold.margin(task, row: $0) } }
        return CrossResult(margins: margins, foldMargins: first)
    }

    /// A scorecard that doesn't see one fold.
    private struct Fold {
        let inside: [Int]
        private let training: [Int]
        private let base: BaseMargin
        private var card: Scorecard

        init(_ task: LearningTask, partition: Int, fold: Int, priorShare: Double) {
            let places = task.places(partition: partition, fold: fold)
            inside = places.inside
            training = places.outside.map { task.rows[$0] }
            base = task.base(priorShare: priorShare, fittedTo: training)
            card = Scorecard(binnings: task.bins.binnings)
        }

        mutating func fit(_ task: LearningTask, penalty: Double) {
            card.fit(
                codes: task.bins.codes, labels: task.data.labels, rows: training, base: base, penalty: penalty,
                directions: task.directions)
        }

        func margin(_ task: LearningTask, row: Int) -> Double {
            card.margin(row: row, codes: task.bins.codes, base: base)
        }
    }
}
