import Features
import Forest
import Learning
import Testing

@testable import Training

struct ScorecardTests {
    /// A number, a category of three levels; one row in eight has no number. The odds rise with the number.
    private func task(rows: Int = 800) throws -> LearningTask {
        var generator = SplitMix64(seed: 11)
        var table = RawTable(header: ["visits", "channel", "won"])
        for _ in 0..<rows {
            let visits = generator.index(below: 40)
            let channel = ["web", "phone", "fair"][generator.index(below: 3)]
            let isWon = generator.index(below: 100) < visits * 2 + (channel == "phone" ? 15 : 0)
            let isMissing = generator.index(below: 8) == 0
            table.append([isMissing ? "" : "\(visits)", channel[...], isWon ? "yes" : "no"])
        }
        table.seal()
        var options = TrainingOptions(label: "won")
        options.holdout = .none
        let (labels, _) = try LabelReader.labels(of: table, column: "won", positive: "yes")
        let plan = try ColumnPlan(table: table, labels: labels, options: options)
        let moments = try RowMoments(table: table, plan: plan, time: nil)
        let all = Array(0..<rows)
        let columns = ColumnFit.columns(
            plan: plan, table: table, rows: all, labels: labels, asOf: moments.asOf, hasPrior: false)
        let data = EncodedTable(columns: columns, table: table, positions: [0, 1], labels: labels, asOf: moments.asOf)
        let split = RowSplit(codes: table.columns.map(\.codes), labels: labels, seed: 1)
        return LearningTask(
            data: data, rows: all, partitions: [split.stratifiedFolds(of: all, count: 5)], foldCount: 5, prior: nil,
            seed: 1, threads: 1)
    }

    private func fitted(_ task: LearningTask, penalty: Double, directions: [Int] = [0, 0]) -> (Scorecard, BaseMargin) {
        let base = task.base(priorShare: 0, fittedTo: task.rows)
        var card = Scorecard(binnings: task.bins.binnings)
        card.fit(
            codes: task.bins.codes, labels: task.data.labels, rows: task.rows, base: base, penalty: penalty,
            directions: directions)
        return (card, base)
    }

    @Test func `its trees say what it says, missing values included`() throws {
        let task = try task()
        let (card, base) = fitted(task, penalty: 3)
        let trees = card.trees(
            scale: 0.5, codes: task.bins.codes, rows: task.rows, rareLevels: task.data.rareLevels)
        let forest = try Forest(trees: trees, featureCount: 2)
        var margins = [Float](repeating: 0, count: task.rows.count)
        var output = margins.mutableSpan
        try forest.margins(of: task.data.rowMajor(task.rows).span, rowCount: task.rows.count, into: &output)
        for row in task.rows {
            let weights =
                card.margin(row: row, codes: task.bins.codes, base: base) - base.margin(row: row) - card.intercept
            #expect(abs(Double(margins[row]) - 0.5 * weights) < 1e-5)
        }
        // An infinite number counts as missing, as it did in training.
        let infinite: [Float] = [.infinity, 0]
        let missing: [Float] = [.nan, 0]
        #expect(try forest.margin(of: infinite.span) == forest.margin(of: missing.span))
    }

    @Test func `it ranks by what it learned, and less the heavier the penalty`() throws {
        let task = try task()
        let light = fitted(task, penalty: 1).0.weights[0]
        let heavy = fitted(task, penalty: 1_000).0.weights[0]
        #expect(light[light.count - 2] - light[0] > 2)
        #expect(heavy[heavy.count - 2] - heavy[0] < 1)
        let (penalty, result) = ScorecardValidation(task: task, priorShare: 0).run {}
        #expect((1...30).contains(penalty))
        let constant = task.base(priorShare: 0, fittedTo: task.rows).intercept
        let labels = task.data.labels
        #expect(result.logLoss(task) < LogLoss.mean(labels.map { _ in constant }, labels) - 0.05)
    }

    @Test func `a direction holds for every bin`() throws {
        let task = try task()
        let rising = fitted(task, penalty: 0.1, directions: [1, 0]).0.weights[0].dropLast()
        #expect(zip(rising, rising.dropFirst()).allSatisfy { $0 <= $1 } && Set(rising).count > 2)
        let falling = fitted(task, penalty: 0.1, directions: [-1, 0]).0.weights[0].dropLast()
        #expect(zip(falling, falling.dropFirst()).allSatisfy { $0 >= $1 - 1e-12 })
        #expect((falling.max() ?? 1) - (falling.min() ?? 0) < 0.4)
    }

    @Test func `pooling gives the nearest rising values`() {
        var values = [1.0, 3, 2, 2, 5, 9]
        Monotone.project(&values, upTo: 5, weights: [1, 1, 1, 2, 1, 1], rising: true)
        #expect(zip(values, [1, 2.25, 2.25, 2.25, 5, 9]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
