import JSONBytes

/// A condition on the top-level fields of an event's `data`: the small typed tree of the contract, section 3.
///
/// A field that is absent, null or of another type than the value passes no comparison (so `not` of it passes).
indirect enum Filter: Hashable, Sendable {
    case and([Filter])
    case or([Filter])
    case not(Filter)
    case among(field: String, [Scalar])
    case compare(Comparison, field: String, Scalar)

    enum Comparison: String, Hashable, Sendable {
        case eq, gt, gte, lt, lte
    }

    /// A value in a filter. Numbers order by size, texts by Unicode code point; booleans only equal.
    enum Scalar: Hashable, Sendable {
        /// UTF-8: equal means the same bytes, not canonically equivalent.
        case text([UInt8])
        case number(Double)
        case flag(Bool)
    }

    /// Whether an event's `data` passes.
    func matches(_ data: JSONElement) -> Bool {
        switch self {
        case .and(let parts): return parts.allSatisfy { $0.matches(data) }
        case .or(let parts): return parts.contains { $0.matches(data) }
        case .not(let part): return !part.matches(data)
        case .among(let field, let values):
            guard let element = data[field], let actual = Scalar(element) else { return false }
            return values.contains(actual)
        case .compare(let comparison, let field, let expected):
            guard let element = data[field], let actual = Scalar(element) else { return false }
            switch (actual, expected) {
            case (.number(let left), .number(let right)): return comparison.holds(left, right)
            case (.text(let left), .text(let right)):
                return comparison.holds(TextOrder(bytes: left), TextOrder(bytes: right))
            case (.flag(let left), .flag(let right)): return comparison == .eq && left == right
            default: return false
            }
        }
    }

    /// Code point order, not a locale's: the order of the bytes is the same.
    fileprivate struct TextOrder: Comparable {
        let bytes: [UInt8]
        static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
    }
}

extension Filter.Comparison {
    fileprivate func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .eq: left == right
        case .gt: left > right
        case .gte: left >= right
        case .lt: left < right
        case .lte: left <= right
        }
    }
}

extension Filter.Scalar {
    /// Nil for null, arrays and objects.
    init?(_ element: JSONElement) {
        switch element.kind {
        case .string:
            guard let text = element.string else { return nil }
            self = .text(Array(text.utf8))
        case .number:
            guard let number = element.double else { return nil }
            self = .number(number)
        case .bool:
            guard let flag = element.bool else { return nil }
            self = .flag(flag)
        default: return nil
        }
    }
}
