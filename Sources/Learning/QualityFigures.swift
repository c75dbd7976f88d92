/// The measures that training and evaluation print, in their order; the raw value is the key in JSON.
public enum Measure: String, Sendable, Hashable, CaseIterable {
    case auc
    case averagePrecision = "average_precision"
    case logLoss = "log_loss"
    case brier
    case ece
    case accuracy
    case liftAt10 = "lift_at_10"
}

/// All measures on rows that the model was not trained on, each with a 90% interval.
public struct QualityFigures: Sendable, Hashable {
    public struct Figure: Sendable, Hashable {
        public let measure: Measure
        /// nil where the rows can't tell, as AUC with one class.
        public let value: Double?
        /// 5% and 95% point over resampled rows; nil where it was not measured.
        public let interval: ClosedRange<Double>?

        public init(measure: Measure, value: Double?, interval: ClosedRange<Double>?) {
            self.measure = measure
            self.value = value
            self.interval = interval
        }
    }

    /// Resamples behind an interval.
    public static let resamples = 200

    public let rows: Int
    public let positives: Int
    public let figures: [Figure]

    public init(rows: Int, positives: Int, figures: [Figure]) {
        self.rows = rows
        self.positives = positives
        self.figures = figures
    }

    /// Measures, and resamples the rows 200 times with replacement for the intervals (not below 20 rows). The same seed
    /// gives the same intervals.
    public init(probabilities: [Double], labels: [Bool], seed: UInt64) {
        let ranked = RankedOutcomes(probabilities: probabilities, labels: labels)
        var drawn: [Measure: [Double]] = [:]
        var generator = SplitMix64(seed: seed)
        for _ in 0..<(labels.count >= 20 ? Self.resamples : 0) {
            var weights = [Int](repeating: 0, count: labels.count)
            for _ in labels.indices { weights[generator.index(below: labels.count)] += 1 }
            for case let (measure, value?) in ranked.measures(weights: weights) {
                drawn[measure, default: []].append(value)
            }
        }
        let values = ranked.measures()
        let figures = Measure.allCases.map { measure in
            Figure(
                measure: measure, value: values[measure] ?? nil, interval: drawn[measure].flatMap(Self.interval))
        }
        self.init(rows: labels.count, positives: labels.count { $0 }, figures: figures)
    }

    public subscript(_ measure: Measure) -> Double? {
        figures.first { $0.measure == measure }?.value
    }

    private static func interval(of draws: [Double]) -> ClosedRange<Double>? {
        guard draws.count >= resamples / 2 else { return nil }
        let sorted = draws.sorted()
        return sorted[sorted.count * 5 / 100]...sorted[(sorted.count * 95 / 100)]
    }
}

/// Steele, Lea, Flood 2014: a small generator whose whole state is its seed, so that every draw can be repeated.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in 0..<bound by multiplication; the bias is below bound / 2⁶⁴.
    public mutating func index(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
