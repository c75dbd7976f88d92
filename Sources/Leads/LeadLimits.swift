/// How long and how large the fields of a lead may be: the limits of the wire contract.
public enum LeadLimits {
    /// Characters of a lead's identifier.
    public static let identifierCharacters = 128
    /// UTF-8 bytes of `message` and of each message of the conversation.
    public static let messageBytes = 16 * 1024
    /// Messages in the conversation.
    public static let messages = 200
    /// Characters of every other string.
    public static let stringCharacters = 1_000
    /// Keys of `custom_fields`.
    public static let customFields = 256
    /// Digits a phone number must have.
    public static let phoneDigits = 10
    /// Bedrooms.
    public static let bedrooms = 0...10
    /// Milliseconds a caller may wait for a second opinion.
    public static let timeoutMilliseconds = 100...30_000
}

/// One field that does not mean what the contract asks for. Holds no value of the lead's, so it is safe to log.
public struct FieldProblem: Sendable, Hashable, CustomStringConvertible {
    /// The name on the wire, with a position for list items: `messages[3].body`.
    public var field: String
    /// What is wrong, and what would be right.
    public var problem: String

    public init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    public var description: String { "\(field): \(problem)" }
}
