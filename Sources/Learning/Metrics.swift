#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures of a model's probabilities against what came true. Only ever of rows that it was not trained on.
///
/// Every function takes as many labels as probabilities; an empty input, or one class where two are needed, gives nil.
public enum Metrics {
    /// Area under the ROC curve: the chance that a positive stands above a negative, ties counting half.
    public static func auc(probabilities: [Double], labels: [Bool]) -> Double? {
        precondition(probabilities.count == labels.count, "one label a probability")
        let positives = labels.count { $0 }
        let negatives = labels.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        var rankSum = 0.0
        forEachTie(descending(probabilities), probabilities) { rows, before in
            // Mean rank from below of a group of ties.
            let rank = Double(labels.count - before - rows.count) + (Double(rows.count) + 1) / 2
            rankSum += rank * Double(rows.count { labels[$0] })
        }
        return (rankSum - Double(positives) * (Double(positives) + 1) / 2) / (Double(positives) * Double(negatives))
    }

    /// Σ (recall step × precision) from the highest probability down, ties in one step, as scikit-learn defines it.
    public static func averagePrecision(probabilities: [Double], labels: [Bool]) -> Double? {
        precondition(probabilities.count == labels.count, "one label a probability")
        let positives = labels.count { $0 }
        guard positives > 0 else { return nil }
        var found = 0
        var sum = 0.0
        forEachTie(descending(probabilities), probabilities) { rows, before in
            let hits = rows.count { labels[$0] }
            found += hits
            sum += Double(hits) / Double(positives) * Double(found) / Double(before + rows.count)
        }
        return sum
    }

    /// Mean −log of the probability given to what happened; probabilities are cut to 2.2e-16 from 0 and 1.
    public static func logLoss(probabilities: [Double], labels: [Bool]) -> Double? {
        mean(probabilities, labels) { probability, label in
            let inside = min(max(probability, .ulpOfOne), 1 - .ulpOfOne)
            return -log(label ? inside : 1 - inside)
        }
    }

    /// Mean squared error of the probability.
    public static func brier(probabilities: [Double], labels: [Bool]) -> Double? {
        mean(probabilities, labels) { probability, label in
            let error = probability - (label ? 1 : 0)
            return error * error
        }
    }

    /// Expected calibration error over ten bins of equal width: Σ share × |mean probability − rate|.
    public static func ece(probabilities: [Double], labels: [Bool]) -> Double? {
        precondition(probabilities.count == labels.count, "one label a probability")
        guard !labels.isEmpty else { return nil }
        var sums = [Double](repeating: 0, count: 10)
        for (probability, label) in zip(probabilities, labels) {
            sums[min(9, max(0, Int(probability * 10)))] += probability - (label ? 1 : 0)
        }
        return sums.reduce(0) { $0 + abs($1) } / Double(labels.count)
    }

    /// Share of rows on the right side of one half.
    public static func accuracy(probabilities: [Double], labels: [Bool]) -> Double? {
        mean(probabilities, labels) { probability, label in (probability >= 0.5) == label ? 1 : 0 }
    }

    /// How many times the average rate the top `share` of rows holds; rows tied at the cut count in proportion.
    public static func lift(probabilities: [Double], labels: [Bool], at share: Double = 0.1) -> Double? {
        precondition(probabilities.count == labels.count, "one label a probability")
        let positives = labels.count { $0 }
        let size = Int((Double(labels.count) * share).rounded(.up))
        guard positives > 0, size > 0 else { return nil }
        var found = 0.0
        forEachTie(descending(probabilities), probabilities) { rows, before in
            let taken = min(rows.count, max(0, size - before))
            found += Double(rows.count { labels[$0] }) * Double(taken) / Double(rows.count)
        }
        return found / Double(size) / (Double(positives) / Double(labels.count))
    }

    private static func mean(
        _ probabilities: [Double], _ labels: [Bool], _ term: (Double, Bool) -> Double
    ) -> Double? {
        precondition(probabilities.count == labels.count, "one label a probability")
        guard !labels.isEmpty else { return nil }
        return zip(probabilities, labels).reduce(0) { $0 + term($1.0, $1.1) } / Double(labels.count)
    }

    private static func descending(_ values: [Double]) -> [Int] {
        values.indices.sorted { values[$0] > values[$1] }
    }

    /// Calls with each run of equal values and the number of rows before it.
    private static func forEachTie(_ order: [Int], _ values: [Double], _ body: (ArraySlice<Int>, Int) -> Void) {
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            body(order[start..<end], start)
            start = end
        }
    }
}
