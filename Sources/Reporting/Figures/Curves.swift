import Learning

/// The curves that ranking is judged by, on a grid of a hundred steps, each with its 90% band.
struct Curves: Sendable {
    struct Curve: Sendable {
        /// At each point of ``Curves/grid``.
        var values: [Double]
        /// 5% and 95% point over resampled rows; empty where there were too few.
        var lower: [Double]
        var upper: [Double]

        /// The value at a hundredth, and its interval.
        func interval(at step: Int) -> ClosedRange<Double>? {
            lower.isEmpty ? nil : lower[step]...max(lower[step], upper[step])
        }
    }

    static let steps = 100
    static let grid = (0...steps).map { Double($0) / Double(steps) }
    static let resamples = QualityFigures.resamples
    /// Below so many rows resampling says nothing.
    static let minimumRows = 20

    /// Share of all positives among the first share of rows.
    let gain: Curve
    /// True positive rate by false positive rate.
    let roc: Curve
    /// Precision by recall.
    let precision: Curve

    init(_ rows: RankedRows, seed: UInt64) {
        let path = rows.path()
        var gains: [[Double]] = []
        var rates: [[Double]] = []
        var precisions: [[Double]] = []
        var generator = SplitMix64(seed: seed)
        for _ in 0..<(rows.count >= Self.minimumRows ? Self.resamples : 0) {
            let drawn = rows.path(weights: rows.draw(&generator))
            guard drawn.totalPositives > 0, drawn.totalNegatives > 0 else { continue }
            gains.append(drawn.gains(at: Self.grid))
            rates.append(drawn.truePositiveRates(at: Self.grid))
            precisions.append(drawn.precisions(atRecalls: Self.grid))
        }
        gain = Self.curve(path.gains(at: Self.grid), gains)
        roc = Self.curve(path.truePositiveRates(at: Self.grid), rates)
        precision = Self.curve(path.precisions(atRecalls: Self.grid), precisions)
    }

    private static func curve(_ values: [Double], _ draws: [[Double]]) -> Curve {
        guard draws.count >= resamples / 2 else { return Curve(values: values, lower: [], upper: []) }
        var lower: [Double] = []
        var upper: [Double] = []
        for step in values.indices {
            let sorted = draws.map { $0[step] }.sorted()
            lower.append(sorted[sorted.count * 5 / 100])
            upper.append(sorted[sorted.count * 95 / 100])
        }
        return Curve(values: values, lower: lower, upper: upper)
    }
}
