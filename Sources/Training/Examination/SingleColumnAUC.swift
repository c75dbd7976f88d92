import Leads
import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How well one column alone ranks the label, measured on rows that its rates were not taken from.
///
/// Each row of a fold is scored with the rate of positives that its level (a text, a bin of numbers, "missing") has in the
/// four other folds, drawn towards the base rate; the AUC is taken inside each fold and averaged. So a level that occurs once
/// says nothing, and an identifier, perfect on its own rows, comes out at 0.5.
public struct SingleColumnAUC: Sendable, Hashable {
    /// 0...1; below 0.5 only by chance, because the rates give the direction.
    public let value: Double
    /// Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    public let standardError: Double

    /// What the column reaches with 95% confidence.
    public var lowerBound: Double { max(0, value - 1.6448536269514722 * standardError) }

    static let foldCount = 5
    /// Numbers and dates are cut into at most so many bins of about as many rows each; equal values stay together.
    static let maximumBins = 64
    /// Rows at the base rate that each level's rate is drawn towards.
    private static let priorRows = 5.0

    /// From a code a row, the level of each code (below `levelCount`) and a label a row; the fold follows from the row's
    /// place.
    ///
    /// - Returns: nil where a class has no rows.
    init?(codes: [Int32], levelOfCode: [Int], levelCount: Int, labels: [Bool]) {
        precondition(codes.count == labels.count, "a label a row")
        let folds = Self.foldCount
        var rows = [Double](repeating: 0, count: levelCount * folds)
        var hits = rows
        for (place, code) in codes.enumerated() {
            let cell = levelOfCode[Int(code)] * folds + Self.fold(ofRow: place)
            rows[cell] += 1
            if labels[place] { hits[cell] += 1 }
        }
        let positives = hits.reduce(0, +)
        let negatives = Double(labels.count) - positives
        guard positives > 0, negatives > 0 else { return nil }
        let base = positives / Double(labels.count)
        var wins = 0.0
        var pairs = 0.0
        for fold in 0..<folds {
            var scored: [(score: Double, positives: Double, negatives: Double)] = []
            for level in 0..<levelCount where rows[level * folds + fold] > 0 {
                let cells = level * folds..<(level + 1) * folds
                let own = level * folds + fold
                let otherRows = cells.reduce(0) { $0 + rows[$1] } - rows[own]
                let otherHits = cells.reduce(0) { $0 + hits[$1] } - hits[own]
                let score = (otherHits + Self.priorRows * base) / (otherRows + Self.priorRows)
                scored.append((score, hits[own], rows[own] - hits[own]))
            }
            let fold = Self.wins(&scored)
            wins += fold.wins
            pairs += fold.pairs
        }
        guard pairs > 0 else { return nil }
        value = wins / pairs
        standardError = Self.standardError(of: value, positives: positives, negatives: negatives)
    }

    /// A column as it stands in a table. Words that are no vocabulary (identifiers, free text) count as filled in or not.
    init?(column: RawTable.Column, kind: InferredKind, labels: [Bool]) {
        let (levelOfCode, count) = Self.levels(of: column, kind: kind)
        self.init(codes: column.codes, levelOfCode: levelOfCode, levelCount: count, labels: labels)
    }

    static func fold(ofRow row: Int) -> Int { Int(StableHash.mixed(UInt64(row) ^ 0xF01D) % UInt64(foldCount)) }

    // MARK: Levels

    /// For each distinct text its level; 0 is "missing".
    private static func levels(of column: RawTable.Column, kind: InferredKind) -> ([Int], Int) {
        let isMissing = column.texts.map { MissingSpelling.isMissing($0) }
        switch kind {
        case .number(let style):
            return bins(column, isMissing) { style.value(of: $0) }
        case .date(let style):
            return bins(column, isMissing) { style.timestamp(of: $0).map { Double($0.milliseconds) } }
        case .identifier where column.texts.indices.allSatisfy({ isMissing[$0] || Double(column.texts[$0]) != nil }):
            // Numbers that count the rows tell the order of the file, which may be that of the outcome.
            return bins(column, isMissing) { Double($0) }
        case .category, .boolean:
            return (isMissing.enumerated().map { $1 ? 0 : $0 + 1 }, column.texts.count + 1)
        case .identifier, .freeText, .constant:
            return (isMissing.map { $0 ? 0 : 1 }, 2)
        }
    }

    /// Level 1 is for texts that aren't read, 2 and up are bins in ascending order.
    private static func bins(
        _ column: RawTable.Column, _ isMissing: [Bool], _ read: (String) -> Double?
    ) -> ([Int], Int) {
        var rows = [Int](repeating: 0, count: column.texts.count)
        for code in column.codes { rows[Int(code)] += 1 }
        let values = column.texts.indices.map { isMissing[$0] ? nil : read(column.texts[$0]) }
        let order = values.indices.filter { values[$0].map { !$0.isNaN } ?? false }
            .sorted { (values[$0] ?? 0, $0) < (values[$1] ?? 0, $1) }
        let share = Double(max(1, order.reduce(0) { $0 + rows[$1] })) / Double(maximumBins)
        var levels = isMissing.map { $0 ? 0 : 1 }
        var level = 2
        var filled = 0.0
        for (place, code) in order.enumerated() {
            let isNew = place > 0 && values[order[place - 1]] != values[code]
            // A value as frequent as a whole bin gets one of its own.
            if isNew, filled >= share || Double(rows[code]) >= share {
                level += 1
                filled = 0
            }
            levels[code] = level
            filled += Double(rows[code])
        }
        return (levels, level + 1)
    }

    // MARK: Figures

    private static func wins(
        _ scored: inout [(score: Double, positives: Double, negatives: Double)]
    ) -> (wins: Double, pairs: Double) {
        scored.sort { $0.score < $1.score }
        var wins = 0.0
        var below = 0.0
        var positives = 0.0
        var start = 0
        while start < scored.count {
            var end = start
            var tiedPositives = 0.0
            var tiedNegatives = 0.0
            while end < scored.count, scored[end].score == scored[start].score {
                tiedPositives += scored[end].positives
                tiedNegatives += scored[end].negatives
                end += 1
            }
            wins += tiedPositives * (below + tiedNegatives / 2)
            below += tiedNegatives
            positives += tiedPositives
            start = end
        }
        return (wins, positives * below)
    }

    private static func standardError(of auc: Double, positives: Double, negatives: Double) -> Double {
        let q1 = auc / (2 - auc)
        let q2 = 2 * auc * auc / (1 + auc)
        let variance =
            (auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc))
            / (positives * negatives)
        return max(0, variance).squareRoot()
    }
}
