#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Probabilities and labels in descending order of probability: sorted once, so that every measure of every resample is
/// one pass over weights.
struct RankedOutcomes {
    private struct Row {
        let probability: Double
        let isPositive: Bool
        let logLoss: Double
        let bin: Int
    }

    private let rows: [Row]

    init(probabilities: [Double], labels: [Bool]) {
        precondition(probabilities.count == labels.count, "one label a probability")
        precondition(!probabilities.contains(where: \.isNaN), "a probability is a number")
        rows = labels.indices.sorted { probabilities[$0] > probabilities[$1] }.map { index in
            let probability = probabilities[index]
            return Row(
                probability: probability, isPositive: labels[index],
                logLoss: Statistics.logLoss(probability: probability, label: labels[index]),
                bin: min(9, max(0, Int(probability * 10))))
        }
    }

    var count: Int { rows.count }

    /// Every measure, with each rank counted as often as `weights` says, by descending probability; nil counts each once.
    func measures(weights: [Int]? = nil) -> [Measure: Double?] {
        var sums = Sums()
        let total = weights?.reduce(0, +) ?? rows.count
        guard total > 0 else { return [:] }
        let top = (Double(total) / 10).rounded(.up)
        var start = 0
        while start < rows.count {
            var tied = 0.0
            var tiedPositives = 0.0
            var end = start
            while end < rows.count, rows[end].probability == rows[start].probability {
                let weight = weights.map { Double($0[end]) } ?? 1
                let row = rows[end]
                tied += weight
                if row.isPositive { tiedPositives += weight }
                let error = row.probability - (row.isPositive ? 1 : 0)
                sums.logLoss += weight * row.logLoss
                sums.squares += weight * error * error
                sums.bins[row.bin] += weight * error
                if (row.probability >= 0.5) == row.isPositive { sums.right += weight }
                end += 1
            }
            sums.add(tied: tied, positives: tiedPositives, top: top)
            start = end
        }
        return sums.measures(top: top)
    }

    /// What one pass adds up, in weighted rows.
    private struct Sums {
        var logLoss = 0.0
        var squares = 0.0
        var right = 0.0
        var bins = [Double](repeating: 0, count: 10)
        private var above = 0.0
        private var positivesAbove = 0.0
        private var wins = 0.0
        private var precisions = 0.0
        private var inTop = 0.0

        /// A run of equal probabilities, below all runs before it.
        mutating func add(tied: Double, positives: Double, top: Double) {
            guard tied > 0 else { return }
            let negatives = tied - positives
            wins += negatives * (positivesAbove + positives / 2)
            inTop += positives * min(tied, max(0, top - above)) / tied
            above += tied
            positivesAbove += positives
            precisions += positives * positivesAbove / above
        }

        func measures(top: Double) -> [Measure: Double?] {
            let positives = positivesAbove
            let negatives = above - positives
            return [
                .auc: positives > 0 && negatives > 0 ? wins / (positives * negatives) : nil,
                .averagePrecision: positives > 0 ? precisions / positives : nil,
                .logLoss: logLoss / above, .brier: squares / above,
                .ece: bins.reduce(0) { $0 + abs($1) } / above, .accuracy: right / above,
                .liftAt10: positives > 0 ? inTop / top / (positives / above) : nil,
            ]
        }
    }
}
