/// How high all log-odds stand in the newest of several stretches of time, where they move from one to the next: the filter
/// of a random walk that is seen through noise.
///
/// How far it walks from stretch to stretch is estimated from the differences of neighbours: E[(lₖ₊₁ − lₖ)²] is its step's
/// variance and the variances of both. Where the stretches differ by no more than chance, nothing walks.
///
/// - SeeAlso: Harvey 1989, "Forecasting, Structural Time Series Models and the Kalman Filter", the local level model.
struct LevelForecast {
    /// How much each stretch says of the next one, oldest first; they add up to 1.
    let weights: [Double]
    /// Of the next stretch's level about the weighted mean of these.
    let variance: Double

    /// Nil where χ² at 5% finds the levels alike.
    ///
    /// - Parameters:
    ///   - levels: one a stretch, oldest first; at least one.
    ///   - variances: of their errors, above 0.
    init?(levels: [Double], variances: [Double]) {
        guard Self.differ(levels, variances) else { return nil }
        let moves = levels.indices.dropFirst().map { index in
            let difference = levels[index] - levels[index - 1]
            return difference * difference - variances[index] - variances[index - 1]
        }
        let step = max(0, moves.reduce(0, +) / Double(moves.count))
        var weights = [1.0]
        var variance = variances[0]
        for index in levels.indices.dropFirst() {
            variance += step
            let gain = variance / (variance + variances[index])
            weights = weights.map { $0 * (1 - gain) } + [gain]
            variance *= 1 - gain
        }
        self.weights = weights
        self.variance = variance + step
    }

    private static func differ(_ levels: [Double], _ variances: [Double]) -> Bool {
        guard levels.count > 1 else { return false }
        let precision = variances.reduce(0) { $0 + 1 / $1 }
        let mean = zip(levels, variances).reduce(0) { $0 + $1.0 / $1.1 } / precision
        let spread = zip(levels, variances).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) / $1.1 }
        return Statistics.incompleteGamma(Double(levels.count - 1) / 2, spread / 2) > 0.95
    }
}
