import Forest

extension Scorecard {
    /// One tree a column whose leaves are the weights, times `scale`. Missing values have a leaf of their own, and so do
    /// infinities, which count as missing.
    func trees(scale: Double, codes: Codes, rows: [Int], rareLevels: [Set<Int>]) -> [Tree] {
        binnings.indices.compactMap { column -> Tree? in
            var counts = [Int](repeating: 0, count: binnings[column].count)
            for row in rows { counts[Int(codes[column][row])] += 1 }
            var values = weights[column].map { Float($0 * scale) }
            guard values.contains(where: { $0 != 0 }) else { return nil }
            // A level that was too rare to learn counts as missing.
            for level in rareLevels[column] where level < values.count - 1 { values[level] = values[values.count - 1] }
            let edges: [Float] =
                switch binnings[column] {
                case .ordered(let edges): edges
                case .levels(let count): (1..<max(1, count)).map { Float($0) - 0.5 }
                }
            var builder = BinTree(feature: column, values: values, counts: counts, edges: edges)
            return builder.grown()
        }
    }
}

/// Writes a column's bins as a balanced tree below a root that parts missing from known.
private struct BinTree {
    let feature: Int
    let values: [Float]
    let counts: [Int]
    let edges: [Float]
    private var tree = Tree(
        left: [], right: [], feature: [], threshold: [], defaultLeft: [], leafValue: [], cover: [], categories: [])

    init(feature: Int, values: [Float], counts: [Int], edges: [Float]) {
        self.feature = feature
        self.values = values
        self.counts = counts
        self.edges = edges
    }

    mutating func grown() -> Tree {
        let known = values.count - 1
        // NaN goes right at the root; every finite value is below the largest.
        split(
            threshold: .greatestFiniteMagnitude, left: 0..<known, right: known..<known + 1)
        return tree
    }

    private mutating func split(threshold: Float, left: Range<Int>, right: Range<Int>) {
        let node = append(leaf: 0, bins: left.lowerBound..<right.upperBound)
        tree.threshold[node] = threshold
        tree.feature[node] = Int32(feature)
        tree.left[node] = Int32(tree.left.count)
        grow(left)
        tree.right[node] = Int32(tree.left.count)
        grow(right)
    }

    private mutating func grow(_ bins: Range<Int>) {
        // Neighbours with one weight need no split.
        guard Set(values[bins]).count > 1 else {
            _ = append(leaf: values[bins.lowerBound], bins: bins)
            return
        }
        let middle = bins.lowerBound + bins.count / 2
        split(threshold: edges[middle - 1], left: bins.lowerBound..<middle, right: middle..<bins.upperBound)
    }

    private mutating func append(leaf: Float, bins: Range<Int>) -> Int {
        tree.left.append(-1)
        tree.right.append(-1)
        tree.feature.append(0)
        tree.threshold.append(0)
        tree.defaultLeft.append(false)
        tree.leafValue.append(leaf)
        // Half a row in every bin: a leaf that nobody reached still has a cover.
        tree.cover.append(bins.reduce(0) { $0 + Float(counts[$1]) + 0.5 })
        tree.categories.append(nil)
        return tree.left.count - 1
    }
}
