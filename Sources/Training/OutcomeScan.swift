public import Learning

/// What a first pass over a table with outcomes finds, in memory that doesn't grow with it: which rows came true, whether
/// the file is the one that a model was trained on, what repeats, how dates are spelled.
public struct OutcomeScan: Sendable {
    /// A label with more different values than this is none.
    static let maximumLabelValues = 1_000
    /// Cells that decide how a time column is spelled.
    private static let datesLookedAt = 200
    /// Rows up to which repeats are counted exactly; beyond, estimated within 0.1 %.
    private static let sketchCapacity = 1 << 20

    public let rows: Int
    public let positives: Int
    /// The label's value that counts.
    public let positive: String
    /// Lowercase hexadecimal SHA-256 of header and records as they stand in the file.
    public let sha256: String
    /// Rows that repeat an earlier one byte for byte.
    public let repeatedRows: Int
    /// How the time column spells its dates; nil without one.
    public let timeStyle: DateStyle?
    public let header: [String]
    public let labelPosition: Int

    /// Reads the whole file once.
    ///
    /// - Throws: ``TableError``; `trainingRows` where the file is the one that `artifact` was trained on, `invalidLabel`
    ///   where the label is empty somewhere, `invalidOption` where `time` holds no dates.
    public init(
        path: String, artifact: ModelArtifact, label: String, positive: String? = nil, time: String? = nil,
        progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) {
        let reader = try CSVReader(path: path)
        header = reader.header
        labelPosition = try reader.position(of: label)
        let timePosition = try time.map { name throws(TableError) in try reader.position(of: name) }
        var hash = ContentHash()
        hash.update(reader.rawHeader)
        var sketch = DistinctSketch(capacity: Self.sketchCapacity)
        var values: [String] = []
        var counts: [String: Int] = [:]
        var dates: [String] = []
        var rows = 0
        while let record = try reader.next() {
            rows += 1
            hash.update([0x0A])
            hash.update(record.raw)
            record.raw.withUnsafeBufferPointer { _ = sketch.insert(StableHash.hash($0[...])) }
            let cell = CellText.trimmed(record.cells[labelPosition])
            guard !MissingSpelling.isMissing(cell) else {
                throw TableError(.invalidLabel, "the label \"\(label)\" is empty", line: record.line)
            }
            let value = String(cell)
            if counts[value] == nil {
                guard values.count < Self.maximumLabelValues else {
                    throw TableError(.invalidLabel, "\"\(label)\" has too many different values to be a label")
                }
                values.append(value)
            }
            counts[value, default: 0] += 1
            if let timePosition, dates.count < Self.datesLookedAt {
                let cell = CellText.trimmed(record.cells[timePosition])
                if !MissingSpelling.isMissing(cell) { dates.append(String(cell)) }
            }
            if rows % 1_024 == 0 { progress(reader.bytesRead, reader.totalBytes) }
        }
        guard rows > 0 else { throw TableError(.empty, "\(path) has a header but no rows") }
        sha256 = hash.hexadecimal()
        guard sha256 != artifact.card.dataSHA256 else { throw TableError.trainedOnTheseRows }
        let trained = artifact.card.label == label ? artifact.card.positive : nil
        self.positive = try LabelReader.positive(among: values, column: label, wanted: positive ?? trained)
        self.rows = rows
        positives = counts[self.positive] ?? 0
        repeatedRows = sketch.repeated
        timeStyle = try time.map { name throws(TableError) in try Self.style(of: dates, column: name) }
    }

    private static func style(of dates: [String], column: String) throws(TableError) -> DateStyle {
        let style = DateStyle.allCases.first { style in
            !dates.isEmpty && dates.allSatisfy { style.timestamp(of: $0) != nil }
        }
        guard let style else {
            throw TableError(.invalidOption, "the column \"\(column)\" holds no dates that can be read")
        }
        return style
    }
}

extension TableError {
    /// The refusal to measure a model on what it learned from.
    static let trainedOnTheseRows = TableError(
        .trainingRows,
        "these are the rows that the model was trained on: figures from them would flatter it; give rows that it has not "
            + "seen, or read the hold-out figures on its card (leadwire models)")
}
