import Dispatch
import Foundation
import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Trains one forest a fold side by side, each blind to its fold, and finds the number of rounds that serves all of them.
struct CrossValidation {
    /// What the folds together say about settings.
    struct Result {
        let rounds: Int
        /// Mean over all rows, each judged by the forest that didn't see it.
        let logLoss: Double
        /// For each of the rows handed in, by the forest that didn't see it.
        let margins: [Double]
        /// For each fold forest its margins of a sample of rows, for the refit variance.
        let foldMargins: [[Double]]
    }

    let data: EncodedTable
    /// Rows of `data` that take part.
    let rows: [Int]
    /// The fold of each of `rows`.
    let folds: [Int]
    let foldCount: Int
    let seed: UInt64

    /// The refit variance is an average by decile: more rows than this don't sharpen it.
    private static let jackknifeRows = 20_000

    /// Trains all folds in step until the loss over all left-out rows stops falling, or exactly `fixedRounds`. `progress`
    /// gets the rounds done.
    func run(
        _ settings: BoosterSettings, fixedRounds: Int? = nil, progress: (Int) -> Void
    ) throws(TableError) -> Result {
        // Threads of ours, one booster each, rather than OpenMP's: those spin between the small steps of a tree and burn
        // the cores.
        let turns = DispatchSemaphore(value: max(1, ProcessInfo.processInfo.activeProcessorCount))
        let forests = (0..<foldCount).map { FoldForest(fold: $0, of: self, settings: settings, turns: turns) }
        try Self.together(forests) { $0.prepare() }
        var best = (rounds: 0, loss: Double.infinity)
        var rounds = 0
        let limit = fixedRounds ?? BoosterSettings.maximumRounds
        var looksWithoutGain = 0
        while rounds < limit, looksWithoutGain < BoosterSettings.patience {
            let step = min(BoosterSettings.roundsPerCheck, limit - rounds)
            let measures = fixedRounds == nil
            try Self.together(forests) { $0.boost(step, measuring: measures) }
            rounds += step
            progress(rounds)
            guard fixedRounds == nil else { continue }
            let loss = forests.reduce(0) { $0 + $1.lossSum } / Double(rows.count)
            if loss < best.loss {
                best = (rounds, loss)
                looksWithoutGain = 0
            } else {
                looksWithoutGain += 1
            }
        }
        return try result(forests, rounds: fixedRounds ?? best.rounds)
    }

    private func result(_ forests: [FoldForest], rounds: Int) throws(TableError) -> Result {
        var margins = [Double](repeating: 0, count: rows.count)
        let stride = max(1, rows.count / Self.jackknifeRows)
        let sample = Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
        try Self.together(forests) { $0.finish(rounds: rounds, sample: sample) }
        for forest in forests {
            for (place, margin) in zip(forest.places, forest.outOfFold) { margins[place] = Double(margin) }
        }
        let foldMargins = forests.map { $0.sampleMargins.map(Double.init) }
        let labels = rows.map { data.labels[$0] }
        let loss = zip(margins, labels).reduce(0) { $0 + CrossValidation.logLoss(margin: $1.0, label: $1.1) }
        return Result(
            rounds: rounds, logLoss: loss / Double(rows.count), margins: margins, foldMargins: foldMargins)
    }

    /// Runs a step on all folds side by side, and returns when the last is done.
    private static func together(
        _ forests: [FoldForest], _ step: @escaping @Sendable (FoldForest) -> Void
    ) throws(TableError) {
        for forest in forests { forest.worker.start { step(forest) } }
        for forest in forests { forest.worker.wait() }
        for forest in forests { if let failure = forest.failure { throw failure } }
    }

    static func logLoss(margin: Double, label: Bool) -> Double {
        let towards = label ? -margin : margin
        return max(towards, 0) + log1p(exp(-abs(towards)))
    }

    func places(inFold fold: Int) -> [Int] { folds.indices.filter { folds[$0] == fold } }
}

/// The forest that doesn't see one fold.
///
/// `@unchecked Sendable`: its state is touched on its worker's thread only, between `start` and `wait`, and by the owner
/// only after `wait`.
private final class FoldForest: @unchecked Sendable {
    let worker: WorkerThread
    /// Positions in the rows handed in that belong to the fold.
    let places: [Int]
    private(set) var lossSum = 0.0
    private(set) var outOfFold: [Float] = []
    private(set) var sampleMargins: [Float] = []
    private(set) var failure: TableError?
    private let run: CrossValidation
    private let settings: BoosterSettings
    private let parameters: [(name: String, value: String)]
    private let training: [Int]
    /// The order of the categories is learned from labels too, so each fold learns its own.
    private let ranks: [[Float]?]
    private let isCategory: [Bool]
    private var booster: XGBoostBooster?
    private var validation: XGBoostMatrix?

    init(fold: Int, of run: CrossValidation, settings: BoosterSettings, turns: DispatchSemaphore) {
        worker = WorkerThread(turns: turns)
        self.run = run
        self.settings = settings
        places = run.places(inFold: fold)
        training = run.folds.indices.filter { run.folds[$0] != fold }.map { run.rows[$0] }
        ranks = run.data.targetRanks(from: training)
        isCategory = run.data.categoryFlags(settings)
        parameters = settings.parameters(
            seed: run.seed &+ UInt64(fold), threads: 1, baseRate: run.data.baseRate(of: training))
    }

    func prepare() {
        attempt { () throws(TableError) in
            let held = try matrix(places.map { run.rows[$0] })
            validation = held
            booster = try XGBoostBooster(
                training: matrix(training), validation: held, parameters: parameters)
        }
    }

    func boost(_ rounds: Int, measuring: Bool) {
        attempt { () throws(TableError) in
            guard let booster, let validation else { return }
            for _ in 0..<rounds { try booster.boost() }
            guard measuring else { return }
            let margins = try booster.margins(of: validation)
            lossSum = zip(margins, places).reduce(0) { sum, row in
                sum + CrossValidation.logLoss(margin: Double(row.0), label: run.data.labels[run.rows[row.1]])
            }
        }
    }

    /// Margins by the first `rounds` trees; then the booster goes, on the thread that it lived on.
    func finish(rounds: Int, sample: [Int]) {
        attempt { () throws(TableError) in
            guard let booster, let validation else { return }
            outOfFold = try booster.margins(of: validation, rounds: rounds)
            sampleMargins = try booster.margins(of: matrix(sample), rounds: rounds)
        }
        booster = nil
        validation = nil
    }

    private func attempt(_ work: () throws(TableError) -> Void) {
        do throws(TableError) { try work() } catch { failure = error }
    }

    private func matrix(_ rows: [Int]) throws(TableError) -> XGBoostMatrix {
        try run.data.matrix(rows, ranks: ranks, isCategory: isCategory)
    }
}

extension EncodedTable {
    func categoryFlags(_ settings: BoosterSettings) -> [Bool] {
        columns.map { settings.partitionsCategories && $0.kind == .category }
    }

    func matrix(_ rows: [Int], ranks: [[Float]?], isCategory: [Bool]) throws(TableError) -> XGBoostMatrix {
        try XGBoostMatrix(
            values: rowMajor(rows, ranks: ranks), labels: rows.map { labels[$0] ? 1 : 0 }, isCategory: isCategory)
    }

    /// Kept off 0 and 1, where a logistic model has no margin.
    func baseRate(of rows: [Int]) -> Double {
        (Double(rows.count { labels[$0] }) + 0.5) / (Double(rows.count) + 1)
    }
}
