import Learning

/// Reads a delimited text table (RFC 4180) record by record with memory for one record.
///
/// Found out: the delimiter (comma, semicolon, tab or bar), a byte order mark, LF, CRLF or CR line ends. Quoted cells
/// may hold delimiters, line ends and doubled quotes. A record with more or fewer cells than the header is an error that
/// names its line; empty lines are skipped where the table has more than one column.
public final class CSVReader {
    public struct Record {
        /// As they stand in the file, quotes resolved.
        public let cells: [Substring]
        /// The record's bytes without its line end: written back verbatim by whoever keeps the columns.
        public let raw: [UInt8]
        /// The line on which the record starts; the header is on line 1.
        public let line: Int
    }

    public static let maximumRecordBytes = RecordScanner.maximumRecordBytes
    public static let maximumColumns = 4_096

    public var delimiter: UInt8 { scanner.delimiter }
    /// Trimmed; a column without a name is `column_N`, counted from 1.
    public let header: [String]
    /// The header's bytes without byte order mark and line end.
    public let rawHeader: [UInt8]
    /// Bytes consumed so far, for a progress bar.
    public var bytesRead: Int { scanner.bytesRead }
    public var totalBytes: Int? { scanner.totalBytes }

    private let scanner: RecordScanner
    private var bounds: [CellBounds] = []

    /// Opens and reads the header.
    public init(path: String) throws(TableError) {
        scanner = try RecordScanner(path: path)
        (header, rawHeader) = try Self.header(of: scanner, path: path)
    }

    /// The first record that isn't empty, as names of columns.
    static func header(of scanner: RecordScanner, path: String) throws(TableError) -> ([String], [UInt8]) {
        while let record = try scanner.next() {
            guard !record.bytes.isEmpty else { continue }
            var bounds: [CellBounds] = []
            let cells = try Self.cells(record.bytes, scanner.delimiter, &bounds, line: record.line)
            let names = cells.enumerated().map { index, cell in
                let name = CellText.trimmed(cell)
                return name.isEmpty ? "column_\(index + 1)" : String(name)
            }
            var seen: Set<String> = []
            for name in names where !seen.insert(name).inserted {
                throw TableError(.duplicateColumn, "the header names the column \"\(name)\" twice", line: 1)
            }
            return (names, record.bytes)
        }
        throw TableError(.empty, "\(path) is empty: a header line is needed")
    }

    /// The next record, nil at the end.
    public func next() throws(TableError) -> Record? {
        while let record = try scanner.next() {
            if record.bytes.isEmpty, header.count != 1 { continue }
            let cells = try Self.cells(record.bytes, delimiter, &bounds, line: record.line)
            guard cells.count == header.count else {
                throw TableError(
                    .raggedRow, "\(cells.count) cells, but the header has \(header.count) columns", line: record.line)
            }
            return Record(cells: cells, raw: record.bytes, line: record.line)
        }
        return nil
    }

    /// The position of a column.
    ///
    /// - Throws: ``TableError/Code/unknownColumn`` with the nearest name there is.
    public func position(of column: String) throws(TableError) -> Int {
        try Self.position(of: column, in: header)
    }

    static func position(of column: String, in header: [String]) throws(TableError) -> Int {
        if let index = header.firstIndex(of: column) { return index }
        let hint =
            nearestName(to: column, among: header).map { "; did you mean \"\($0)\"?" }
            ?? "; the columns are \(header.prefix(20).joined(separator: ", "))"
        throw TableError(.unknownColumn, "there is no column \"\(column)\"\(hint)")
    }

    /// A record's cells as text. `bounds` is storage to reuse.
    static func cells(
        _ record: [UInt8], _ delimiter: UInt8, _ bounds: inout [CellBounds], line: Int
    ) throws(TableError) -> [Substring] {
        guard let text = String(validating: record, as: UTF8.self) else {
            throw TableError(.invalidUTF8, "not UTF-8; save the file as CSV in UTF-8", line: line)
        }
        if let fault = CellBounds.split(record, at: delimiter, into: &bounds) {
            throw TableError(fault.error, fault.message, line: line)
        }
        let utf8 = text.utf8
        return bounds.map { cell in
            let start = utf8.index(utf8.startIndex, offsetBy: cell.start)
            let content = text[start..<utf8.index(start, offsetBy: cell.end - cell.start)]
            return cell.hasDoubledQuotes ? Substring(content.replacing("\"\"", with: "\"")) : content
        }
    }
}
