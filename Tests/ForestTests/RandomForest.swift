import Forest

/// Seeded forests and rows full of what goes wrong: ties, zeros of both signs, infinities, denormals, missing values.
struct RandomForest {
    var generator: SplitMix
    var featureCount: Int
    var categorical = false
    var infinite = false

    init(seed: UInt64, featureCount: Int) {
        generator = SplitMix(state: seed)
        self.featureCount = featureCount
    }

    private static let thresholds: [Float] = [
        0, -0.0, 0.5, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-38, 3, .greatestFiniteMagnitude,
    ]

    mutating func trees(_ count: Int, depth: Int, leafChance: Double = 0.2) -> [Tree] {
        (0..<count).map { _ in tree(depth: depth, leafChance: leafChance) }
    }

    mutating func tree(depth: Int, leafChance: Double) -> Tree {
        var tree = Tree.leaf(0, cover: Float.random(in: 50...100, using: &generator))
        grow(&tree, node: 0, depth: depth, leafChance: leafChance)
        return tree
    }

    private mutating func grow(_ tree: inout Tree, node: Int, depth: Int, leafChance: Double) {
        tree.leafValue[node] = Float.random(in: -1...1, using: &generator)
        guard depth > 0, node == 0 || Double.random(in: 0..<1, using: &generator) >= leafChance else { return }
        let left = tree.nodeCount
        for child in [left, left + 1] {
            tree.left.append(-1)
            tree.right.append(-1)
            tree.feature.append(0)
            tree.threshold.append(0)
            tree.defaultLeft.append(false)
            tree.leafValue.append(0)
            let share = Float.random(in: 0.1...0.9, using: &generator)
            tree.cover.append(child == left ? tree.cover[node] * share : tree.cover[node] - tree.cover[left])
            tree.categories.append(nil)
        }
        tree.left[node] = Int32(left)
        tree.right[node] = Int32(left + 1)
        tree.feature[node] = Int32.random(in: 0..<Int32(featureCount), using: &generator)
        tree.defaultLeft[node] = Bool.random(using: &generator)
        tree.threshold[node] = Self.thresholds.randomElement(using: &generator) ?? 0
        if infinite, UInt8.random(in: 0..<4, using: &generator) == 0 {
            tree.threshold[node] = Bool.random(using: &generator) ? .infinity : -.infinity
        }
        if categorical, Bool.random(using: &generator) {
            let codes: Set<Int32> = Set((0..<4).map { _ in Int32.random(in: 0..<130, using: &generator) })
            tree.categories[node] = codes.union([3]).sorted()
        }
        grow(&tree, node: left, depth: depth - 1, leafChance: leafChance)
        grow(&tree, node: left + 1, depth: depth - 1, leafChance: leafChance)
    }

    mutating func row() -> [Float] {
        (0..<featureCount).map { _ in
            switch UInt8.random(in: 0..<8, using: &generator) {
            case 0: .nan
            case 1: Self.thresholds.randomElement(using: &generator) ?? 0
            case 2:
                [Float.infinity, -.infinity, -0.0, -1, -0.5, 16_777_216, 3e9, 127.5].randomElement(using: &generator)
                    ?? 0
            case 3, 4: Float(Int.random(in: 0..<130, using: &generator))
            default: Float.random(in: -2...2, using: &generator)
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Forest {
    /// The calls of the tests, with arrays.
    func margin(_ row: [Float]) throws -> Float { try margin(of: row.span) }

    func margins(_ rows: [Float], count: Int, places: Int? = nil) throws -> [Float] {
        var margins = [Float](repeating: .nan, count: places ?? count)
        var output = margins.mutableSpan
        try self.margins(of: rows.span, rowCount: count, into: &output)
        return margins
    }

    func explanation(
        _ row: [Float], scratch: ShapScratch, places: Int? = nil
    ) throws -> (margin: Float, contributions: [Double]) {
        var contributions = [Double](repeating: .nan, count: places ?? featureCount)
        var output = contributions.mutableSpan
        let margin = try explain(row.span, into: &output, scratch: scratch)
        return (margin, contributions)
    }
}
