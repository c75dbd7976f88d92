/// Lines out of a stream of bytes, at most `limit` bytes each; a longer one is reported once and skipped to its end.
struct LineSplitter {
    enum Line: Equatable {
        case text([UInt8])
        case tooLong
    }

    let limit: Int
    private var pending: [UInt8] = []
    private var skipping = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that `bytes` completes. Empty ones are left out.
    mutating func append(_ bytes: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end], into: &lines)
            finishLine(into: &lines)
            rest = rest[rest.index(after: end)...]
        }
        take(rest, into: &lines)
        return lines
    }

    /// The last line, which need not end in a line feed.
    mutating func finish() -> [Line] {
        var lines: [Line] = []
        finishLine(into: &lines)
        return lines
    }

    private mutating func take(_ part: some Collection<UInt8>, into lines: inout [Line]) {
        guard !skipping else { return }
        guard pending.count + part.count <= limit else {
            skipping = true
            pending = []
            lines.append(.tooLong)
            return
        }
        pending.append(contentsOf: part)
    }

    private mutating func finishLine(into lines: inout [Line]) {
        if !skipping {
            if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
            if pending.contains(where: { $0 != 0x20 && $0 != 0x09 }) { lines.append(.text(pending)) }
        }
        pending = []
        skipping = false
    }
}
