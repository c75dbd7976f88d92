/// What a parser accepts before it gives up. Every bound is checked before memory is spent on what lies beyond it.
public struct JSONLimits: Sendable, Hashable {
    /// Largest size that a tape entry can address; a greater `maximumBytes` is lowered to it.
    public static let addressableBytes = (1 << 28) - 1

    /// Containers that may stand in each other: `[[1]]` has depth 2, a bare scalar 0.
    public var maximumDepth: Int

    /// Longest document, in bytes of UTF-8.
    public var maximumBytes: Int

    /// Accepts the bare tokens `NaN`, `Infinity` and `-Infinity`, which RFC 8259 forbids and model files contain.
    public var allowsNonFiniteNumbers: Bool

    public init(maximumDepth: Int = 16, maximumBytes: Int = 1 << 20, allowsNonFiniteNumbers: Bool = false) {
        self.maximumDepth = maximumDepth
        self.maximumBytes = min(maximumBytes, Self.addressableBytes)
        self.allowsNonFiniteNumbers = allowsNonFiniteNumbers
    }

    /// Bodies from outside: 1 MiB, depth 16, strict RFC 8259.
    public static let request = JSONLimits()

    /// Model files: up to 256 MiB, depth 32, non-finite tokens as XGBoost writes them.
    public static let model = JSONLimits(
        maximumDepth: 32, maximumBytes: addressableBytes, allowsNonFiniteNumbers: true)
}
