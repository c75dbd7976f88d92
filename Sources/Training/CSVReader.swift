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

    public static let maximumRecordBytes = 16 << 20
    public static let maximumColumns = 4_096

    public let delimiter: UInt8
    /// Trimmed; a column without a name is `column_N`, counted from 1.
    public private(set) var header: [String]
    /// The header's bytes without byte order mark and line end.
    public private(set) var rawHeader: [UInt8]
    /// Bytes consumed so far, for a progress bar.
    public private(set) var bytesRead = 0
    public var totalBytes: Int? { source.totalBytes }

    private let source: ByteSource
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var line = 1

    /// Opens and reads the header.
    public init(path: String) throws(TableError) {
        source = try ByteSource(path: path)
        buffer = try source.read()
        bytesRead = buffer.count
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        // UTF-16 has its own mark and would come out as one column of garbage.
        guard !buffer.starts(with: [0xFF, 0xFE]), !buffer.starts(with: [0xFE, 0xFF]) else {
            throw TableError(.invalidUTF8, "\(path) is UTF-16; save it as CSV in UTF-8")
        }
        delimiter = DelimiterDetection.delimiter(of: buffer[position...])
        header = []
        rawHeader = []
        guard let first = try nextRecord(expected: nil) else {
            throw TableError(.empty, "\(path) is empty: a header line is needed")
        }
        rawHeader = first.raw
        header = first.cells.enumerated().map { index, cell in
            let name = CellText.trimmed(cell)
            return name.isEmpty ? "column_\(index + 1)" : String(name)
        }
        var seen: Set<String> = []
        for name in header where !seen.insert(name).inserted {
            throw TableError(.duplicateColumn, "the header names the column \"\(name)\" twice", line: 1)
        }
    }

    /// The next record, nil at the end.
    public func next() throws(TableError) -> Record? { try nextRecord(expected: header.count) }

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

    private func nextRecord(expected: Int?) throws(TableError) -> Record? {
        while true {
            guard try fill() else { return nil }
            let start = line
            let bounds = try scanRecord(startLine: start)
            let raw = Array(buffer[bounds.start..<bounds.end])
            if bounds.end == bounds.start, expected != 1 { continue }
            let cells = try split(raw, line: start)
            if let expected, cells.count != expected {
                throw TableError(
                    .raggedRow, "\(cells.count) cells, but the header has \(expected) columns", line: start)
            }
            return Record(cells: cells, raw: raw, line: start)
        }
    }

    private enum ScanState { case cellStart, unquoted, quoted, quoteInQuoted }

    /// Moves `position` behind the next record and its line end, reading on as needed.
    private func scanRecord(startLine: Int) throws(TableError) -> (start: Int, end: Int) {
        var state = ScanState.cellStart
        var offset = 0
        while true {
            guard position + offset < buffer.count else {
                if try more() { continue }
                guard state != .quoted else {
                    throw TableError(.invalidQuoting, "a quote is opened here and never closed", line: startLine)
                }
                let start = position
                position = buffer.count
                return (start, buffer.count)
            }
            let byte = buffer[position + offset]
            switch (state, byte) {
            case (.quoted, 0x22): state = .quoteInQuoted
            case (.quoted, 0x0A): line += 1
            case (.quoted, _): break
            case (.cellStart, 0x22), (.quoteInQuoted, 0x22): state = .quoted
            case (_, 0x0A), (_, 0x0D): return try endRecord(after: offset, byte)
            case (_, delimiter): state = .cellStart
            default: state = .unquoted
            }
            offset += 1
            guard offset <= Self.maximumRecordBytes else {
                throw TableError(.tooLarge, "a record is longer than 16 MiB; is a quote left open?", line: startLine)
            }
        }
    }

    /// Takes the line end, LF, CR or both, which may be parted by a chunk's end.
    private func endRecord(after offset: Int, _ byte: UInt8) throws(TableError) -> (start: Int, end: Int) {
        var next = position + offset + 1
        if byte == 0x0D, next == buffer.count, try more() { next = position + offset + 1 }
        let start = position
        let isPair = byte == 0x0D && next < buffer.count && buffer[next] == 0x0A
        position = isPair ? next + 1 : next
        line += 1
        return (start, next - 1)
    }

    private func split(_ raw: [UInt8], line: Int) throws(TableError) -> [Substring] {
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw TableError(.invalidUTF8, "not UTF-8; save the file as CSV in UTF-8", line: line)
        }
        var cells: [Substring] = []
        cells.reserveCapacity(header.count)
        let utf8 = text.utf8
        var start = utf8.startIndex
        while true {
            let end: String.Index
            if start < utf8.endIndex, utf8[start] == 0x22 {
                (cells, end) = try quoted(text, from: start, cells, line: line)
            } else {
                end = utf8[start...].firstIndex(of: delimiter) ?? utf8.endIndex
                cells.append(text[start..<end])
            }
            guard cells.count <= Self.maximumColumns else {
                throw TableError(.tooLarge, "more than \(Self.maximumColumns) columns", line: line)
            }
            guard end < utf8.endIndex else { return cells }
            start = utf8.index(after: end)
        }
    }

    private func quoted(
        _ text: String, from start: String.Index, _ cells: [Substring], line: Int
    ) throws(TableError) -> ([Substring], String.Index) {
        let utf8 = text.utf8
        var cells = cells
        var at = utf8.index(after: start)
        let first = at
        var hasDoubled = false
        while at < utf8.endIndex {
            guard utf8[at] == 0x22 else {
                at = utf8.index(after: at)
                continue
            }
            let after = utf8.index(after: at)
            if after < utf8.endIndex, utf8[after] == 0x22 {
                hasDoubled = true
                at = utf8.index(after: after)
                continue
            }
            guard after == utf8.endIndex || utf8[after] == delimiter else {
                throw TableError(.invalidQuoting, "text after a closing quote; quotes inside are doubled", line: line)
            }
            let content = text[first..<at]
            cells.append(hasDoubled ? Substring(content.replacing("\"\"", with: "\"")) : content)
            return (cells, after)
        }
        throw TableError(.invalidQuoting, "a quote is opened here and never closed", line: line)
    }

    /// Whether there is anything left to read.
    private func fill() throws(TableError) -> Bool {
        position < buffer.count ? true : try more()
    }

    /// Reads one more chunk behind what is still needed; positions in the buffer move.
    private func more() throws(TableError) -> Bool {
        guard !isAtEnd else { return false }
        let chunk = try source.read()
        guard !chunk.isEmpty else {
            isAtEnd = true
            return false
        }
        bytesRead += chunk.count
        buffer.removeSubrange(..<position)
        position = 0
        buffer += chunk
        return true
    }
}
