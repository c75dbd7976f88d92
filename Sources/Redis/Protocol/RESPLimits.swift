/// What an answer may cost; one that would cost more ends the connection.
public struct RESPLimits: Sendable, Hashable {
    /// Aggregates inside each other. Redis itself goes to about seven.
    public var depth = 32
    /// A line: a simple string, an error, a number, a length.
    public var lineBytes = 64 << 10
    /// One bulk string.
    public var bulkBytes = 64 << 20
    /// One answer, everything in it together.
    public var messageBytes = 64 << 20
    /// Values in one answer, those of skipped attributes included. As announced: an array is refused by its first line.
    public var elements = 1 << 20

    public init() {}
}

/// Why bytes are no answer. Nothing of them is in it.
package enum RESPError: Error, Sendable, Hashable {
    case unknownType
    /// CR without LF, or LF without CR.
    case brokenLine
    case badNumber
    case badLength
    /// A bulk string that is not followed by CR LF.
    case unterminatedBulk
    /// A push inside another value.
    case misplacedPush
    case tooDeep
    case lineTooLong
    case tooLarge
    case tooManyElements

    /// True where the bytes are right and only more than we take.
    package var isLimit: Bool {
        switch self {
        case .tooDeep, .lineTooLong, .tooLarge, .tooManyElements: true
        default: false
        }
    }
}
