public import Leads

/// The columns of a team's own table, in model order.
public struct TableSchema: Sendable, Hashable {
    /// A bound on the width of a table, for stored files.
    public static let maximumColumns = 4_096

    public var columns: [TableColumn]
    /// The column that says when a row was true: dates in the same row turn into ages at that moment.
    public var timeColumn: String?
    public var timeStyle: DateStyle?

    public init(columns: [TableColumn], timeColumn: String? = nil, timeStyle: DateStyle? = nil) {
        self.columns = columns
        self.timeColumn = timeColumn
        self.timeStyle = timeStyle
    }

    public var hasDates: Bool {
        columns.contains { if case .date = $0.kind { true } else { false } }
    }

    /// A row for the forest, and where it leaves what the model has seen.
    public struct Row: Sendable {
        /// One value a column, NaN when missing.
        public var values: [Float]
        /// The same before they were rounded to `Float`; empty unless asked for.
        public var exact: [Double] = []
        /// Positions of columns with a category, or a text, that training never saw; they are missing in `values`.
        public var unseen: [Int] = []
        /// Positions of numbers and ages outside the training range; `values` holds them as they are.
        public var outOfRange: [Int] = []
        /// Values that are missing, unseen ones included, masked ones not.
        public var missing = 0

        public init(capacity: Int) {
            values = []
            values.reserveCapacity(capacity)
        }

        mutating func append(_ cell: EncodedCell, isMasked: Bool, keepsExact: Bool = false) {
            switch cell.state {
            case .known: break
            case .missing: missing += isMasked ? 0 : 1
            case .outOfRange: outOfRange.append(values.count)
            case .unseen:
                unseen.append(values.count)
                missing += 1
            }
            values.append(cell.value)
            if keepsExact { exact.append(cell.exact) }
        }
    }

    /// A lead's `custom_fields` as a row. Fields that the model doesn't know are not looked at; absent ones are missing.
    public func row(of fields: [CustomField], asOf: Timestamp) -> Row {
        var row = Row(capacity: columns.count)
        for column in columns {
            let value = fields.first { $0.name == column.name }?.value ?? .null
            row.append(column.encode(value, asOf: asOf), isMasked: column.isMasked)
        }
        return row
    }

    /// Cells of a text table as a row. `positions` says for each column of the schema where it stands in `cells`; nil is
    /// missing. `keepsExact` fills ``Row/exact`` too.
    public func row(
        ofCells cells: [Substring], positions: [Int?], asOf: Timestamp, keepsExact: Bool = false
    ) -> Row {
        var row = Row(capacity: columns.count)
        for (column, position) in zip(columns, positions) {
            let cell = position.map { column.encode(text: cells[$0], asOf: asOf) } ?? .missing
            row.append(cell, isMasked: column.isMasked, keepsExact: keepsExact)
        }
        return row
    }
}
