#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Leads

/// Whether probabilities that were given still come true, from pairs of probability and outcome. Constant memory; add in
/// any order, merge what was counted apart.
public struct CalibrationDrift: Sendable, Hashable {
    /// A mean with its 90% interval.
    public struct Mean: Sendable, Hashable {
        public let value: Double
        /// By the normal approximation; nil for fewer than two pairs.
        public let interval: ClosedRange<Double>?
    }

    /// Below this many expected and observed positives nothing is said.
    public static let minimumPositives = 10.0
    /// Observed / expected wholly outside of it asks for action.
    public static let tolerated = 0.8...1.25

    public private(set) var count = 0
    /// Positives that came true.
    public private(set) var observed = 0
    /// Positives that the probabilities promised: their sum.
    public private(set) var expected = 0.0
    private var spread = 0.0
    private var squares = Moments()
    private var losses = Moments()

    private struct Moments: Sendable, Hashable {
        var sum = 0.0
        var sumOfSquares = 0.0

        mutating func add(_ value: Double) {
            sum += value
            sumOfSquares += value * value
        }

        func mean(of count: Int) -> Mean? {
            guard count > 0 else { return nil }
            let mean = sum / Double(count)
            guard count > 1 else { return Mean(value: mean, interval: nil) }
            let variance = max(0, sumOfSquares - Double(count) * mean * mean) / Double(count - 1)
            let reach = Statistics.normal95 * (variance / Double(count)).squareRoot()
            return Mean(value: mean, interval: mean - reach...mean + reach)
        }
    }

    public init() {}

    /// One outcome that has come in. `probability` is what was said when the lead was scored, 0...1.
    public mutating func add(probability: Double, isPositive: Bool) {
        precondition((0...1).contains(probability), "a probability lies between 0 and 1")
        count += 1
        if isPositive { observed += 1 }
        expected += probability
        spread += probability * (1 - probability)
        let error = probability - (isPositive ? 1 : 0)
        squares.add(error * error)
        losses.add(Statistics.logLoss(probability: probability, label: isPositive))
    }

    public mutating func merge(_ other: CalibrationDrift) {
        count += other.count
        observed += other.observed
        expected += other.expected
        spread += other.spread
        squares.sum += other.squares.sum
        squares.sumOfSquares += other.squares.sumOfSquares
        losses.sum += other.losses.sum
        losses.sumOfSquares += other.losses.sumOfSquares
    }

    /// Observed / expected: above 1 the model promises too little, below 1 too much. nil before anything is expected.
    public var ratio: Double? { expected > 0 ? Double(observed) / expected : nil }

    /// 90% interval of ``ratio``: the exact Poisson interval of the observed count over the expected one.
    public var ratioInterval: ClosedRange<Double>? {
        guard expected > 0 else { return nil }
        let counts = PoissonInterval.ninety(count: observed)
        return counts.lowerBound / expected...counts.upperBound / expected
    }

    /// Mean squared error of the probabilities.
    public var brier: Mean? { squares.mean(of: count) }

    /// The Brier score that these probabilities would have if they were right: mean p (1 − p).
    public var expectedBrier: Double? { count > 0 ? spread / Double(count) : nil }

    public var logLoss: Mean? { losses.mean(of: count) }

    /// `ok` while the interval holds 1; `act` when it lies wholly outside 0.8...1.25; `watch` between.
    public var verdict: DriftVerdict {
        guard let interval = ratioInterval, max(expected, Double(observed)) >= Self.minimumPositives else {
            return .unknown
        }
        if interval.contains(1) { return .ok }
        return interval.overlaps(Self.tolerated) ? .watch : .act
    }
}

/// The exact ("Garwood") interval of a Poisson count.
public enum PoissonInterval {
    /// 5% and 95% point: of Gamma(k) and Gamma(k + 1), 0 for k = 0.
    /// - Precondition: count ≥ 0.
    public static func ninety(count: Int) -> ClosedRange<Double> {
        precondition(count >= 0, "a count is not negative")
        let lower = count == 0 ? 0 : Statistics.gammaQuantile(0.05, Double(count))
        return lower...Statistics.gammaQuantile(0.95, Double(count) + 1)
    }
}

/// Jeffreys' interval of a share.
public enum ShareInterval {
    /// 5% and 95% point of Beta(k + ½, n − k + ½); 0 for k = 0 and 1 for k = n; nil for n = 0.
    public static func ninety(_ positives: Int, of count: Int) -> ClosedRange<Double>? {
        guard count > 0 else { return nil }
        let band = ScoreBand(lower: 0, upper: 0, count: count, positives: positives)
        return band.jeffreys.lower...band.jeffreys.upper
    }
}
