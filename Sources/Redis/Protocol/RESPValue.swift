/// One answer of a Redis server, in RESP2 or RESP3. Bytes stay bytes: nothing is taken for text.
public enum RESPValue: Sendable, Hashable {
    /// `+`, one line.
    case simple([UInt8])
    /// `-` or `!`. The first word is the error's class; the rest may repeat what was sent.
    case error([UInt8])
    case integer(Int64)
    /// `$`, any bytes.
    case bulk([UInt8])
    /// `=`: three bytes of format (`txt`, `mkd`), and the text.
    case verbatim(format: [UInt8], [UInt8])
    /// `(`: decimal digits, perhaps after a minus.
    case bigNumber([UInt8])
    case double(Double)
    case boolean(Bool)
    /// RESP3's `_`, and RESP2's `$-1` and `*-1`.
    case null
    case array([RESPValue])
    case set([RESPValue])
    case map([RESPPair])
    /// Not an answer: something that the server sends by itself.
    case push([RESPValue])

    /// What a bulk string, a line or a verbatim text holds; nil for anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes), .simple(let bytes), .verbatim(_, let bytes): bytes
        default: nil
        }
    }

    /// ``bytes`` as text, where they are UTF-8.
    public var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

    /// Of an integer only; a bulk string of digits is none.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// Of an array, a set or a push.
    public var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .set(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// Of a map, or of the array of keys and values that RESP2 has in its place.
    public var pairs: [RESPPair]? {
        switch self {
        case .map(let pairs): pairs
        case .array(let elements) where elements.count.isMultiple(of: 2):
            stride(from: 0, to: elements.count, by: 2).map { RESPPair(key: elements[$0], value: elements[$0 + 1]) }
        default: nil
        }
    }
}

/// One entry of a map.
public struct RESPPair: Sendable, Hashable {
    public var key: RESPValue
    public var value: RESPValue

    public init(key: RESPValue, value: RESPValue) {
        self.key = key
        self.value = value
    }
}
