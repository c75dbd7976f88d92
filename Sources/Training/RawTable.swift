import Learning

/// A whole table in memory, column by column: each cell is a code into the column's list of distinct texts.
public struct RawTable: Sendable {
    public struct Column: Sendable {
        public let name: String
        /// Distinct trimmed cells in order of appearance.
        public internal(set) var texts: [String] = []
        /// For each row the position in ``texts``.
        public internal(set) var codes: [Int32] = []
        fileprivate var index: [String: Int32] = [:]

        fileprivate mutating func append(_ cell: Substring) {
            let text = String(cell)
            let code = index[text] ?? Int32(texts.count)
            if code == texts.count {
                texts.append(text)
                index[text] = code
            }
            codes.append(code)
        }

        func text(row: Int) -> String { texts[Int(codes[row])] }
    }

    /// More rows than this are refused: they would not be learned from better, only slower.
    public static let maximumRows = 20_000_000

    public private(set) var columns: [Column]
    public private(set) var rowCount = 0
    /// Lowercase hexadecimal SHA-256 of header and records as they stand in the file.
    public internal(set) var sha256 = ""

    /// Reads a whole file. `progress` gets bytes done and, where known, bytes in all.
    public init(
        path: String, progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) {
        let reader = try CSVReader(path: path)
        self.init(header: reader.header)
        var hash = ContentHash()
        hash.update(reader.rawHeader)
        while let record = try reader.next() {
            guard rowCount < Self.maximumRows else {
                throw TableError(.tooLarge, "more than \(Self.maximumRows) rows", line: record.line)
            }
            append(record.cells)
            hash.update([0x0A])
            hash.update(record.raw)
            if rowCount % 1_024 == 0 { progress(reader.bytesRead, reader.totalBytes) }
        }
        guard rowCount > 0 else { throw TableError(.empty, "\(path) has a header but no rows") }
        seal()
        sha256 = hash.hexadecimal()
    }

    /// A table to be filled by hand.
    init(header: [String]) { columns = header.map { Column(name: $0) } }

    /// One row; as many cells as there are columns.
    mutating func append(_ cells: [Substring]) {
        precondition(cells.count == columns.count, "a cell a column")
        for (position, cell) in cells.enumerated() { columns[position].append(CellText.trimmed(cell)) }
        rowCount += 1
    }

    /// No more rows come: gives back what only filling needs.
    mutating func seal() {
        for position in columns.indices { columns[position].index = [:] }
    }

    /// Rows that repeat an earlier one in every cell; about so many where more than a million rows are different.
    var repeatedRows: Int {
        var rows = DistinctSketch(capacity: 1 << 20)
        for row in 0..<rowCount {
            rows.insert(columns.reduce(0) { StableHash.mixed($0 ^ UInt64(UInt32(bitPattern: $1.codes[row]))) })
        }
        return rows.repeated
    }

    public var names: [String] { columns.map(\.name) }

    /// The position of a column; an unknown name is an error that gives the nearest.
    public func position(of column: String) throws(TableError) -> Int {
        try CSVReader.position(of: column, in: names)
    }
}
