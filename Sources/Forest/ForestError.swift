/// Why a model or a row was refused. Carries schema names, indices and counts, never the contents of a row, so it is
/// safe to show and log.
public struct ForestError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The bytes are not JSON, UBJSON or LightGBM text, or they end too early.
        case malformed
        /// Valid syntax, but a part of the model is missing or of the wrong kind, or parts contradict each other.
        case invalidModel
        /// A tree breaks a rule: an index out of range, a cycle, a value that is not finite, an unusable cover.
        case invalidTree
        /// A model that this library does not serve: several outputs, a linear booster, linear trees, an unknown objective.
        case unsupportedModel
        /// A file format that is not read here, such as XGBoost's old binary one or LightGBM text before v3.
        case unsupportedFormat
        /// Larger than ``Forest/Limits`` allows.
        case limitExceeded
        /// A row or an output of the wrong length.
        case countMismatch
        /// More distinct features on one path than exact explanation supports; the margin is still available.
        case explanationUnavailable
    }

    public let code: Code

    /// What was expected and found, in English.
    public let message: String

    /// Position in the file, where that is what is wrong.
    public let byteOffset: Int?

    /// Index of the tree concerned.
    public let tree: Int?

    /// Index of the node concerned, as the file numbers it.
    public let node: Int?

    public init(_ code: Code, _ message: String, byteOffset: Int? = nil, tree: Int? = nil, node: Int? = nil) {
        self.code = code
        self.message = message
        self.byteOffset = byteOffset
        self.tree = tree
        self.node = node
    }

    public var description: String {
        var place = ""
        if let tree { place += " (tree \(tree)" + (node.map { ", node \($0)" } ?? "") + ")" }
        if let byteOffset { place += " (byte \(byteOffset))" }
        return "\(code.rawValue): \(message)\(place)"
    }

    static func counts(_ what: String, expected: Int, actual: Int) -> ForestError {
        ForestError(.countMismatch, "\(what) needs \(expected) values, not \(actual)")
    }
}
