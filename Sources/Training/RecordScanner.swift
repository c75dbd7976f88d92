/// Parts a file into records without looking into their cells: quoted line ends belong to the record, everything else that
/// ends a line ends it. Memory for one chunk and one record.
final class RecordScanner {
    struct Record {
        /// Without its line end.
        let bytes: [UInt8]
        /// The line on which the record starts; the header is on line 1.
        let line: Int
        /// Line feeds inside quotes.
        let quotedLineEnds: Int
    }

    static let maximumRecordBytes = 16 << 20

    let delimiter: UInt8
    let hasByteOrderMark: Bool
    /// Bytes consumed so far, for a progress bar.
    private(set) var bytesRead: Int
    var totalBytes: Int? { source.totalBytes }

    private let source: ByteSource
    private var buffer: [UInt8]
    private var position: Int
    private var isAtEnd = false
    private var line = 1

    /// Opens the file and finds out its delimiter.
    init(path: String) throws(TableError) {
        source = try ByteSource(path: path)
        buffer = try source.read()
        bytesRead = buffer.count
        // UTF-16 has its own mark and would come out as one column of garbage.
        guard !buffer.starts(with: [0xFF, 0xFE]), !buffer.starts(with: [0xFE, 0xFF]) else {
            throw TableError(.invalidUTF8, "\(path) is UTF-16; save it as CSV in UTF-8")
        }
        hasByteOrderMark = buffer.starts(with: [0xEF, 0xBB, 0xBF])
        position = hasByteOrderMark ? 3 : 0
        delimiter = DelimiterDetection.delimiter(of: buffer[position...])
    }

    /// The next record, an empty line too; nil at the end.
    func next() throws(TableError) -> Record? {
        guard try hasMore() else { return nil }
        var state = State.cellStart
        var lineFeeds = 0
        var offset = 0
        while true {
            let lineEnd = buffer.withUnsafeBufferPointer {
                Self.lineEnd($0, from: position + offset, &state, &lineFeeds, delimiter)
            }
            let end = lineEnd ?? buffer.count
            guard end - position <= Self.maximumRecordBytes else {
                throw TableError(.tooLarge, "a record is longer than 16 MiB; is a quote left open?", line: line)
            }
            offset = end - position
            if lineEnd == nil, try more() { continue }
            guard lineEnd != nil || state != .quoted else {
                throw TableError(.invalidQuoting, "a quote is opened here and never closed", line: line)
            }
            let record = Record(
                bytes: Array(buffer[position..<(position + offset)]), line: line, quotedLineEnds: lineFeeds)
            position += offset
            line += lineFeeds
            if lineEnd != nil { try takeLineEnd() }
            return record
        }
    }

    private enum State { case cellStart, unquoted, quoted, quoteInQuoted }

    /// Where the record's line end stands; nil where the bytes end first, with the state to go on in.
    private static func lineEnd(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ state: inout State, _ lineFeeds: inout Int,
        _ delimiter: UInt8
    ) -> Int? {
        var now = state
        defer { state = now }
        for at in start..<max(start, bytes.count) {
            let byte = bytes[at]
            switch now {
            case .quoted:
                if byte == 0x22 { now = .quoteInQuoted } else if byte == 0x0A { lineFeeds += 1 }
                continue
            case .cellStart, .quoteInQuoted:
                if byte == 0x22 {
                    now = .quoted
                    continue
                }
            case .unquoted: break
            }
            if byte == 0x0A || byte == 0x0D { return at }
            now = byte == delimiter ? .cellStart : .unquoted
        }
        return nil
    }

    /// LF, CR or both, which may be parted by a chunk's end.
    private func takeLineEnd() throws(TableError) {
        let isReturn = buffer[position] == 0x0D
        position += 1
        line += 1
        guard isReturn else { return }
        guard try hasMore() else { return }
        if buffer[position] == 0x0A { position += 1 }
    }

    /// Whether there is anything left to read.
    private func hasMore() throws(TableError) -> Bool {
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
