import Learning

/// One pass over a table's records: what is exact over all rows, and the sample that the rest is measured on.
struct TablePass {
    /// Hashes kept over all columns; each column gets its part, at most 4,096.
    private static let maximumKeptHashes = 8 << 20
    /// Rows are compared exactly up to so many different ones.
    private static let maximumKeptRows = 1 << 20

    let header: [String]
    let labelPosition: Int
    private(set) var rows = 0
    private(set) var labels = LabelTally()
    private(set) var sketches: [DistinctSketch]
    private(set) var wholeRows = DistinctSketch(capacity: maximumKeptRows)
    /// Lines of rows that repeat an earlier one: only those whose hash is kept are seen.
    private(set) var repeatedRows = MarkedRows()
    private(set) var sample: RowSample
    var text: TableText

    /// Missing cells by column and number of the label's value.
    private var missing: [Int]
    private var cells: [CellBounds] = []
    private static let labelSlots = LabelTally.maximumValues + 1

    init(header: [String], labelPosition: Int, text: TableText, sample: RowSample) {
        self.header = header
        self.labelPosition = labelPosition
        self.text = text
        self.sample = sample
        let capacity = max(64, min(4_096, Self.maximumKeptHashes / max(1, header.count)))
        sketches = Array(repeating: DistinctSketch(capacity: capacity), count: header.count)
        missing = Array(repeating: 0, count: header.count * Self.labelSlots)
    }

    /// Takes a record; one that can't be read is marked and not looked at further.
    mutating func take(_ record: RecordScanner.Record) throws(TableError) {
        text.quotedLineEnds += record.quotedLineEnds
        guard text.takeEncoding(of: record.bytes, line: record.line) else { return }
        guard CellBounds.split(record.bytes, at: text.delimiter, into: &cells) == nil else {
            text.misquoted.mark(line: record.line)
            return
        }
        guard cells.count == header.count else {
            text.takeWrongCellCount(of: record.bytes, wanted: header.count, line: record.line)
            return
        }
        rows += 1
        let label = try record.bytes.withUnsafeBufferPointer { bytes throws(TableError) in
            try examine(bytes, line: record.line)
        }
        guard label != LabelTally.missing else { return }
        sample.offer(
            record.bytes, number: rows, line: record.line, labelCode: label, cellCount: cells.count)
    }

    /// - Returns: the number of the label's value.
    private mutating func examine(
        _ bytes: UnsafeBufferPointer<UInt8>, line: Int
    ) throws(TableError) -> Int {
        let labelCell = CellBytes.trimmed(bytes, cells[labelPosition])
        let label = try labels.take(labelCell, isMissing: CellBytes.isMissing(labelCell), line: line)
        var rowHash: UInt64 = 0
        for position in cells.indices {
            let cell = CellBytes.trimmed(bytes, cells[position])
            guard !CellBytes.isMissing(cell) else {
                missing[position * Self.labelSlots + label] += 1
                rowHash = StableHash.mixed(rowHash)
                continue
            }
            let hash = StableHash.hash(cell)
            sketches[position].insert(hash)
            rowHash = StableHash.mixed(rowHash ^ hash)
        }
        if wholeRows.insert(rowHash) { repeatedRows.mark(line: line) }
        return label
    }

    /// Missing cells of a column in rows whose label has the value of that number.
    func missing(column: Int, label: Int) -> Int { missing[column * Self.labelSlots + label] }

    func missing(column: Int) -> Int {
        labels.values.indices.reduce(0) { $0 + missing(column: column, label: $1) }
    }

    /// The sample as a table, with the number of the label's value of each row.
    func sampledTable() throws(TableError) -> (table: RawTable, labels: [Int]) {
        var table = RawTable(header: header)
        var bounds: [CellBounds] = []
        for row in sample.rows {
            table.append(try CSVReader.cells(row.bytes, text.delimiter, &bounds, line: row.line))
        }
        table.seal()
        return (table, sample.rows.map(\.labelCode))
    }
}

/// Cells as bytes, where making text of each would cost most of the time.
enum CellBytes {
    typealias Cell = UnsafeBufferPointer<UInt8>.SubSequence

    /// As ``CellText/trimmed(_:)`` does it.
    static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: CellBounds) -> Cell {
        var (start, end) = (cell.start, cell.end)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        return bytes[start..<end]
    }

    /// As ``MissingSpelling/isMissing(_:)`` says it.
    static func isMissing(_ cell: Cell) -> Bool {
        guard cell.count <= 4 else { return false }
        return missing.contains(packed(cell))
    }

    private static let missing: [UInt32] = MissingSpelling.all.map { packed($0.utf8) }.sorted()

    private static func packed(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
