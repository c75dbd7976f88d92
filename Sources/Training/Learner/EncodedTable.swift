import Leads
import Learning

/// The columns that a model uses, as the numbers it reads, with the labels.
struct EncodedTable {
    let columns: [TableColumn]
    /// By column, then by row; NaN for missing.
    let values: [[Float]]
    let labels: [Bool]
    /// For each column the codes of levels that are known, but too rare among the training rows to be learned from: they
    /// are missing to whatever learns.
    private(set) var rareLevels: [Set<Int>]

    var rowCount: Int { labels.count }

    /// Encodes every row of `table` with columns fitted before. `positions` says where each stands in `table`, `asOf` for
    /// each row the moment at which it was true; one entry serves all rows.
    init(columns: [TableColumn], table: RawTable, positions: [Int], labels: [Bool], asOf: [Timestamp]) {
        self.columns = columns
        self.labels = labels
        rareLevels = columns.map { _ in [] }
        values = zip(columns, positions).map { column, position in
            Self.values(of: column, in: table.columns[position], asOf: asOf)
        }
    }

    /// One column encoded: each distinct text once, except dates whose age differs by row.
    static func values(of column: TableColumn, in raw: RawTable.Column, asOf: [Timestamp]) -> [Float] {
        if case .date = column.kind, asOf.count > 1 {
            return raw.codes.indices.map { finite(column.encode(text: raw.text(row: $0), asOf: asOf[$0])) }
        }
        let byCode = raw.texts.map { finite(column.encode(text: $0, asOf: asOf[0])) }
        return raw.codes.map { byCode[Int($0)] }
    }

    /// libxgboost refuses infinities to learn from; they count as missing there.
    private static func finite(_ cell: EncodedCell) -> Float { cell.value.isFinite ? cell.value : .nan }

    /// Finds the levels that occur less than `least` times among `rows`.
    mutating func hideRareLevels(among rows: [Int], least: Int) {
        for column in columns.indices where columns[column].kind == .category {
            var counts = [Int](repeating: 0, count: columns[column].vocabulary.count)
            for row in rows where !values[column][row].isNaN { counts[Int(values[column][row])] += 1 }
            rareLevels[column] = Set(counts.indices.filter { counts[$0] < least })
        }
    }

    /// A cell as it is learned from.
    func learned(_ column: Int, _ row: Int) -> Float {
        let value = values[column][row]
        guard !rareLevels[column].isEmpty, !value.isNaN, rareLevels[column].contains(Int(value)) else { return value }
        return .nan
    }

    /// Rows as the finished model reads them, row after row.
    func rowMajor(_ rows: [Int]) -> [Float] {
        var flat: [Float] = []
        flat.reserveCapacity(rows.count * columns.count)
        for row in rows { for column in columns.indices { flat.append(values[column][row]) } }
        return flat
    }

    /// Rows for libxgboost, row after row. `ranks` replaces a category's code: nil keeps the column as it is.
    func learnedRows(_ rows: [Int], ranks: [[Float]?]) -> [Float] {
        var flat = [Float](repeating: .nan, count: rows.count * columns.count)
        for column in columns.indices {
            let source = values[column]
            let rank = ranks[column]
            let rare = rareLevels[column]
            for (place, row) in rows.enumerated() {
                var value = rare.isEmpty ? source[row] : learned(column, row)
                if let rank, !value.isNaN { value = rank[Int(value)] }
                flat[place * columns.count + column] = value
            }
        }
        return flat
    }

    /// For each categorical column the rank of every code by the rate of positives among `rows`, smoothed by ten rows of
    /// the average: neighbours in this order convert alike, so that one threshold parts them.
    func targetRanks(from rows: [Int]) -> [[Float]?] {
        columns.indices.map { column in
            guard columns[column].kind == .category else { return nil }
            return Self.targetRanks(
                codes: values[column], labels: labels, rows: rows, levels: columns[column].vocabulary.count)
        }
    }

    private static func targetRanks(codes: [Float], labels: [Bool], rows: [Int], levels: Int) -> [Float] {
        var counts = [Double](repeating: 0, count: levels)
        var hits = counts
        for row in rows where !codes[row].isNaN {
            counts[Int(codes[row])] += 1
            if labels[row] { hits[Int(codes[row])] += 1 }
        }
        let rate = Double(rows.count { labels[$0] }) / Double(max(1, rows.count))
        let smoothed = (0..<levels).map { (hits[$0] + 10 * rate) / (counts[$0] + 10) }
        let order = (0..<levels).sorted { (smoothed[$0], $0) < (smoothed[$1], $1) }
        var ranks = [Float](repeating: 0, count: levels)
        for (rank, code) in order.enumerated() { ranks[code] = Float(rank) }
        return ranks
    }
}
