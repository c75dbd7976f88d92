import Forest
public import Leads
public import Learning

/// Reads the rows of a text table as a model's inputs, some at a time, in memory that doesn't grow with the file.
public struct ModelRows {
    /// Rows as the forest reads them, and the records they came from.
    public struct Batch {
        public var records: [CSVReader.Record] = []
        /// Row after row, in model order.
        public var values: [Float] = []
        /// The same as `Double`s, for a forest that compares these; empty for others.
        public var exact: [Double] = []
        /// For each row the positions of values out of the training range.
        public var outOfRange: [[Int]] = []
        /// For each row the positions of values that training never saw.
        public var unseen: [[Int]] = []

        public var count: Int { records.count }
    }

    public static let batchRows = 512

    public let reader: CSVReader
    public let artifact: ModelArtifact
    /// Cells by column that could not be read as what the column holds and count as missing.
    public private(set) var unreadable: [Int]
    private let table: TableSchema
    private let positions: [Int?]
    private let timePosition: Int?
    private let asOf: Timestamp

    /// Opens a table. `asOf` is the moment that dates are aged to, in tables without the model's time column; nil takes
    /// the newest date in the file, as training did.
    ///
    /// - Throws: ``TableError/Code/unknownColumn`` for a column that the model reads and the file lacks.
    public init(path: String, artifact: ModelArtifact, asOf: Timestamp? = nil) throws(TableError) {
        self.artifact = artifact
        reader = try CSVReader(path: path)
        table = artifact.schema.table(raw: artifact.kind == .imported)
        unreadable = Array(repeating: 0, count: table.columns.count)
        positions = try Self.positions(of: table, in: reader.header, artifact: artifact)
        timePosition = table.timeStyle == nil ? nil : table.timeColumn.flatMap(reader.header.firstIndex)
        if let asOf {
            self.asOf = asOf
        } else if table.hasDates, timePosition == nil {
            self.asOf = try Self.newestDate(path: path, table: table, positions: positions)
        } else {
            self.asOf = Timestamp(milliseconds: 0)
        }
    }

    /// The next rows, nil at the end.
    public mutating func next() throws(TableError) -> Batch? {
        var batch = Batch()
        while batch.count < Self.batchRows, let record = try reader.next() {
            let row = table.row(
                ofCells: record.cells, positions: positions, asOf: try moment(of: record),
                keepsExact: artifact.forest.precision == .double)
            for column in row.unseen {
                if case .category = table.columns[column].kind { continue }
                // A model of another library gets numbers or nothing: a word here is a wrong file, not a missing value.
                if artifact.kind == .imported {
                    throw TableError(
                        .unreadable, "the column \"\(table.columns[column].name)\" holds no number here",
                        line: record.line)
                }
                unreadable[column] += 1
            }
            batch.records.append(record)
            batch.values += row.values
            batch.exact += row.exact
            batch.outOfRange.append(row.outOfRange)
            batch.unseen.append(row.unseen)
        }
        return batch.count == 0 ? nil : batch
    }

    /// What the user should know about cells that were not understood.
    public var warnings: [String] {
        zip(table.columns, unreadable).compactMap { column, count in
            guard count > 0 else { return nil }
            return "\(count) cells of \"\(column.name)\" are no \(column.kind.word) and count as missing"
        }
    }

    private func moment(of record: CSVReader.Record) throws(TableError) -> Timestamp {
        guard let timePosition, let style = table.timeStyle else { return asOf }
        guard let moment = style.timestamp(of: CellText.trimmed(record.cells[timePosition])) else {
            throw TableError(
                .unreadable, "no time in \"\(table.timeColumn ?? "")\", which the ages of this model count from",
                line: record.line)
        }
        return moment
    }

    /// Where each input stands. A model without names takes the columns in their order.
    private static func positions(
        of table: TableSchema, in header: [String], artifact: ModelArtifact
    ) throws(TableError) -> [Int?] {
        let names = table.columns.map(\.name)
        if artifact.kind == .imported, artifact.forest.featureNames.isEmpty, !Set(names).isSubset(of: header) {
            guard header.count == names.count else {
                throw TableError(
                    .unknownColumn,
                    "the model has \(names.count) features without names, so the file needs exactly as many columns in "
                        + "their order; it has \(header.count)")
            }
            return Array(header.indices)
        }
        var positions: [Int?] = []
        for column in table.columns {
            if column.isMasked, !header.contains(column.name) {
                positions.append(nil)
            } else {
                positions.append(try CSVReader.position(of: column.name, in: header))
            }
        }
        return positions
    }

    /// A pass over the file for its newest date: about when it was exported.
    private static func newestDate(
        path: String, table: TableSchema, positions: [Int?]
    ) throws(TableError) -> Timestamp {
        let reader = try CSVReader(path: path)
        var newest: Timestamp?
        while let record = try reader.next() {
            for (column, position) in zip(table.columns, positions) {
                guard case .date(let style) = column.kind, let position,
                    let moment = style.timestamp(of: CellText.trimmed(record.cells[position]))
                else { continue }
                if newest.map({ moment > $0 }) ?? true { newest = moment }
            }
        }
        return newest ?? Timestamp(milliseconds: 0)
    }
}
