import Learning

/// Rows in descending order of probability, and the path that calling them in that order takes: how many rows, how many
/// of them came true. Rows of equal probability count in proportion: a list can't tell them apart.
struct RankedRows {
    /// Of each row, by rank.
    private let labels: [Bool]
    /// Ends of the runs of equal probability, as ranks.
    private let ends: [Int]
    let probabilities: [Double]

    init(probabilities: [Double], labels: [Bool]) {
        let order = probabilities.indices.sorted {
            (probabilities[$1], $0) < (probabilities[$0], $1)
        }
        self.labels = order.map { labels[$0] }
        let ranked = order.map { probabilities[$0] }
        self.probabilities = ranked
        ends = ranked.indices.filter { $0 + 1 == ranked.count || ranked[$0 + 1] != ranked[$0] }.map { $0 + 1 }
    }

    var count: Int { labels.count }
    func isPositive(rank: Int) -> Bool { labels[rank] }

    /// The path with each rank counted as often as `weights` says; nil counts each once. A point a run, the origin first.
    func path(weights: [UInt8]? = nil) -> OutcomePath {
        var path = OutcomePath(reserving: ends.count)
        var rank = 0
        var rows = 0
        var positives = 0
        for end in ends {
            while rank < end {
                let weight = weights.map { Int($0[rank]) } ?? 1
                rows += weight
                if labels[rank] { positives += weight }
                rank += 1
            }
            path.append(rows: rows, positives: positives)
        }
        return path
    }

    /// How often each rank is drawn when as many rows as there are are drawn with replacement.
    func draw(_ generator: inout SplitMix64) -> [UInt8] {
        var weights = [UInt8](repeating: 0, count: count)
        for _ in 0..<count {
            let rank = generator.index(below: count)
            // More than 255 draws of one row happen in no run.
            if weights[rank] < .max { weights[rank] += 1 }
        }
        return weights
    }
}

/// Cumulated rows and positives from the highest probability down, straight between its points.
struct OutcomePath {
    private(set) var rows: [Double] = [0]
    private(set) var positives: [Double] = [0]

    init(reserving capacity: Int) {
        rows.reserveCapacity(capacity + 1)
        positives.reserveCapacity(capacity + 1)
    }

    mutating func append(rows: Int, positives: Int) {
        guard Double(rows) > self.rows[self.rows.count - 1] else { return }
        self.rows.append(Double(rows))
        self.positives.append(Double(positives))
    }

    var totalRows: Double { rows[rows.count - 1] }
    var totalPositives: Double { positives[positives.count - 1] }
    var totalNegatives: Double { totalRows - totalPositives }

    /// Positives among the first `share` of the rows, as a share of all positives; by ascending share.
    func gains(at shares: [Double]) -> [Double] {
        walk(shares.map { $0 * totalRows }, along: rows).map { $0.positives / max(1, totalPositives) }
    }

    /// True positive rate at each false positive rate.
    func truePositiveRates(at falsePositiveRates: [Double]) -> [Double] {
        let negatives = zip(rows, positives).map { $0 - $1 }
        return walk(falsePositiveRates.map { $0 * totalNegatives }, along: negatives)
            .map { $0.positives / max(1, totalPositives) }
    }

    /// Precision at each recall above 0.
    func precisions(atRecalls recalls: [Double]) -> [Double] {
        walk(recalls.map { $0 * totalPositives }, along: positives).map { $0.rows > 0 ? $0.positives / $0.rows : 0 }
    }

    /// The places where `axis`, which never falls, first reaches each target; targets ascend.
    private func walk(_ targets: [Double], along axis: [Double]) -> [(rows: Double, positives: Double)] {
        var place = 0
        return targets.map { target in
            while place + 1 < axis.count, axis[place + 1] < target { place += 1 }
            guard place + 1 < axis.count else { return (totalRows, totalPositives) }
            let span = axis[place + 1] - axis[place]
            let part = span > 0 ? min(1, max(0, (target - axis[place]) / span)) : 0
            return (
                rows[place] + part * (rows[place + 1] - rows[place]),
                positives[place] + part * (positives[place + 1] - positives[place])
            )
        }
    }
}
