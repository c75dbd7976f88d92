import Learning

/// The values of one column by row, as codes: for quality by source and month, and for impact by group.
struct SliceColumn: Sendable {
    static let notStated = "(not stated)"
    static let otherValues = "(other values)"
    /// Different values that are told apart; later ones share one code. Code 0 is "not stated", 1 "other values".
    static let maximumValues = 250

    let name: String
    private(set) var values = [notStated, otherValues]
    private(set) var codes: [UInt8] = []
    private var index: [String: UInt8] = [:]

    init(name: String) { self.name = name }

    mutating func append(_ cell: some StringProtocol) {
        let text = CellText.trimmed(cell)
        guard !MissingSpelling.isMissing(text) else {
            codes.append(0)
            return
        }
        let value = String(text)
        if let code = index[value] {
            codes.append(code)
        } else if values.count < Self.maximumValues + 2 {
            let code = UInt8(values.count)
            values.append(value)
            index[value] = code
            codes.append(code)
        } else {
            codes.append(1)
        }
    }

    /// The rows of each value that occurs, values in the order asked for; beyond `limit` the rarer ones are put together.
    func slices(limit: Int, byName: Bool) -> [Slice] {
        var rows: [[Int]] = Array(repeating: [], count: values.count)
        for (row, code) in codes.enumerated() { rows[Int(code)].append(row) }
        let used = rows.indices.filter { $0 > 1 && !rows[$0].isEmpty }
        let bySize = used.sorted { (rows[$1].count, values[$0]) < (rows[$0].count, values[$1]) }
        let kept = bySize.prefix(limit).sorted {
            byName ? values[$0] < values[$1] : (rows[$1].count, values[$0]) < (rows[$0].count, values[$1])
        }
        var slices = kept.map { Slice(name: values[$0], rows: rows[$0], isNamed: true) }
        let others = (bySize.dropFirst(limit).flatMap { rows[$0] } + rows[1]).sorted()
        if !others.isEmpty { slices.append(Slice(name: Self.otherValues, rows: others, isNamed: false)) }
        if !rows[0].isEmpty { slices.append(Slice(name: Self.notStated, rows: rows[0], isNamed: false)) }
        return slices
    }

    struct Slice {
        let name: String
        /// Row numbers, ascending.
        let rows: [Int]
        /// False for what was not stated and for values put together.
        let isNamed: Bool
    }
}
