/// How much a lead's margin would move if the forest were trained again on other rows of the same kind: the variance by
/// decile of margin, in squared log-odds of the margin.
public struct RefitVariance: Sendable, Hashable {
    /// Ascending margins between the deciles; one fewer than ``variances``.
    public let bounds: [Double]
    public let variances: [Double]

    /// - Precondition: ascending bounds, one variance more than bounds, none negative.
    public init(bounds: [Double], variances: [Double]) {
        precondition(Self.isValid(bounds: bounds, variances: variances), "one variance more than ascending bounds")
        self.bounds = bounds
        self.variances = variances
    }

    static func isValid(bounds: [Double], variances: [Double]) -> Bool {
        variances.count == bounds.count + 1 && variances.allSatisfy { $0 >= 0 && $0.isFinite }
            && bounds.allSatisfy(\.isFinite) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 }
    }

    /// The delete-group jackknife, (K−1)/K Σ(mₖ − m̄)² a row, averaged over the rows of each decile of m̄.
    ///
    /// - Parameter foldMargins: for each of the K calibration-fold forests its margin of every row; K ≥ 2, equal lengths.
    /// - SeeAlso: Kott 2001, "The Delete-a-Group Jackknife", Journal of Official Statistics 17(4).
    public init(foldMargins: [[Double]]) {
        precondition(foldMargins.count >= 2, "a jackknife needs two groups")
        let folds = Double(foldMargins.count)
        let rows = foldMargins[0].count
        precondition(rows > 0 && foldMargins.allSatisfy { $0.count == rows }, "every fold forest sees every row")
        var means = [Double](repeating: 0, count: rows)
        var variance = [Double](repeating: 0, count: rows)
        for row in 0..<rows {
            let mean = foldMargins.reduce(0) { $0 + $1[row] } / folds
            means[row] = mean
            variance[row] = (folds - 1) / folds * foldMargins.reduce(0) { $0 + ($1[row] - mean) * ($1[row] - mean) }
        }
        let order = means.indices.sorted { means[$0] < means[$1] }
        var bounds: [Double] = []
        var variances: [Double] = []
        var start = 0
        for tenth in 1...10 {
            let end = rows * tenth / 10
            guard end > start else { continue }
            if start > 0 { bounds.append(means[order[start]]) }
            variances.append(order[start..<end].reduce(0) { $0 + variance[$1] } / Double(end - start))
            start = end
        }
        self.init(bounds: bounds, variances: variances)
    }

    /// The variance of the decile in which the margin falls; a margin on a bound belongs to the upper one.
    public func variance(atMargin margin: Double) -> Double {
        var decile = 0
        while decile < bounds.count, margin >= bounds[decile] { decile += 1 }
        return variances[decile]
    }
}
