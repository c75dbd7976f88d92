import Foundation
import Learning

/// One table ready to be learned from: encoded cells, the rows that take part, their folds, and what is known before.
struct LearningTask: Sendable {
    let data: EncodedTable
    /// Rows of `data` that take part.
    let rows: [Int]
    /// One or more ways to part the rows into folds: for each the fold of each of `rows`.
    let partitions: [[Int]]
    let foldCount: Int
    /// The cells in the scorecard's bins.
    let bins: (binnings: [Scorecard.Binning], codes: Scorecard.Codes)
    /// The prior's margins, where the table holds what it reads.
    let prior: PriorBase?
    let seed: UInt64
    /// Forests that may grow at once. The result doesn't depend on it.
    let threads: Int

    init(
        data: EncodedTable, rows: [Int], partitions: [[Int]], foldCount: Int, prior: PriorBase?, seed: UInt64,
        threads: Int
    ) {
        self.data = data
        self.rows = rows
        self.partitions = partitions
        self.foldCount = foldCount
        self.prior = prior
        self.seed = seed
        self.threads = threads
        let binnings = Scorecard.binnings(data, rows: rows)
        bins = (binnings, Scorecard.codes(data, binnings))
    }

    /// For each column of `data`: may more of it only raise (1) or only lower (-1) the margin?
    var directions: [Int] { prior?.directions ?? data.columns.map { _ in 0 } }

    /// Rows that every fold's model judges, for the refit variance: an average by decile, which more don't sharpen.
    var sample: [Int] {
        let stride = max(1, rows.count / 20_000)
        return Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
    }

    /// Places in `rows` inside and outside a fold.
    func places(partition: Int, fold: Int) -> (inside: [Int], outside: [Int]) {
        let folds = partitions[partition]
        return (folds.indices.filter { folds[$0] == fold }, folds.indices.filter { folds[$0] != fold })
    }

    /// What the model starts from on all rows of the table, fitted to some: share × prior + an intercept.
    func base(priorShare: Double, fittedTo training: [Int]) -> BaseMargin {
        BaseMargin(prior: prior?.margins, share: priorShare, labels: data.labels, rows: training)
    }
}

/// share × the prior's margin + the intercept with which the training rows' mean probability is their rate.
struct BaseMargin: Sendable {
    let prior: [Float]?
    let share: Double
    let intercept: Double

    init(prior: [Float]?, share: Double, labels: [Bool], rows: [Int]) {
        self.prior = share == 0 ? nil : prior
        self.share = share
        // Half a positive in one row more: kept off 0 and 1, where there is no margin.
        let rate = (Double(rows.count { labels[$0] }) + 0.5) / (Double(rows.count) + 1)
        let target = rate * Double(rows.count)
        var intercept = LogLoss.logOdds(rate)
        if let prior = self.prior {
            let offsets = rows.map { share * Double(prior[$0]) }
            intercept -= offsets.reduce(0, +) / Double(max(1, rows.count))
            for _ in 0..<50 {
                var sum = 0.0
                var slope = 1e-9
                for offset in offsets {
                    let p = LogLoss.logistic(offset + intercept)
                    sum += p
                    slope += p * (1 - p)
                }
                let step = min(1, max(-1, (target - sum) / slope))
                intercept += step
                if abs(step) < 1e-10 { break }
            }
        }
        self.intercept = intercept
    }

    func margin(row: Int) -> Double { intercept + (prior.map { share * Double($0[row]) } ?? 0) }
}

/// What one kind of model says about rows that it wasn't trained on.
struct CrossResult: Sendable {
    /// For each of the task's rows; the mean over the partitions.
    var margins: [Double]
    /// For each fold of the first partition the margins of the task's sample by the model that didn't see the fold.
    var foldMargins: [[Double]]

    func logLoss(_ task: LearningTask) -> Double { LogLoss.mean(margins, task.rows.map { task.data.labels[$0] }) }
}

/// −log of the probability that a log-odds gives to what happened.
enum LogLoss {
    static func of(margin: Double, label: Bool) -> Double {
        let towards = label ? -margin : margin
        return max(towards, 0) + log1p(exp(-abs(towards)))
    }

    static func mean(_ margins: [Double], _ labels: [Bool]) -> Double {
        zip(margins, labels).reduce(0) { $0 + of(margin: $1.0, label: $1.1) } / Double(max(1, labels.count))
    }

    static func logistic(_ margin: Double) -> Double { 1 / (1 + exp(-margin)) }

    /// Of a probability inside 0...1.
    static func logOdds(_ probability: Double) -> Double { log(probability / (1 - probability)) }
}
