/// A validated tree in the one form that layouts and kernels are built from, whichever library made it: preorder, parents
/// before children, node 0 the root, every node reached once.
struct SplitTree<Scalar: TreeScalar>: Sendable {
    /// Left if `image[slot] < bound`.
    struct Test: Sendable {
        var bound: Scalar = 0
        var slot: UInt32 = 0
        /// Decides instead, where a comparison cannot.
        var special: SpecialTest?
    }

    /// Left child, -1 for a leaf.
    var left: [Int32] = []
    var right: [Int32] = []
    var feature: [Int32] = []
    var tests: [Test] = []
    var leafValue: [Scalar] = []
    /// Weight of the training rows that reached the node.
    var cover: [Double] = []
    /// Splits on the longest path.
    var depth = 0

    init() {}

    /// A tree of XGBoost that ``Tree/validated(index:featureCount:limits:)`` has passed.
    init(_ tree: Tree, depth: Int, featureCount: Int) where Scalar == Float {
        left = tree.left
        right = tree.right
        feature = tree.feature
        leafValue = tree.leafValue
        cover = tree.cover.map(Double.init)
        self.depth = depth
        tests = (0..<tree.nodeCount).map { node in
            guard !tree.isLeaf(node) else { return Test() }
            return Test(
                bound: tree.threshold[node],
                slot: RowImage.slot(
                    feature: tree.feature[node], defaultLeft: tree.defaultLeft[node], featureCount: featureCount),
                special: SpecialTest(tree, node))
        }
    }

    var nodeCount: Int { left.count }

    func isLeaf(_ node: Int) -> Bool { left[node] < 0 }

    /// Share of the rows of a split that goes left. Where no training row came by, both sides weigh the same.
    func leftRatio(of node: Int) -> Double {
        let (left, right) = (cover[Int(left[node])], cover[Int(right[node])])
        return left + right > 0 ? left / (left + right) : 0.5
    }

    /// Cover-weighted mean of the leaves, children before parents.
    var mean: Double {
        var means = leafValue.map(\.widened)
        for node in (0..<nodeCount).reversed() where !isLeaf(node) {
            let (low, high) = (Int(left[node]), Int(right[node]))
            let (lowCover, highCover) = (cover[low], cover[high])
            means[node] =
                lowCover + highCover > 0
                ? (means[low] * lowCover + means[high] * highCover) / (lowCover + highCover)
                : (means[low] + means[high]) / 2
        }
        return means[0]
    }
}
