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
    /// The folds of the one partition are stretches of time, oldest first.
    let isOrdered: Bool
    /// The cells in the scorecard's bins.
    let bins: (binnings: [Scorecard.Binning], codes: Scorecard.Codes)
    /// The prior's margins, where the table holds what it reads.
    let prior: PriorBase?
    let seed: UInt64
    /// Forests that may grow at once. The result doesn't depend on it.
    let threads: Int

    init(
        data: EncodedTable, rows: [Int], partitions: [[Int]], foldCount: Int, isOrdered: Bool = false,
        prior: PriorBase?, seed: UInt64, threads: Int
    ) {
        self.data = data
        self.rows = rows
        self.partitions = partitions
        self.foldCount = foldCount
        self.isOrdered = isOrdered
        self.prior = prior
        self.seed = seed
        self.threads = threads
        let binnings = Scorecard.binnings(data, rows: rows)
        bins = (binnings, Scorecard.codes(data, binnings))
    }

    /// For each of `rows` its stretch of time; nil where they have no order.
    var stretches: [Int]? { isOrdered ? partitions[0] : nil }

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

    /// What margins of rows outside the training are lifted by before a model is judged by them: where there is an order,
    /// to the own rate of their stretch. How high a stretch stands can't be told from the others, and calibration sees to
    /// it; only what tells its rows apart is judged.
    func lift(of margins: [Double], at places: [Int]) -> Double {
        isOrdered ? LogLoss.level(over: margins, positives: places.count { data.labels[rows[$0]] }) : 0
    }

    /// What the model starts from on all rows of the table, fitted to some: share × prior + an intercept.
    func base(priorShare: Double, fittedTo training: [Int]) -> BaseMargin {
        BaseMargin(prior: prior?.margins, share: priorShare, labels: data.labels, rows: training)
    }
}
