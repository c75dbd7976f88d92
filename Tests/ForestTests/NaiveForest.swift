import Forest

/// The definition, written as plainly as possible: what the layouts and kernels must agree with.
enum NaiveForest {
    static func goesLeft(_ tree: Tree, _ node: Int, _ row: [Float]) -> Bool {
        let value = row[Int(tree.feature[node])]
        if value.isNaN { return tree.defaultLeft[node] }
        guard let categories = tree.categories[node] else { return value < tree.threshold[node] }
        guard value >= 0, value < 16_777_216 else { return true }
        return !categories.contains(Int32(value))
    }

    static func leaf(_ tree: Tree, _ row: [Float], from node: Int = 0) -> Float {
        guard tree.left[node] != -1 else { return tree.leafValue[node] }
        return leaf(tree, row, from: Int(goesLeft(tree, node, row) ? tree.left[node] : tree.right[node]))
    }

    static func margin(_ trees: [Tree], base: Float, _ row: [Float]) -> Float {
        trees.reduce(base) { $0 + leaf($1, row) }
    }

    /// Expected leaf when only the features of `known` are told: the others follow the cover.
    static func expectation(_ tree: Tree, _ row: [Float], known: Set<Int>, at node: Int = 0) -> Double {
        guard tree.left[node] != -1 else { return Double(tree.leafValue[node]) }
        let (left, right) = (Int(tree.left[node]), Int(tree.right[node]))
        if known.contains(Int(tree.feature[node])) {
            return expectation(tree, row, known: known, at: goesLeft(tree, node, row) ? left : right)
        }
        let (leftCover, rightCover) = (Double(tree.cover[left]), Double(tree.cover[right]))
        return
            (leftCover * expectation(tree, row, known: known, at: left)
            + rightCover * expectation(tree, row, known: known, at: right)) / (leftCover + rightCover)
    }

    /// Shapley values by the definition: every subset of the features that the tree uses.
    static func shapley(_ trees: [Tree], _ row: [Float], featureCount: Int) -> [Double] {
        var values = [Double](repeating: 0, count: featureCount)
        for tree in trees {
            let used = Set(tree.left.indices.filter { tree.left[$0] != -1 }.map { Int(tree.feature[$0]) }).sorted()
            let expectations = (0..<(1 << used.count)).map { subset in
                let known = Set(used.indices.filter { subset >> $0 & 1 == 1 }.map { used[$0] })
                return expectation(tree, row, known: known)
            }
            for (place, feature) in used.enumerated() {
                for subset in expectations.indices where subset >> place & 1 == 0 {
                    let weight = Self.weight(size: subset.nonzeroBitCount, of: used.count)
                    values[feature] += weight * (expectations[subset | 1 << place] - expectations[subset])
                }
            }
        }
        return values
    }

    /// |S|! (n - |S| - 1)! / n!
    private static func weight(size: Int, of count: Int) -> Double {
        (0..<size).reduce(1 / Double(count)) { $0 * Double($1 + 1) / Double(count - 1 - $1) }
    }
}
