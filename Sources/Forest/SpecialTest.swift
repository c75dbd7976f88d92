/// A split that one comparison of floats cannot decide: a categorical one, or `x < -inf` with missing values to the
/// left (there `NaN` read as -inf would go the wrong way).
struct SpecialTest: Sendable {
    let feature: Int
    let defaultLeft: Bool

    /// The categories that go right; `nil` means that every value goes right.
    let categories: CategorySet?

    /// Whether a row goes right here.
    @inline(__always)
    func goesRight(_ value: Float) -> Bool {
        if value.isNaN { return !defaultLeft }
        guard let categories else { return true }
        return categories.contains(value)
    }

    /// The special test of a node, or `nil` where the plain comparison is exact.
    init?(_ tree: Tree, _ node: Int) {
        feature = Int(tree.feature[node])
        defaultLeft = tree.defaultLeft[node]
        if let listed = tree.categories[node] {
            categories = CategorySet(listed)
        } else if defaultLeft, tree.threshold[node] == -.infinity {
            categories = nil
        } else {
            return nil
        }
    }
}

/// A set of category codes as bits.
struct CategorySet: Sendable {
    /// XGBoost's first invalid code: from 2^24 on, `Float` cannot tell neighbours apart.
    static let limit: Int32 = 1 << 24

    private let words: [UInt64]

    init(_ categories: [Int32]) {
        var words = [UInt64](repeating: 0, count: categories.last.map { Int($0) / 64 + 1 } ?? 0)
        for category in categories { words[Int(category) / 64] |= 1 << UInt64(category % 64) }
        self.words = words
    }

    /// Whether the truncated value is a member. Negative values, -0.5 too, and those from 2^24 on are not.
    @inline(__always)
    func contains(_ value: Float) -> Bool {
        guard value >= 0, value < Float(Self.limit) else { return false }
        let category = Int(value)
        guard category / 64 < words.count else { return false }
        return words[category / 64] >> UInt64(category % 64) & 1 == 1
    }
}
