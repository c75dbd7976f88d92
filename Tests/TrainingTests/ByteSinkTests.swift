import Glibc
import Testing

@testable import Training

struct ByteSinkTests {
    @Test func `a pipe that stands under the name is written to, and stays a pipe`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        // Opening a pipe to write waits for a reader, so it comes first; and it waits for nobody itself.
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0)
        defer { close(reader) }
        let text = "margin\n0.5\n"
        let sink = try ByteSink(path: path)
        try sink.write(text.utf8)
        try sink.finish()
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(reader, &bytes, bytes.count)
        #expect(count == text.utf8.count)
        #expect(Array(bytes.prefix(max(0, count))) == Array(text.utf8))
        var status = stat()
        let isThere = stat(path, &status) == 0
        #expect(isThere && status.st_mode & S_IFMT == S_IFIFO)
        #expect(access(folder.path("pipe.partial"), F_OK) != 0)
    }
}
