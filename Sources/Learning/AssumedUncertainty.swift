/// What is assumed about the error of log-odds that were never calibrated on outcomes: the prior's, and those of an
/// imported model with a reference but no labels. Assumptions, and called so on the card.
public struct AssumedUncertainty: Sendable, Hashable {
    /// Of the log-odds when every feature is known.
    public static let baseStandardDeviation = 0.3
    /// Of the unknown base rate, in log-odds; widens the interval, not the confidence.
    public static let baseRateStandardDeviation = 0.7

    /// For each feature the variance of its weight over the reference population: what not knowing it costs. Model order.
    public let missingVariances: [Double]

    /// - Precondition: no variance is negative or not finite.
    public init(missingVariances: [Double]) {
        precondition(missingVariances.allSatisfy { $0 >= 0 && $0.isFinite }, "a variance is at least 0")
        self.missingVariances = missingVariances
    }

    /// sd² = 0.3² + Σ over missing features of their weight variance.
    func variance(isMissing: (Int) -> Bool) -> Double {
        var variance = Self.baseStandardDeviation * Self.baseStandardDeviation
        for feature in missingVariances.indices where isMissing(feature) { variance += missingVariances[feature] }
        return variance
    }
}
