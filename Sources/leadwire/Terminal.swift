import Training

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A failure with the exit code that it ends in.
struct CommandFailure: Error {
    /// 1: it could not be done. 2: what was asked for makes no sense.
    let code: Int32
    let message: String

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }

    init(_ error: TableError, file: String? = nil) {
        let isUsage = error.code == .invalidOption
        self.init((file.map { "\($0): " } ?? "") + error.description, code: isUsage ? 2 : 1)
    }
}

/// Lines for people on the standard error, data on the standard output.
enum Terminal {
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func say(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    static func print(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

    static func printJSON(_ bytes: [UInt8]) { print(String(decoding: bytes, as: UTF8.self)) }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A closed pipe or terminal: nobody is left to tell.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// One line on a terminal that shows how far a long run is, at which rate, and what is left. Silent elsewhere, and for the
/// first two seconds.
final class ProgressBar {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var stageStart: ContinuousClock.Instant
    private var stage = ""
    private var lastDrawn: ContinuousClock.Instant
    private var isVisible = false
    private let isInteractive: Bool

    init(isInteractive: Bool = Terminal.isInteractive) {
        self.isInteractive = isInteractive
        start = clock.now
        stageStart = start
        lastDrawn = start
    }

    func update(stage: String, done: Int, total: Int?, unit: String) {
        guard isInteractive else { return }
        let now = clock.now
        if stage != self.stage {
            self.stage = stage
            stageStart = now
        }
        guard start.duration(to: now) > .seconds(2), lastDrawn.duration(to: now) > .milliseconds(100) else { return }
        lastDrawn = now
        isVisible = true
        let line = Self.line(stage: stage, done: done, total: total, unit: unit, elapsed: stageStart.duration(to: now))
        Terminal.write("\r\u{1B}[K\(line)", to: STDERR_FILENO)
    }

    /// Takes the line away.
    func finish() {
        if isVisible { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
        isVisible = false
    }

    /// `reading  [#########           ]  45%  12.5 MB/s  3 s left`
    static func line(stage: String, done: Int, total: Int?, unit: String, elapsed: Duration) -> String {
        let seconds = max(0.001, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
        let rate = Double(done) / seconds
        let isBytes = unit == "bytes"
        let speed = isBytes ? "\(rounded(rate / 1_000_000)) MB/s" : "\(rounded(rate)) \(unit)/s"
        guard let total, total > 0 else { return "\(stage)  \(done) \(unit)  \(speed)" }
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * 20)
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: 20 - filled)
        let left = rate > 0 ? "\(Int((Double(total - done) / rate).rounded(.up))) s left" : ""
        return "\(stage)  [\(bar)]  \(Int(share * 100))%  \(speed)  \(left)"
    }

    private static func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
