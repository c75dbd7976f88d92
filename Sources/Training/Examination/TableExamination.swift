import Learning

/// A table as it is before anything is learned from it: its text, its label and its columns, each with what speaks for and
/// against it.
///
/// One pass, in memory that does not grow with the file. Exact over all rows: counts, missing values by class, faults of the
/// text, and different values and repeated rows up to the capacity of their sketches (``DistinctSketch`` states the error
/// beyond). Kinds, dates and the AUC of each column come from all rows of a table of up to 100,000, and from a uniform
/// sample of 50,000 to 100,000 rows of a longer one (fewer where rows are long: ``RowSample``).
public struct TableExamination: Sendable {
    /// What is asked.
    public struct Question: Sendable {
        public var label: String
        /// The label's value that counts as converted; nil: found out where it is plain.
        public var positive: String?
        /// The column that says when a row was true.
        public var time: String?

        public init(label: String, positive: String? = nil, time: String? = nil) {
            self.label = label
            self.positive = positive
            self.time = time
        }
    }

    public let text: TableText
    /// Rows that can be read.
    public let rows: Int
    public let label: LabelExamination
    public let columns: [ColumnExamination]
    /// Rows that repeat an earlier one in every cell, and the lines of the first of them.
    public let repeatedRows: Int
    public let areRepeatedRowsEstimated: Bool
    public let repeatedRowLines: [Int]
    /// Rows that kinds, dates and AUC were measured on.
    public let sampledRows: Int
    /// Why `train` refuses the table; empty where it doesn't.
    public let obstacles: [String]
    /// What a person should know besides.
    public let remarks: [String]

    /// Reads a whole file (`-`: the standard input). `progress` gets bytes done and, where known, bytes in all.
    ///
    /// - Throws: ``TableError`` where the file can't be opened, has no header, or lacks a column that was named. Whatever is
    ///   wrong with its rows is a finding.
    public init(
        path: String, question: Question, progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) {
        try self.init(path: path, question: question, sample: RowSample(), progress: progress)
    }

    /// With a sample of another size.
    init(
        path: String, question: Question, sample: RowSample, progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) {
        let scanner = try RecordScanner(path: path)
        let (header, _) = try CSVReader.header(of: scanner, path: path)
        let labelPosition = try CSVReader.position(of: question.label, in: header)
        let timePosition = try question.time.map { name throws(TableError) in
            try CSVReader.position(of: name, in: header)
        }
        var pass = TablePass(
            header: header, labelPosition: labelPosition,
            text: TableText(delimiter: scanner.delimiter, hasByteOrderMark: scanner.hasByteOrderMark), sample: sample)
        do throws(TableError) {
            var records = 0
            while let record = try scanner.next() {
                if record.bytes.isEmpty, header.count != 1 { continue }
                try pass.take(record)
                records += 1
                if records % 1_024 == 0 { progress(scanner.bytesRead, scanner.totalBytes) }
            }
        } catch {
            // What was read up to here is examined all the same.
            guard error.code != .unreadable else { throw error }
            pass.text.stopped = error
        }
        pass.text.bytes = scanner.bytesRead
        try self.init(pass: pass, question: question, timePosition: timePosition)
    }

    private init(pass: TablePass, question: Question, timePosition: Int?) throws(TableError) {
        text = pass.text
        rows = pass.rows
        let label = LabelExamination(column: question.label, tally: pass.labels, wanted: question.positive)
        self.label = label
        repeatedRows = pass.wholeRows.repeated
        areRepeatedRowsEstimated = !pass.wholeRows.isExact
        repeatedRowLines = pass.repeatedRows.firstLines
        let positive = label.positive.flatMap { name in label.values.firstIndex { $0.text == name } }.map { $0 + 1 }
        let (sample, codes) = try pass.sampledTable()
        sampledRows = sample.rowCount
        let labels = codes.map { $0 == positive }
        let isOfLead = ColumnExamination.areLeadFeatures(pass.header)
        let columns = sample.columns.indices.map { position in
            let role: ColumnExamination.Role =
                position == pass.labelPosition ? .label : position == timePosition ? .time : .input
            return ColumnExamination(
                sample.columns[position], role: role, isOfLead: isOfLead, labels: labels,
                time: timePosition.map { sample.columns[$0] }, counts: Self.counts(pass, sample, position, positive))
        }
        self.columns = columns
        obstacles = TableFindings.obstacles(text: text, rows: rows, label: label, columns: columns)
        remarks = TableFindings.remarks(
            text: text, label: label, repeated: repeatedRows, lines: repeatedRowLines,
            isEstimated: areRepeatedRowsEstimated)
    }

    private static func counts(
        _ pass: TablePass, _ sample: RawTable, _ position: Int, _ positive: Int?
    ) -> ColumnExamination.Counts {
        var counts = ColumnExamination.Counts()
        counts.rows = pass.rows
        counts.missing = pass.missing(column: position)
        counts.distinct = pass.sketches[position].distinct
        counts.isDistinctEstimated = !pass.sketches[position].isExact
        if counts.isDistinctEstimated, sample.rowCount == pass.rows {
            // Nothing was left out of the sample, so it counts exactly.
            counts.distinct = sample.columns[position].texts.count { !MissingSpelling.isMissing($0) }
            counts.isDistinctEstimated = false
        }
        guard let positive else { return counts }
        for code in pass.labels.values.indices.dropFirst() {
            let rows = pass.labels.rows[code]
            let missing = pass.missing(column: position, label: code)
            if code == positive {
                counts.positives += rows
                counts.missingPositives += missing
            } else {
                counts.negatives += rows
                counts.missingNegatives += missing
            }
        }
        return counts
    }
}
