/// Appends JSON to a byte array. Places the commas itself; the same calls always give the same bytes.
///
/// Misuse (a value in an object without its key, an end without its beginning, more than 64 open containers) is a
/// programming error and stops the process.
public struct JSONWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8]

    private var depth = 0
    private var objectMask: UInt64 = 0  // bit d: the container at depth d + 1 is an object
    private var needsComma = false
    private var awaitsValue = false  // a key stands, its value doesn't

    public init(reserving capacityBytes: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacityBytes)
    }

    /// What has been written since the last call; the document goes on where it stands.
    public mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes = []
        bytes.reserveCapacity(taken.count)
        return taken
    }

    // MARK: Containers

    public mutating func beginObject() { begin(UInt8(ascii: "{"), isObject: true) }

    public mutating func endObject() { end(UInt8(ascii: "}"), isObject: true) }

    public mutating func beginArray() { begin(UInt8(ascii: "["), isObject: false) }

    public mutating func endArray() { end(UInt8(ascii: "]"), isObject: false) }

    private mutating func begin(_ bracket: UInt8, isObject: Bool) {
        prepareValue()
        precondition(depth < 64, "JSON nested deeper than 64")
        bytes.append(bracket)
        let bit: UInt64 = 1 << UInt64(depth)
        objectMask = isObject ? objectMask | bit : objectMask & ~bit
        depth += 1
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8, isObject: Bool) {
        precondition(depth > 0 && insideObject == isObject && !awaitsValue, "this container was not begun here")
        bytes.append(bracket)
        depth -= 1
        needsComma = true
    }

    private var insideObject: Bool { depth > 0 && objectMask >> UInt64(depth - 1) & 1 == 1 }

    // MARK: Keys

    /// Writes a name as it stands: it may not need escaping (ASCII letters, digits, `_`, `-`, `.`).
    public mutating func key(_ name: StaticString) {
        prepareKey()
        name.withUTF8Buffer { text in
            assert(text.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }, "this key needs escaping")
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: text)
        }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    public mutating func key(_ name: String) {
        prepareKey()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func prepareKey() {
        precondition(insideObject && !awaitsValue, "a key belongs into an object, before its value")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
        awaitsValue = true
    }

    @inline(__always)
    private mutating func prepareValue() {
        precondition(awaitsValue == insideObject, "a value in an object needs a key")
        precondition(depth > 0 || !needsComma, "a document is one value")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        awaitsValue = false
    }

    // MARK: Values

    public mutating func value(_ text: String) {
        prepareValue()
        appendQuoted(text)
    }

    public mutating func value(_ text: StaticString) {
        prepareValue()
        text.withUTF8Buffer { appendQuoted($0) }
    }

    /// The shortest decimal that reads back to the same `Double`. `number` must be finite.
    public mutating func value(_ number: Double) {
        precondition(number.isFinite, "JSON has no NaN and no infinity: write null")
        prepareValue()
        DecimalText.append(number, to: &bytes)
    }

    /// The shortest decimal that reads back to the same `Float`. `number` must be finite.
    public mutating func value(_ number: Float) {
        precondition(number.isFinite, "JSON has no NaN and no infinity: write null")
        prepareValue()
        DecimalText.append(number, to: &bytes)
    }

    public mutating func value(_ number: Int) { value(Int64(number)) }

    public mutating func value(_ number: Int64) {
        prepareValue()
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        DecimalText.append(number.magnitude, to: &bytes)
    }

    public mutating func value(_ number: UInt64) {
        prepareValue()
        DecimalText.append(number, to: &bytes)
    }

    public mutating func value(_ flag: Bool) { token(flag ? "true" : "false") }

    public mutating func null() { token("null") }

    /// A value that is JSON already; it is copied as it stands.
    public mutating func raw(_ json: [UInt8]) {
        prepareValue()
        bytes.append(contentsOf: json)
    }

    /// A value that is JSON already; it is copied as it stands.
    public mutating func raw(_ json: some Collection<UInt8>) {
        prepareValue()
        bytes.append(contentsOf: json)
    }

    /// A bare word: `true`, `null`, or one of XGBoost's non-finite tokens.
    mutating func token(_ word: StaticString) {
        prepareValue()
        word.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// XGBoost's own spelling of a float, `NaN` and `Infinity` included: for model files only, not RFC 8259.
    public mutating func modelValue(_ number: Float) {
        if number.isFinite {
            value(number)
        } else if number.isNaN {
            token("NaN")
        } else {
            token(number < 0 ? "-Infinity" : "Infinity")
        }
    }

    // MARK: Strings

    private mutating func appendQuoted(_ text: String) {
        var text = text
        text.withUTF8 { appendQuoted($0) }
    }

    private mutating func appendQuoted(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var copied = 0
        for at in 0..<text.count {
            let byte = text[at]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<at]))
            appendEscape(byte)
            copied = at &+ 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = byte & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ low &- 10)
        default: bytes.append(byte)
        }
    }
}
