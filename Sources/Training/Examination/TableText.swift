/// Rows of which something is true: how many, and where the first of them stand.
public struct MarkedRows: Sendable, Hashable {
    public static let maximumLines = 5

    public private(set) var count = 0
    /// Lines of the first ones, at most five; the header is on line 1.
    public private(set) var firstLines: [Int] = []

    mutating func mark(line: Int) {
        count += 1
        if firstLines.count < Self.maximumLines { firstLines.append(line) }
    }
}

/// A table as text: how it is spelled, and which rows break the spelling.
public struct TableText: Sendable, Hashable {
    public enum Encoding: String, Sendable, Hashable {
        case ascii = "ASCII"
        case utf8 = "UTF-8"
        /// Some rows are UTF-8, others of an older encoding such as Windows-1252.
        case mixed
        /// No row beyond ASCII is UTF-8.
        case other
    }

    public internal(set) var bytes = 0
    public internal(set) var delimiter: UInt8
    public internal(set) var hasByteOrderMark: Bool
    /// Rows beyond ASCII that are UTF-8.
    public private(set) var rowsBeyondASCII = 0
    public private(set) var notUTF8 = MarkedRows()
    /// UTF-8 that was taken for Windows-1252 once and encoded again: `Ã©` for `é`.
    public private(set) var twiceEncoded = MarkedRows()
    public internal(set) var misquoted = MarkedRows()
    public private(set) var wrongCellCount = MarkedRows()
    /// Of those, rows that another delimiter cuts into the right number of cells.
    public private(set) var otherDelimiters: [UInt8: Int] = [:]
    /// Line ends inside quoted cells.
    public internal(set) var quotedLineEnds = 0
    /// Where reading had to stop: a quote left open.
    public internal(set) var stopped: TableError?

    init(delimiter: UInt8, hasByteOrderMark: Bool) {
        self.delimiter = delimiter
        self.hasByteOrderMark = hasByteOrderMark
    }

    public var encoding: Encoding {
        if notUTF8.count > 0 { return rowsBeyondASCII > 0 ? .mixed : .other }
        return rowsBeyondASCII > 0 || hasByteOrderMark ? .utf8 : .ascii
    }

    /// - Returns: whether the row can be read as text.
    mutating func takeEncoding(of row: [UInt8], line: Int) -> Bool {
        guard row.contains(where: { $0 >= 0x80 }) else { return true }
        guard String(validating: row, as: UTF8.self) != nil else {
            notUTF8.mark(line: line)
            return false
        }
        rowsBeyondASCII += 1
        if Self.isTwiceEncoded(row) { twiceEncoded.mark(line: line) }
        return true
    }

    mutating func takeWrongCellCount(of row: [UInt8], wanted: Int, line: Int) {
        wrongCellCount.mark(line: line)
        var cells: [CellBounds] = []
        for candidate in DelimiterDetection.candidates where candidate != delimiter {
            guard CellBounds.split(row, at: candidate, into: &cells) == nil, cells.count == wanted, wanted > 1 else {
                continue
            }
            otherDelimiters[candidate, default: 0] += 1
        }
    }

    /// `Ã` or `Â` before a character of U+0080 to U+00BF, which no language writes.
    private static func isTwiceEncoded(_ row: [UInt8]) -> Bool {
        guard row.count >= 4 else { return false }
        for at in 0..<(row.count - 3)
        where row[at] == 0xC3 && (row[at + 1] == 0x83 || row[at + 1] == 0x82) && row[at + 2] == 0xC2 {
            return true
        }
        return false
    }
}
