import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One way to rank the rows that baselines are measured on, and how well it did.
struct Baseline: Sendable {
    var key: String
    /// For the reader.
    var name: String
    var figures: QualityFigures
    /// False where it gives ranks but no honest probability: its log loss is not shown.
    var hasProbability: Bool

    func figure(_ measure: Measure) -> QualityFigures.Figure? { figures.figures.first { $0.measure == measure } }
}

/// What a model has to beat: the average rate, the best single column, naive Bayes. They learn from every second row of the
/// file and are measured, beside the model, on the others: so they know the file's own time, which the model may not.
///
/// They read the model's columns through the bins of its reference distributions, so all that is kept of a row is a byte a
/// column.
struct BaselineRows {
    /// Rows that baselines are measured on at most.
    static let maximumRows = 50_000

    private let distributions: [ReferenceDistribution]
    private let names: [String]
    /// By feature, then bin: negatives and positives of the learning rows.
    private var counts: [[(negatives: Int, positives: Int)]]
    private var bins: [UInt8] = []
    private let step: Int
    private(set) var learned = 0
    private var learnedPositives = 0
    /// Numbers of the rows measured.
    private(set) var measured: [Int] = []

    /// nil for a model without distributions.
    init?(_ artifact: ModelArtifact, rows: Int) {
        guard let distributions = artifact.distributions else { return nil }
        self.distributions = distributions
        names = artifact.schema.featureNames
        counts = distributions.map { Array(repeating: (0, 0), count: $0.counts.count + 1) }
        step = max(1, (rows / 2 + Self.maximumRows - 1) / Self.maximumRows)
    }

    mutating func add(row: Span<Float>, number: Int, isPositive: Bool) {
        guard number % 2 == 1 else {
            learned += 1
            if isPositive { learnedPositives += 1 }
            for feature in distributions.indices {
                let bin = distributions[feature].bin(of: row[feature])
                if isPositive { counts[feature][bin].positives += 1 } else { counts[feature][bin].negatives += 1 }
            }
            return
        }
        guard number / 2 % step == 0 else { return }
        measured.append(number)
        for feature in distributions.indices { bins.append(UInt8(distributions[feature].bin(of: row[feature]))) }
    }

    /// The model first, then what it is compared with; empty where either half lacks an outcome.
    func baselines(
        probabilities: [Double], rival: (name: String, probabilities: [Double])?, labels: [Bool], seed: UInt64
    )
        -> [Baseline]
    {
        let outcome = measured.map { labels[$0] }
        guard learnedPositives > 0, learnedPositives < learned, outcome.contains(true), outcome.contains(false) else {
            return []
        }
        func baseline(_ key: String, _ name: String, _ scores: [Double], isProbability: Bool = true) -> Baseline {
            Baseline(
                key: key, name: name, figures: QualityFigures(probabilities: scores, labels: outcome, seed: seed),
                hasProbability: isProbability)
        }
        var all = [baseline("model", "This model", measured.map { probabilities[$0] })]
        if let rival {
            all.append(baseline("rival", "The \(rival.name)", measured.map { rival.probabilities[$0] }))
        }
        all.append(baseline("naive_bayes", "Naive Bayes on the same columns", bayes()))
        if let (feature, scores) = bestColumn() {
            all.append(baseline("best_column", "The best single column: \(names[feature])", scores))
        }
        let rate = Double(learnedPositives) / Double(learned)
        all.append(baseline("base_rate", "The same chance for everybody", outcome.map { _ in rate }))
        return all
    }

    /// Smoothed by one row of each outcome a bin.
    private func bayes() -> [Double] {
        let negatives = Double(learned - learnedPositives)
        let positives = Double(learnedPositives)
        let weights = counts.map { bins in
            bins.map { bin in
                log((Double(bin.positives) + 1) / (positives + Double(bins.count)))
                    - log((Double(bin.negatives) + 1) / (negatives + Double(bins.count)))
            }
        }
        return (0..<measured.count).map { row in
            var logOdds = log(positives / negatives)
            for feature in weights.indices { logOdds += weights[feature][Int(bins[row * weights.count + feature])] }
            return 1 / (1 + exp(-logOdds))
        }
    }

    /// The column that ranks the learning rows best, and what its bins' rates there say of the measured rows.
    private func bestColumn() -> (feature: Int, scores: [Double])? {
        let rate = Double(learnedPositives) / Double(learned)
        let rates = counts.map { bins in
            bins.map { (Double($0.positives) + 10 * rate) / (Double($0.positives + $0.negatives) + 10) }
        }
        let ranked = counts.indices.map { Self.auc(counts[$0], rates[$0]) }
        guard let best = ranked.indices.max(by: { (ranked[$0], $1) < (ranked[$1], $0) }) else { return nil }
        return (best, (0..<measured.count).map { rates[best][Int(bins[$0 * counts.count + best])] })
    }

    /// Of ranking the learning rows by the rate of their bin.
    private static func auc(_ bins: [(negatives: Int, positives: Int)], _ rates: [Double]) -> Double {
        var below = 0.0
        var wins = 0.0
        for bin in bins.indices.sorted(by: { (rates[$0], $0) < (rates[$1], $1) }) {
            wins += Double(bins[bin].positives) * (below + Double(bins[bin].negatives) / 2)
            below += Double(bins[bin].negatives)
        }
        let positives = bins.reduce(0) { $0 + $1.positives }
        return below > 0 && positives > 0 ? wins / below / Double(positives) : 0.5
    }
}
