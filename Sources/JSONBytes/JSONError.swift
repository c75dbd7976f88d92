/// Why bytes are not an acceptable JSON document, and where. Carries no content, so it is safe to show and log.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Longer than ``JSONLimits/maximumBytes``.
        case tooLarge
        /// Nested beyond ``JSONLimits/maximumDepth``.
        case tooDeep
        /// A byte that the grammar does not allow here, a byte order mark included.
        case unexpectedByte
        /// The document stops in the middle of a value, or is empty.
        case unexpectedEnd
        /// A string that is not well-formed UTF-8 (Unicode 15, table 3-7).
        case invalidUTF8
        /// An unknown escape, four characters that are not hexadecimal, or a surrogate without its partner.
        case invalidEscape
        /// `01`, `1.`, `+1`, `.5`, or a non-finite token where it is not allowed.
        case invalidNumber
        /// Something other than white space after the document.
        case trailingBytes
    }

    public let code: Code

    /// Index of the offending byte.
    public let offset: Int

    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "JSON \(code.rawValue) at byte \(offset)" }
}
