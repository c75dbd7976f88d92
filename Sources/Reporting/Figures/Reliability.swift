import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether the probabilities come true: ten groups of leads by probability, and what became of each.
struct Reliability: Sendable {
    struct Bin: Sendable {
        var rows: Int
        var positives: Int
        /// Mean probability that was given.
        var promised: Double
        /// Share that came true, with its 90% Jeffreys interval.
        var observed: Double { Double(positives) / Double(rows) }
        var interval: ClosedRange<Double>
    }

    /// By ascending probability; equal probabilities stand in one bin, so there may be fewer than ten.
    let bins: [Bin]
    let overall: CalibrationDrift

    init(_ rows: RankedRows) {
        var overall = CalibrationDrift()
        var bins: [Bin] = []
        let count = rows.count
        var end = count
        for tenth in 1...10 {
            // Ranks descend in probability: the lowest tenth is the last.
            var start = count - count * tenth / 10
            while start > 0, start < end, rows.probabilities[start - 1] == rows.probabilities[start] { start -= 1 }
            guard start < end else { continue }
            var positives = 0
            var promised = 0.0
            for rank in start..<end {
                if rows.isPositive(rank: rank) { positives += 1 }
                promised += rows.probabilities[rank]
                overall.add(probability: rows.probabilities[rank], isPositive: rows.isPositive(rank: rank))
            }
            bins.append(
                Bin(
                    rows: end - start, positives: positives, promised: promised / Double(end - start),
                    interval: ShareInterval.ninety(positives, of: end - start) ?? 0...1))
            end = start
        }
        self.bins = bins
        self.overall = overall
    }
}

/// How the probabilities of those who closed and those who did not are spread, in equal steps of log-odds.
struct ScoreHistogram: Sendable {
    static let bins = 24
    /// Log-odds at both ends; what lies beyond counts in the outermost bins.
    let range: ClosedRange<Double>
    /// Shares of the closed, and of the others, by bin; each sums to 1 where there are any.
    let closed: [Double]
    let others: [Double]

    init(_ rows: RankedRows) {
        let last = rows.count - 1
        let high = Self.logOdds(rows.probabilities[last / 500])
        let low = Self.logOdds(rows.probabilities[last - last / 500])
        let range = low < high ? low...high : low - 1...high + 1
        var counts = [[Int]](repeating: [Int](repeating: 0, count: Self.bins), count: 2)
        for rank in 0..<rows.count {
            let place =
                (Self.logOdds(rows.probabilities[rank]) - range.lowerBound) / (range.upperBound - range.lowerBound)
            let bin = min(Self.bins - 1, max(0, Int(place * Double(Self.bins))))
            counts[rows.isPositive(rank: rank) ? 1 : 0][bin] += 1
        }
        let totals = counts.map { Double(max(1, $0.reduce(0, +))) }
        self.range = range
        others = counts[0].map { Double($0) / totals[0] }
        closed = counts[1].map { Double($0) / totals[1] }
    }

    static func logOdds(_ probability: Double) -> Double {
        let inside = min(max(probability, 1e-6), 1 - 1e-6)
        return log(inside / (1 - inside))
    }
}
