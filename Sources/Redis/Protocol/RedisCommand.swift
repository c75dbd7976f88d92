/// One command: a name and arguments of any bytes, encoded as they are added.
public struct RedisCommand: Sendable, Hashable {
    private var body: [UInt8] = []
    /// Name included.
    public private(set) var count = 0

    /// A name of two words is a name and an argument: `RedisCommand("CLIENT", "ID")`.
    public init(_ name: StaticString, _ arguments: RedisArgument...) {
        append("\(name)")
        for argument in arguments { append(argument) }
    }

    public mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .bytes(let bytes): append(bytes)
        case .text(let text): append(text)
        case .integer(let number): append(number)
        }
    }

    public mutating func append(_ bytes: some Collection<UInt8>) {
        count += 1
        body.append(UInt8(ascii: "$"))
        body.append(contentsOf: String(bytes.count).utf8)
        body.append(contentsOf: "\r\n".utf8)
        body.append(contentsOf: bytes)
        body.append(contentsOf: "\r\n".utf8)
    }

    public mutating func append(_ text: String) { append(text.utf8) }

    public mutating func append(_ number: some BinaryInteger) { append(String(number)) }

    /// On the wire, the line with the count included.
    public var byteCount: Int { body.count + 3 + String(count).utf8.count }

    package func write(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "*"))
        bytes.append(contentsOf: String(count).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
    }
}

/// An argument of a ``RedisCommand``; text goes as its UTF-8, a number as its decimal digits.
public enum RedisArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case bytes([UInt8])
    case text(String)
    case integer(Int64)

    public init(stringLiteral text: String) { self = .text(text) }

    public init(integerLiteral number: Int64) { self = .integer(number) }
}
