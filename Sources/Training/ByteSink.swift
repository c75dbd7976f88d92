#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes a file, or the standard output for `-`, through one buffer. A file appears under its name when it is whole; a
/// device or a pipe that stands under the name is written to as it is.
public final class ByteSink {
    private let path: String?
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false

    private static let bufferBytes = 1 << 18

    public init(path: String) throws(TableError) {
        var status = stat()
        let isSpecial = path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        self.path = path == "-" || isSpecial ? nil : path
        temporary = path + ".partial"
        if path == "-" {
            descriptor = dup(STDOUT_FILENO)
        } else if isSpecial {
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else {
            throw TableError(.unwritable, "can't write \(path): \(String(cString: strerror(errno)))")
        }
        buffer.reserveCapacity(Self.bufferBytes + 4_096)
    }

    deinit {
        close(descriptor)
        if !isFinished, path != nil { unlink(temporary) }
    }

    public func write(_ bytes: some Sequence<UInt8>) throws(TableError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Puts the file in its place. Without this call nothing is left behind.
    public func finish() throws(TableError) {
        try flush()
        if let path, rename(temporary, path) != 0 {
            throw TableError(.unwritable, "can't write \(path): \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }

    private func flush() throws(TableError) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw TableError(.unwritable, "can't write: \(String(cString: strerror(errno)))")
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Cells of an output table.
enum CSVText {
    /// Quoted where it has to be.
    static func append(_ cell: String, delimiter: UInt8 = 0x2C, to bytes: inout [UInt8]) {
        let text = cell.utf8
        guard text.contains(where: { $0 == delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
            bytes.append(contentsOf: text)
            return
        }
        bytes.append(0x22)
        for byte in text {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    /// The shortest figures that read back to the same number; nothing for NaN.
    static func append(_ number: Double, to bytes: inout [UInt8]) {
        if !number.isNaN { bytes.append(contentsOf: "\(number)".utf8) }
    }

    /// The shortest figures that read back to the same number; nothing for NaN.
    static func append(_ number: Float, to bytes: inout [UInt8]) {
        if !number.isNaN { bytes.append(contentsOf: "\(number)".utf8) }
    }
}
