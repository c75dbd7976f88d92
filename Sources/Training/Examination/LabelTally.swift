import Learning

/// The values of the label's column as they go by, numbered in order of appearance; 0 is "no value".
struct LabelTally {
    /// A column with more values is no outcome.
    static let maximumValues = 256
    static let missing = 0

    private(set) var values: [[UInt8]] = [[]]
    private(set) var rows: [Int] = [0]
    private(set) var missingRows = MarkedRows()

    /// The number of a trimmed cell.
    ///
    /// - Throws: ``TableError/Code/invalidLabel`` where there are too many values.
    mutating func take(
        _ cell: UnsafeBufferPointer<UInt8>.SubSequence, isMissing: Bool, line: Int
    ) throws(TableError) -> Int {
        guard !isMissing else {
            missingRows.mark(line: line)
            rows[Self.missing] += 1
            return Self.missing
        }
        for code in values.indices.dropFirst() where values[code].elementsEqual(cell) {
            rows[code] += 1
            return code
        }
        guard values.count <= Self.maximumValues else {
            throw TableError(
                .invalidLabel, "the label has more than \(Self.maximumValues) different values: it is no outcome")
        }
        values.append(Array(cell))
        rows.append(1)
        return values.count - 1
    }

    /// Spellings and their rows, in order of appearance, "no value" left out.
    var counts: [LabelExamination.Value] {
        values.indices.dropFirst().map {
            LabelExamination.Value(text: String(decoding: values[$0], as: UTF8.self), rows: rows[$0])
        }
    }
}

/// What a table's label holds.
public struct LabelExamination: Sendable, Hashable {
    public struct Value: Sendable, Hashable {
        public let text: String
        public let rows: Int
    }

    public let column: String
    /// In order of appearance.
    public let values: [Value]
    /// Rows without one.
    public let missing: MarkedRows
    /// The value that counts as converted; nil where it isn't plain.
    public let positive: String?
    /// Why there is none.
    public let fault: String?

    /// Rows with a label.
    public var rows: Int { values.reduce(0) { $0 + $1.rows } }
    public var positives: Int { values.first { $0.text == positive }?.rows ?? 0 }
    /// Share of the positives, 0...1; nil where the positive value isn't known.
    public var baseRate: Double? {
        positive != nil && rows > 0 ? Double(positives) / Double(rows) : nil
    }

    init(column: String, tally: LabelTally, wanted: String?) {
        self.column = column
        values = tally.counts
        missing = tally.missingRows
        do throws(TableError) {
            positive = try LabelReader.positive(among: values.map(\.text), column: column, wanted: wanted)
            fault = nil
        } catch {
            positive = nil
            fault = error.message
        }
    }
}
