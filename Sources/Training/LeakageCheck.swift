import Leads
import Learning

/// Columns that are known only after the outcome: learned from, they make a model that is brilliant on paper and blind
/// in use. Found by what they do to the label; a suspicion is a verdict that `--allow` can override.
public enum LeakageCheck {
    /// A single column that ranks the label better than this knows it.
    static let suspiciousAUC = 0.985
    /// Below so many of either class no column can be judged.
    static let minimumClassRows = 20

    /// Why the column can't have been known before the outcome; nil when nothing speaks against it.
    public static func reason(column: RawTable.Column, kind: InferredKind, labels: [Bool]) -> String? {
        let positives = labels.count { $0 }
        guard min(positives, labels.count - positives) >= minimumClassRows else { return nil }
        var rows = [Int](repeating: 0, count: column.texts.count)
        var hits = rows
        for (code, label) in zip(column.codes, labels) {
            rows[Int(code)] += 1
            if label { hits[Int(code)] += 1 }
        }
        let missing = column.texts.indices.filter { MissingSpelling.isMissing(column.texts[$0]) }
        let known = labels.count - missing.reduce(0) { $0 + rows[$1] }
        let knownHits = positives - missing.reduce(0) { $0 + hits[$1] }
        if let reason = presence(known: known, hits: knownHits, rows: labels.count, positives: positives) {
            return reason
        }
        let scores = scores(of: column, kind: kind, rows: rows, hits: hits)
        guard let scores, let auc = auc(scores, rows, hits) else { return nil }
        let separating = max(auc, 1 - auc)
        guard separating >= suspiciousAUC else { return nil }
        return "alone it tells the label with an AUC of \(rounded(separating)), as only something known afterwards does"
    }

    /// A column that is filled for one class only, as a closing date is.
    private static func presence(known: Int, hits: Int, rows: Int, positives: Int) -> String? {
        let negatives = rows - positives
        let inPositives = Double(hits) / Double(positives)
        let inNegatives = Double(known - hits) / Double(negatives)
        guard abs(inPositives - inNegatives) > 2 * suspiciousAUC - 1 else { return nil }
        return "it is filled in for one outcome only"
    }

    /// A number for each distinct text that would rank the label: the value itself, or for words the rate of the text,
    /// counted without the row itself as far as a smoothed rate can. nil for kinds with too many texts to judge.
    private static func scores(of column: RawTable.Column, kind: InferredKind, rows: [Int], hits: [Int]) -> [Double]? {
        switch kind {
        case .number(let style): return column.texts.map { style.value(of: $0) ?? -.infinity }
        case .date(let style): return column.texts.map { Double(style.timestamp(of: $0)?.milliseconds ?? .min) }
        case .category, .boolean:
            // With few rows a level, rates of the same rows look better than they are.
            guard rows.reduce(0, +) >= 10 * rows.count else { return nil }
            return rows.indices.map { (Double(hits[$0]) + 0.5) / (Double(rows[$0]) + 1) }
        case .identifier, .constant, .freeText: return nil
        }
    }

    /// From counts by text, so that it costs O(distinct texts).
    private static func auc(_ scores: [Double], _ rows: [Int], _ hits: [Int]) -> Double? {
        var positivesBelow = 0.0
        var negativesBelow = 0.0
        var wins = 0.0
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var start = 0
        while start < order.count {
            var end = start
            var tiedPositives = 0.0
            var tiedNegatives = 0.0
            while end < order.count, scores[order[end]] == scores[order[start]] {
                tiedPositives += Double(hits[order[end]])
                tiedNegatives += Double(rows[order[end]] - hits[order[end]])
                end += 1
            }
            wins += tiedPositives * (negativesBelow + tiedNegatives / 2)
            positivesBelow += tiedPositives
            negativesBelow += tiedNegatives
            start = end
        }
        guard positivesBelow > 0, negativesBelow > 0 else { return nil }
        return wins / (positivesBelow * negativesBelow)
    }

    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
