import Glibc

/// The lines of a file with their numbers, in memory for one chunk and one line. Owns the descriptor.
final class LineReader {
    struct Line {
        /// Without its line end; nil for a line that is longer than the limit.
        var bytes: [UInt8]?
        /// From 1.
        var number: Int
    }

    static let maximumLineBytes = 256 << 10
    private static let chunkBytes = 1 << 18

    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var number = 0
    /// For a progress bar.
    private(set) var bytesRead = 0
    /// nil where it can't be known, as for a pipe.
    let totalBytes: Int?

    /// `-` reads the standard input.
    init(path: String) throws(CommandFailure) {
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        let start = lseek(descriptor, 0, SEEK_CUR)
        let end = lseek(descriptor, 0, SEEK_END)
        if start >= 0 { _ = lseek(descriptor, start, SEEK_SET) }
        totalBytes = start >= 0 && end > start ? end - start : nil
    }

    deinit { close(descriptor) }

    /// The next line that holds more than blanks; nil at the end.
    func next() throws(CommandFailure) -> Line? {
        while let line = try line() {
            guard let bytes = line.bytes else { return line }
            if bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { return line }
        }
        return nil
    }

    private func line() throws(CommandFailure) -> Line? {
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

    private func more() throws(CommandFailure) -> Bool {
        guard !isAtEnd else { return false }
        var failure: CInt = 0
        buffer = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { space, count in
            var got = 0
            repeat { got = read(descriptor, space.baseAddress, Self.chunkBytes) } while got < 0 && errno == EINTR
            failure = got < 0 ? errno : 0
            count = max(0, got)
        }
        guard failure == 0 else {
            throw CommandFailure("the file can't be read: \(String(cString: strerror(failure)))")
        }
        position = 0
        bytesRead += buffer.count
        isAtEnd = buffer.isEmpty
        return !isAtEnd
    }
}
