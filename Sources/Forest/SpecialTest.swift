/// A split that one comparison of numbers cannot decide: a categorical one, or XGBoost's `x < -inf` with missing values to
/// the left (there `NaN` read as -inf would go the wrong way).
struct SpecialTest: Sendable {
    enum Rule: Sendable {
        /// Every value goes right.
        case alwaysRight
        /// XGBoost: a listed category goes right; unseen, negative and huge values go left.
        case listedRight(CategorySet)
        /// LightGBM: a listed category goes left; unseen, negative and huge values go right.
        case listedLeft(CategorySet)
    }

    let feature: Int
    let missingGoesRight: Bool
    let rule: Rule

    init(feature: Int, missingGoesRight: Bool, rule: Rule) {
        self.feature = feature
        self.missingGoesRight = missingGoesRight
        self.rule = rule
    }

    /// Whether a row goes right here.
    @inline(__always)
    func goesRight<Scalar: TreeScalar>(_ value: Scalar) -> Bool {
        if value.isNaN { return missingGoesRight }
        switch rule {
        case .alwaysRight: return true
        case .listedRight(let categories): return categories.contains(value)
        case .listedLeft(let categories): return !categories.containsTruncated(value)
        }
    }

    /// The special test of a node, or `nil` where the plain comparison is exact.
    init?(_ tree: Tree, _ node: Int) {
        feature = Int(tree.feature[node])
        missingGoesRight = !tree.defaultLeft[node]
        if let listed = tree.categories[node] {
            rule = .listedRight(CategorySet(listed))
        } else if tree.defaultLeft[node], tree.threshold[node] == -.infinity {
            rule = .alwaysRight
        } else {
            return nil
        }
    }
}

/// A set of category codes as bits.
struct CategorySet: Sendable, Hashable {
    /// XGBoost's first invalid code: from 2^24 on, `Float` cannot tell neighbours apart.
    static let limit: Int32 = 1 << 24

    private let words: [UInt64]

    init(_ categories: [Int32]) {
        var words = [UInt64](repeating: 0, count: categories.last.map { Int($0) / 64 + 1 } ?? 0)
        for category in categories { words[Int(category) / 64] |= 1 << UInt64(category % 64) }
        self.words = words
    }

    /// From LightGBM's bitset: category `c` is bit `c % 32` of word `c / 32`.
    init(bits: some Collection<UInt32>) {
        var words = [UInt64](repeating: 0, count: (bits.count + 1) / 2)
        for (index, word) in bits.enumerated() { words[index / 2] |= UInt64(word) << UInt64(index % 2 * 32) }
        self.words = words
    }

    /// XGBoost's membership of the truncated value. Negative values, -0.5 too, and those from 2^24 on are not members.
    @inline(__always)
    func contains<Scalar: TreeScalar>(_ value: Scalar) -> Bool {
        guard value >= 0, value < Scalar(nearest: Double(Self.limit)) else { return false }
        return contains(code: Int(value))
    }

    /// LightGBM's membership: truncated towards zero first, so that -0.5 is category 0.
    @inline(__always)
    func containsTruncated<Scalar: TreeScalar>(_ value: Scalar) -> Bool {
        guard value > -1, value < Scalar(nearest: 0x1p31) else { return false }
        return contains(code: Int(value))
    }

    @inline(__always)
    private func contains(code: Int) -> Bool {
        guard code / 64 < words.count else { return false }
        return words[code / 64] >> UInt64(code % 64) & 1 == 1
    }
}
