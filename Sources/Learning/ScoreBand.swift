public import Leads

/// What was seen among the calibration rows whose margin fell into one tenth of all margins.
public struct ScoreBand: Sendable, Hashable {
    /// Smallest margin of the band; the lowest band reaches to −∞.
    public let lower: Double
    /// Largest margin of the band; the highest band reaches to +∞.
    public let upper: Double
    public let count: Int
    public let positives: Int
    /// 90% Jeffreys interval of the band's rate: quantiles of Beta(k + ½, n − k + ½), 0 for k = 0 and 1 for k = n.
    public let jeffreys: ProbabilityInterval

    /// - Precondition: 0 ≤ positives ≤ count and count ≥ 1.
    public init(lower: Double, upper: Double, count: Int, positives: Int) {
        precondition(count >= 1 && (0...count).contains(positives), "a band counts at least one row")
        self.lower = lower
        self.upper = upper
        self.count = count
        self.positives = positives
        let a = Double(positives) + 0.5
        let b = Double(count - positives) + 0.5
        jeffreys = ProbabilityInterval(
            lower: positives == 0 ? 0 : Statistics.betaQuantile(0.05, a, b),
            upper: positives == count ? 1 : Statistics.betaQuantile(0.95, a, b))
    }

    /// The bands of rows given by margin and label: ten of equal size, fewer where margins tie.
    public static func deciles(margins: [Double], labels: [Bool]) -> [ScoreBand] {
        precondition(margins.count == labels.count, "one label a margin")
        let order = margins.indices.sorted { margins[$0] < margins[$1] }
        var bands: [ScoreBand] = []
        var start = 0
        for tenth in 1...10 {
            var end = order.count * tenth / 10
            // Equal margins belong to one band: a score can't tell them apart.
            while end > start, end < order.count, margins[order[end]] == margins[order[end - 1]] { end += 1 }
            guard end > start else { continue }
            let rows = order[start..<end]
            bands.append(
                ScoreBand(
                    lower: margins[rows[start]], upper: margins[rows[end - 1]], count: rows.count,
                    positives: rows.count { labels[$0] }))
            start = end
        }
        return bands
    }
}
