import Training

/// The lines of a file with their numbers, in memory for one chunk and one line.
final class LineReader {
    struct Line {
        /// Without its line end; nil for a line that is longer than the limit.
        var bytes: [UInt8]?
        /// From 1.
        var number: Int
    }

    static let maximumLineBytes = 256 << 10

    private let source: ByteSource
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var number = 0
    /// For a progress bar.
    private(set) var bytesRead = 0
    /// nil where it can't be known, as for a pipe.
    var totalBytes: Int? { source.totalBytes }

    /// `-` reads the standard input.
    init(path: String) throws(TableError) { source = try ByteSource(path: path) }

    /// The next line that holds more than blanks; nil at the end.
    func next() throws(TableError) -> Line? {
        while let line = try line() {
            guard let bytes = line.bytes else { return line }
            if bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { return line }
        }
        return nil
    }

    private func line() throws(TableError) -> Line? {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            if position == buffer.count {
                guard try more() else {
                    guard !line.isEmpty || isTooLong else { return nil }
                    number += 1
                    return Line(bytes: isTooLong ? nil : line, number: number)
                }
            }
            let end = buffer[position...].firstIndex(of: 0x0A)
            let piece = buffer[position..<(end ?? buffer.count)]
            position = end.map { $0 + 1 } ?? buffer.count
            if line.count + piece.count > Self.maximumLineBytes {
                isTooLong = true
                line = []
            }
            if !isTooLong { line += piece }
            guard end == nil else {
                number += 1
                return Line(bytes: isTooLong ? nil : line, number: number)
            }
        }
    }

    private func more() throws(TableError) -> Bool {
        guard !isAtEnd else { return false }
        buffer = try source.read()
        position = 0
        bytesRead += buffer.count
        isAtEnd = buffer.isEmpty
        return !isAtEnd
    }
}
