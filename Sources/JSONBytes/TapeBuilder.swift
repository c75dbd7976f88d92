/// The parser: one pass over the bytes, no recursion, so that depth costs no stack.
///
/// Reads through an `UnsafeBufferPointer` that lives as long as the pass: its subscript is checked in debug builds
/// (the fuzzer runs those) and free in release. Every read here is behind a comparison with `end`.
struct TapeBuilder {
    private static let noParent = UInt32.max

    let source: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    let end: Int
    private(set) var entries: [TapeEntry] = []
    private var position = 0
    private var parent = Self.noParent
    private var parentIsObject = false
    private var depth = 0

    init(source: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.source = source
        self.limits = limits
        end = source.count
        entries.reserveCapacity(end / 10 + 8)
    }

    mutating func build() throws(JSONError) {
        nextValue: while true {
            let byte = try significantByte()
            switch byte {
            case UInt8(ascii: "{"):
                try open(.object)
                guard try significantByte() == UInt8(ascii: "}") else {
                    try key()
                    continue nextValue
                }
                close()
            case UInt8(ascii: "["):
                try open(.array)
                guard try significantByte() == UInt8(ascii: "]") else { continue nextValue }
                close()
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            case UInt8(ascii: "t"): try literal("true", .bool)
            case UInt8(ascii: "f"): try literal("false", .bool)
            case UInt8(ascii: "n"): try literal("null", .null)
            case UInt8(ascii: "N") where limits.allowsNonFiniteNumbers: try literal("NaN", .number)
            case UInt8(ascii: "I") where limits.allowsNonFiniteNumbers: try literal("Infinity", .number)
            default: throw JSONError(code: .unexpectedByte, offset: position)
            }
            // A value has just ended: go on in its container, or close as many as end here.
            while true {
                guard parent != Self.noParent else { return try expectEnd() }
                entries[Int(parent)].meta &+= 16
                let byte = try significantByte()
                if byte == UInt8(ascii: ",") {
                    position &+= 1
                    if parentIsObject {
                        _ = try significantByte()
                        try key()
                    }
                    continue nextValue
                }
                guard byte == (parentIsObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONError(code: .unexpectedByte, offset: position)
                }
                close()
            }
        }
    }

    // MARK: Containers

    private mutating func open(_ kind: JSONElement.Kind) throws(JSONError) {
        depth += 1
        guard depth <= limits.maximumDepth else { throw JSONError(code: .tooDeep, offset: position) }
        let index = UInt32(truncatingIfNeeded: entries.count)
        entries.append(
            TapeEntry(start: offset(position), end: 0, next: parent, meta: UInt32(kind.rawValue)))
        parent = index
        parentIsObject = kind == .object
        position &+= 1
    }

    private mutating func close() {
        position &+= 1
        depth -= 1
        let closing = Int(parent)
        parent = entries[closing].next
        entries[closing].next = UInt32(truncatingIfNeeded: entries.count)
        entries[closing].end = offset(position)
        parentIsObject = parent != Self.noParent && entries[Int(parent)].kind == .object
    }

    private mutating func key() throws(JSONError) {
        guard source[position] == UInt8(ascii: "\"") else { throw JSONError(code: .unexpectedByte, offset: position) }
        try string()
        guard try significantByte() == UInt8(ascii: ":") else {
            throw JSONError(code: .unexpectedByte, offset: position)
        }
        position &+= 1
    }

    private func expectEnd() throws(JSONError) {
        var at = position
        while at < end {
            guard Self.isWhiteSpace(source[at]) else { throw JSONError(code: .trailingBytes, offset: at) }
            at &+= 1
        }
    }

    // MARK: Scalars

    private mutating func append(_ kind: JSONElement.Kind, from start: Int, to stop: Int, escapes: Bool = false) {
        let next = UInt32(truncatingIfNeeded: entries.count &+ 1)
        let meta = UInt32(kind.rawValue) | (escapes ? 8 : 0)
        entries.append(TapeEntry(start: offset(start), end: offset(stop), next: next, meta: meta))
        position = stop
    }

    private mutating func string() throws(JSONError) {
        let scanned = try StringScanner(source: source).scan(from: position)
        append(.string, from: position, to: scanned.end, escapes: scanned.hasEscapes)
    }

    private mutating func literal(_ text: StaticString, _ kind: JSONElement.Kind) throws(JSONError) {
        let start = position
        let stop = try literalEnd(text, from: start)
        append(kind, from: start, to: stop)
    }

    private func literalEnd(_ text: StaticString, from start: Int) throws(JSONError) -> Int {
        for index in 0..<text.utf8CodeUnitCount {
            guard start &+ index < end else { throw JSONError(code: .unexpectedEnd, offset: end) }
            guard source[start &+ index] == text.utf8Start[index] else {
                throw JSONError(code: .unexpectedByte, offset: start &+ index)
            }
        }
        return start &+ text.utf8CodeUnitCount
    }

    private mutating func number() throws(JSONError) {
        let start = position
        var at = start
        if source[at] == UInt8(ascii: "-") {
            at &+= 1
            if limits.allowsNonFiniteNumbers, at < end, source[at] == UInt8(ascii: "I") {
                return append(.number, from: start, to: try literalEnd("Infinity", from: at))
            }
        }
        let leadingZero = at < end && source[at] == UInt8(ascii: "0")
        let integerStart = at
        at = try digits(from: at)
        if leadingZero, at &- integerStart > 1 { throw JSONError(code: .invalidNumber, offset: integerStart) }
        if at < end, source[at] == UInt8(ascii: ".") { at = try digits(from: at &+ 1) }
        if at < end, source[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if at < end, source[at] == UInt8(ascii: "+") || source[at] == UInt8(ascii: "-") { at &+= 1 }
            at = try digits(from: at)
        }
        append(.number, from: start, to: at)
    }

    /// One or more digits; returns the index after them.
    private func digits(from start: Int) throws(JSONError) -> Int {
        var at = start
        while at < end, source[at] &- UInt8(ascii: "0") < 10 { at &+= 1 }
        guard at > start else {
            throw JSONError(code: at < end ? .invalidNumber : .unexpectedEnd, offset: at)
        }
        return at
    }

    // MARK: Bytes

    private func offset(_ position: Int) -> UInt32 { UInt32(truncatingIfNeeded: position) }

    /// Skips white space and looks at the byte after it.
    @inline(__always)
    private mutating func significantByte() throws(JSONError) -> UInt8 {
        var at = position
        while at < end {
            let byte = source[at]
            guard Self.isWhiteSpace(byte) else {
                position = at
                return byte
            }
            at &+= 1
        }
        throw JSONError(code: .unexpectedEnd, offset: end)
    }

    @inline(__always)
    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
