import Dispatch
import Forest
import Learning

/// A forest in training on its own thread: on all rows but one fold, or on all.
///
/// `@unchecked Sendable`: its state is touched on its worker's thread only, between `start` and `wait`, and by the owner
/// only after `wait`.
final class FoldForest: @unchecked Sendable {
    let worker: WorkerThread
    /// Places in the task's rows that are left out.
    let places: [Int]
    private(set) var lossSum = 0.0
    private(set) var outOfFold: [Float] = []
    private(set) var sampleMargins: [Float] = []
    /// Grown trees, read back from the library's own file.
    private(set) var trees: [Tree] = []
    private(set) var failure: TableError?
    private let task: LearningTask
    private let base: BaseMargin
    private let parameters: [(name: String, value: String)]
    private let training: [Int]
    private let ranks: [[Float]?]
    private let isCategory: [Bool]
    private var booster: XGBoostBooster?
    private var validation: XGBoostMatrix?

    /// Blind to a fold. The order of the categories is learned from labels too, so each fold learns its own.
    init(
        _ task: LearningTask, settings: BoosterSettings, priorShare: Double, partition: Int, fold: Int,
        turns: DispatchSemaphore
    ) {
        worker = WorkerThread(turns: turns)
        self.task = task
        let (inside, outside) = task.places(partition: partition, fold: fold)
        places = inside
        training = outside.map { task.rows[$0] }
        ranks = task.data.targetRanks(from: training)
        isCategory = task.data.categoryFlags(settings)
        base = task.base(priorShare: priorShare, fittedTo: training)
        parameters = settings.parameters(
            seed: task.seed &+ UInt64(partition * task.foldCount + fold), directions: task.directions)
    }

    /// On all rows. The vocabularies stand in the order of the rate among these rows already: no rank is needed.
    init(_ task: LearningTask, settings: BoosterSettings, priorShare: Double, copy: Int, turns: DispatchSemaphore) {
        worker = WorkerThread(turns: turns)
        self.task = task
        places = []
        training = task.rows
        ranks = task.data.columns.map { _ in nil }
        isCategory = task.data.categoryFlags(settings)
        base = task.base(priorShare: priorShare, fittedTo: training)
        parameters = settings.parameters(seed: task.seed &+ UInt64(copy), directions: task.directions)
    }

    func prepare() {
        attempt { () throws(TableError) in
            if !places.isEmpty { validation = try matrix(places.map { task.rows[$0] }) }
            booster = try XGBoostBooster(training: matrix(training), validation: validation, parameters: parameters)
        }
    }

    func boost(_ rounds: Int, measuring: Bool) {
        attempt { () throws(TableError) in
            guard let booster else { return }
            for _ in 0..<rounds { try booster.boost() }
            guard measuring, let validation else { return }
            let margins = try booster.margins(of: validation).map(Double.init)
            let labels = places.map { task.data.labels[task.rows[$0]] }
            let lift = task.lift(of: margins, at: places)
            lossSum = zip(margins, labels).reduce(0) { $0 + LogLoss.of(margin: $1.0 + lift, label: $1.1) }
        }
    }

    /// Margins by the first `rounds` trees; then the booster goes, on the thread that it lived on.
    func finish(rounds: Int, sample: [Int]) {
        attempt { () throws(TableError) in
            guard let booster, let validation else { return }
            outOfFold = try booster.margins(of: validation, rounds: rounds)
            if !sample.isEmpty { sampleMargins = try booster.margins(of: matrix(sample), rounds: rounds) }
        }
        booster = nil
        validation = nil
    }

    /// Grows all the trees and keeps them; then the booster goes, on the thread that it lived on.
    func grow(rounds: Int) {
        prepare()
        boost(rounds, measuring: false)
        attempt { () throws(TableError) in
            guard let booster else { return }
            let file = try booster.json()
            do {
                trees = try Forest(xgboost: file).trees
            } catch {
                throw TableError(.library, "the trained forest can't be read back: \(error)")
            }
        }
        booster = nil
    }

    private func attempt(_ work: () throws(TableError) -> Void) {
        guard failure == nil else { return }
        do throws(TableError) { try work() } catch { failure = error }
    }

    private func matrix(_ rows: [Int]) throws(TableError) -> XGBoostMatrix {
        try XGBoostMatrix(
            values: task.data.learnedRows(rows, ranks: ranks), labels: rows.map { task.data.labels[$0] ? 1 : 0 },
            margins: rows.map { Float(base.margin(row: $0)) }, isCategory: isCategory)
    }

    /// Runs a step on all forests side by side, and returns when the last is done.
    static func together(
        _ forests: [FoldForest], _ step: @escaping @Sendable (FoldForest) -> Void
    ) throws(TableError) {
        for forest in forests { forest.worker.start { step(forest) } }
        for forest in forests { forest.worker.wait() }
        for forest in forests { if let failure = forest.failure { throw failure } }
    }
}

extension EncodedTable {
    func categoryFlags(_ settings: BoosterSettings) -> [Bool] {
        columns.map { settings.partitionsCategories && $0.kind == .category }
    }
}
