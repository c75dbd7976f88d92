#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes of a file, a chunk at a time. Owns the descriptor.
package final class ByteSource {
    static let chunkBytes = 1 << 18

    private let descriptor: Int32
    /// nil where it can't be known, as for a pipe.
    package let totalBytes: Int?

    /// `-` reads the standard input.
    package init(path: String) throws(TableError) {
        descriptor = path == "-" ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TableError(.unreadable, "can't open \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw TableError(.unreadable, "can't read \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw TableError(.unreadable, "\(path) is a folder, not a CSV file")
        }
        totalBytes = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { close(descriptor) }

    /// The next bytes; empty at the end of the file.
    package func read() throws(TableError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
            var got = 0
            repeat { got = Glibc.read(descriptor, buffer.baseAddress, Self.chunkBytes) } while got < 0 && errno == EINTR
            failed = got < 0
            count = max(0, got)
        }
        guard !failed else {
            throw TableError(.unreadable, "the file can't be read: \(String(cString: strerror(errno)))")
        }
        return bytes
    }
}
