/// Reads the UBJSON that XGBoost writes (draft 12, big-endian; `src/common/json.cc`), and what its reader accepts.
///
/// Objects carry no count and their names no `S`; arrays are plain, counted (`#`), or typed (`$`, raw payload). Sizes
/// in the file are believed only as far as the bytes reach.
struct UBJSONReader {
    private static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether the file is UBJSON rather than JSON text: an object whose first name starts with a length marker.
    static func recognizes(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2, bytes[0] == UInt8(ascii: "{") else { return false }
        return "iUIlL".utf8.contains(bytes[1])
    }

    mutating func document() throws(ForestError) -> ModelValue {
        let value = try value(marker: marker())
        guard position == bytes.count else { throw malformed("bytes after the document") }
        return value
    }

    private func malformed(_ message: String) -> ForestError {
        ForestError(.malformed, "UBJSON: \(message)", byteOffset: position)
    }

    // MARK: Values

    private mutating func value(marker: UInt8) throws(ForestError) -> ModelValue {
        switch marker {
        case UInt8(ascii: "{"): return try nested { reader throws(ForestError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(ForestError) in try reader.array() }
        case UInt8(ascii: "S"): return .string(try string())
        case UInt8(ascii: "C"): return .string(String(UnicodeScalar(UInt8(try unsigned(1)) & 0x7F)))
        case UInt8(ascii: "d"): return .float(Float(bitPattern: UInt32(try unsigned(4))))
        case UInt8(ascii: "D"): return .float(Float(Double(bitPattern: try unsigned(8))))
        case UInt8(ascii: "T"): return .bool(true)
        // XGBoost 1.7's own reader takes F for true, but no model field depends on that.
        case UInt8(ascii: "F"): return .bool(false)
        case UInt8(ascii: "Z"): return .null
        default:
            guard let width = Self.integerWidth(marker) else { throw malformed("unknown type marker") }
            return .integer(try integer(marker, width))
        }
    }

    private mutating func nested(
        _ read: (inout UBJSONReader) throws(ForestError) -> ModelValue
    ) throws(ForestError) -> ModelValue {
        depth += 1
        guard depth <= Self.maximumDepth else { throw malformed("nested deeper than \(Self.maximumDepth)") }
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(ForestError) -> ModelValue {
        var members: [(key: String, value: ModelValue)] = []
        while try peek() != UInt8(ascii: "}") {
            let key = try string()
            members.append((key, try value(marker: marker())))
        }
        position += 1
        return .object(members)
    }

    private mutating func array() throws(ForestError) -> ModelValue {
        var type: UInt8?
        if try peek() == UInt8(ascii: "$") {
            position += 1
            type = try marker()
            guard try peek() == UInt8(ascii: "#") else { throw malformed("a typed array without a count") }
        }
        guard try peek() == UInt8(ascii: "#") else {
            var values: [ModelValue] = []
            while try peek() != UInt8(ascii: "]") { values.append(try value(marker: marker())) }
            position += 1
            return .array(values)
        }
        position += 1
        let count = try length()
        guard let type else {
            var values: [ModelValue] = []
            for _ in 0..<count { values.append(try value(marker: marker())) }
            return .array(values)
        }
        return try typedArray(type, count)
    }

    private mutating func typedArray(_ type: UInt8, _ count: Int) throws(ForestError) -> ModelValue {
        let width =
            switch type {
            case UInt8(ascii: "d"): 4
            case UInt8(ascii: "D"): 8
            default: Self.integerWidth(type) ?? 0
            }
        guard width > 0 else { throw malformed("a typed array of an unsupported type") }
        guard count <= (bytes.count - position) / width else { throw malformed("an array longer than the file") }
        guard type == UInt8(ascii: "d") || type == UInt8(ascii: "D") else {
            var values: [Int] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(try integer(type, width)) }
            return .integers(values)
        }
        var values: [Float] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            let bits = try unsigned(width)
            values.append(width == 4 ? Float(bitPattern: UInt32(bits)) : Float(Double(bitPattern: bits)))
        }
        return .floats(values)
    }

    // MARK: Scalars

    private static func integerWidth(_ marker: UInt8) -> Int? {
        switch marker {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"), UInt8(ascii: "u"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "m"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "M"): 8
        default: nil
        }
    }

    private mutating func integer(_ marker: UInt8, _ width: Int) throws(ForestError) -> Int {
        let bits = try unsigned(width)
        switch marker {
        case UInt8(ascii: "i"): return Int(Int8(truncatingIfNeeded: bits))
        case UInt8(ascii: "I"): return Int(Int16(truncatingIfNeeded: bits))
        case UInt8(ascii: "l"): return Int(Int32(truncatingIfNeeded: bits))
        case UInt8(ascii: "L"): return Int(truncatingIfNeeded: bits)
        default:
            guard let value = Int(exactly: bits) else { throw malformed("an integer beyond 64 bits with a sign") }
            return value
        }
    }

    private mutating func length() throws(ForestError) -> Int {
        let marker = try marker()
        guard let width = Self.integerWidth(marker) else { throw malformed("a length that is not an integer") }
        let length = try integer(marker, width)
        guard length >= 0 else { throw malformed("a negative length") }
        return length
    }

    private mutating func string() throws(ForestError) -> String {
        let length = try length()
        guard length <= bytes.count - position else { throw malformed("a string longer than the file") }
        let text = String(validating: bytes[position..<position + length], as: UTF8.self)
        guard let text else { throw malformed("a string that is not UTF-8") }
        position += length
        return text
    }

    private mutating func unsigned(_ width: Int) throws(ForestError) -> UInt64 {
        guard width <= bytes.count - position else { throw malformed("the file ends inside a value") }
        var value: UInt64 = 0
        for byte in bytes[position..<position + width] { value = value << 8 | UInt64(byte) }
        position += width
        return value
    }

    private func peek() throws(ForestError) -> UInt8 {
        guard position < bytes.count else { throw malformed("the file ends inside a container") }
        return bytes[position]
    }

    /// The next type marker; `N` is a no-op and skipped.
    private mutating func marker() throws(ForestError) -> UInt8 {
        while try peek() == UInt8(ascii: "N") { position += 1 }
        defer { position += 1 }
        return bytes[position]
    }
}
