/// The forest as the explanation kernel reads it: splits before leaves, parents before children, all shapes alike.
///
/// The method is two-pass quadrature. The Shapley value of a feature for one leaf is an integral over t in 0...1 of a
/// product of one linear factor per distinct feature on the path; with m such features the degree is m - 1, so
/// ceil(m / 2) Gauss-Legendre points make the sum *exact* up to rounding (Wettenstein, Mitchell and Yu, "QuadratureTreeSHAP",
/// arXiv 2605.04497). One pass up and one down give all leaves at once; see ``ShapKernel``.
///
/// Path-dependent, like XGBoost's `pred_contribs`: what a row is not told follows the cover of the training rows. The
/// ratios are taken over the sum of both children, so that they add up to 1 whatever the file rounds.
struct ShapLayout<Scalar: TreeScalar>: Sendable {
    /// Most distinct features on a path that the widest vector still explains exactly.
    static var maximumPathFeatures: Int { 128 }

    /// 32 bytes in `Float`: a split with its test, its children and the share of rows that each side takes.
    struct Node: Sendable {
        var threshold: Scalar
        var slot: UInt32
        var feature: UInt32
        /// Index into `repeats` of the forest, or -1 where this path meets the feature for the first time.
        var repeatIndex: Int32
        /// Local indices of the children; unused for a split with two leaves, whose values stand in `leafPairs`.
        var children: [2 of UInt32]
        /// Share of the rows that goes left, and right.
        var ratios: [2 of Scalar]
    }

    /// A split on a feature that its path has met before.
    struct Repeat: Sendable {
        /// This split and the nearest one above on the same feature, as local indices.
        var node: UInt32
        var ancestor: UInt32
        /// The repeat of the ancestor within this tree, plus 1; 0 if the ancestor is the first.
        var ancestorRepeat: UInt32
        /// Side of the ancestor that leads here: 0 left, 1 right.
        var side: UInt8
        /// Merged ratio of the feature above this split, and of the sides below it.
        var merged: Double
        var leftRatio: Double
        var rightRatio: Double
    }

    struct Special: Sendable {
        var node: UInt32
        var test: SpecialTest
    }

    /// Where a tree stands in the arrays. Local indices: splits with a split below first, then those with two
    /// leaves ("cherries"), then the leaves that hang beside a split.
    struct TreeSpan: Sendable {
        var firstNode = 0
        var innerCount = 0
        var nodeCount = 0
        var firstPair = 0
        var firstHanging = 0
        var hangingCount = 0
        var firstRepeat = 0
        var repeatCount = 0
        var firstSpecial = 0
        var specialCount = 0
    }

    private(set) var nodes: [Node] = []
    /// Left and right leaf of each cherry, in their order.
    private(set) var leafPairs: [[2 of Scalar]] = []
    private(set) var hanging: [Scalar] = []
    private(set) var repeats: [Repeat] = []
    private(set) var specials: [Special] = []
    private(set) var trees: [TreeSpan] = []

    /// Sum over the trees of the cover-weighted mean of their leaves.
    private(set) var meanSum = 0.0

    /// Largest number of distinct features on a path.
    private(set) var pathFeatures = 0

    /// Slots of scratch that the largest tree needs: its splits and hanging leaves.
    private(set) var slotCount = 1
    private(set) var largestRepeatCount = 0

    init(_ trees: [SplitTree<Scalar>]) {
        for tree in trees { append(tree) }
    }

    private mutating func append(_ tree: SplitTree<Scalar>) {
        guard !tree.isLeaf(0) else {
            meanSum += tree.leafValue[0].widened
            return
        }
        let plan = Plan(tree)
        var span = TreeSpan()
        span.firstNode = nodes.count
        span.firstPair = leafPairs.count
        span.firstHanging = hanging.count
        span.firstRepeat = repeats.count
        span.firstSpecial = specials.count
        span.innerCount = plan.inner.count
        span.nodeCount = plan.inner.count + plan.cherries.count
        let order = plan.inner + plan.cherries
        var merged = [Double](repeating: 1, count: 2 * order.count)  // per split and side: merged ratio of its feature
        var distinct = [Int](repeating: 1, count: order.count)
        var repeatOf = [UInt32](repeating: 0, count: order.count)
        for (local, node) in order.enumerated() {
            let leftRatio = tree.leftRatio(of: node)
            let test = tree.tests[node]
            var entry = Node(
                threshold: test.bound, slot: test.slot, feature: UInt32(tree.feature[node]), repeatIndex: -1,
                children: [0, 0], ratios: [Scalar(nearest: leftRatio), Scalar(nearest: 1 - leftRatio)])
            if let special = test.special { specials.append(Special(node: UInt32(local), test: special)) }
            entry.children = children(of: node, local: local, tree, plan, &span)
            // The nearest split above on the same feature, if there is one.
            var above = plan.parent[local]
            var side = plan.side[local]
            while above >= 0, nodes[span.firstNode + above].feature != entry.feature {
                (above, side) = (plan.parent[above], plan.side[above])
            }
            var before = 1.0
            if above >= 0 {
                before = merged[2 * above + Int(side)]
                repeats.append(
                    Repeat(
                        node: UInt32(local), ancestor: UInt32(above), ancestorRepeat: repeatOf[above], side: side,
                        merged: before, leftRatio: leftRatio, rightRatio: 1 - leftRatio))
                repeatOf[local] = UInt32(repeats.count - span.firstRepeat)
                entry.repeatIndex = Int32(repeats.count - 1)
            }
            merged[2 * local] = before * leftRatio
            merged[2 * local + 1] = before * (1 - leftRatio)
            if plan.parent[local] >= 0 { distinct[local] = distinct[plan.parent[local]] + (above >= 0 ? 0 : 1) }
            pathFeatures = max(pathFeatures, distinct[local])
            nodes.append(entry)
        }
        meanSum += tree.mean
        span.hangingCount = hanging.count - span.firstHanging
        span.repeatCount = repeats.count - span.firstRepeat
        span.specialCount = specials.count - span.firstSpecial
        slotCount = max(slotCount, span.nodeCount + span.hangingCount)
        largestRepeatCount = max(largestRepeatCount, span.repeatCount)
        self.trees.append(span)
    }

    private mutating func children(
        of node: Int, local: Int, _ tree: SplitTree<Scalar>, _ plan: Plan, _ span: inout TreeSpan
    ) -> [2 of UInt32] {
        let (left, right) = (Int(tree.left[node]), Int(tree.right[node]))
        guard local < span.innerCount else {
            leafPairs.append([tree.leafValue[left], tree.leafValue[right]])
            return [0, 0]
        }
        return [slot(of: left, tree, plan, span), slot(of: right, tree, plan, span)]
    }

    private mutating func slot(of child: Int, _ tree: SplitTree<Scalar>, _ plan: Plan, _ span: TreeSpan) -> UInt32 {
        guard tree.isLeaf(child) else { return UInt32(plan.local[child]) }
        hanging.append(tree.leafValue[child])
        return UInt32(span.nodeCount + hanging.count - span.firstHanging - 1)
    }
}

extension ShapLayout {
    /// The order of a tree's splits, and who stands above whom.
    private struct Plan {
        var inner: [Int] = []
        var cherries: [Int] = []
        var local: [Int]
        var parent: [Int] = []
        var side: [UInt8] = []

        init(_ tree: SplitTree<Scalar>) {
            local = [Int](repeating: -1, count: tree.nodeCount)
            var above = [Int](repeating: -1, count: tree.nodeCount)
            var depth = [Int](repeating: 0, count: tree.nodeCount)
            var isRepeat = [Bool](repeating: false, count: tree.nodeCount)
            // Validated trees are numbered in preorder: parents come before children.
            for node in 0..<tree.nodeCount where !tree.isLeaf(node) {
                for child in [Int(tree.left[node]), Int(tree.right[node])] {
                    above[child] = node
                    depth[child] = depth[node] + 1
                }
                let isCherry = tree.isLeaf(Int(tree.left[node])) && tree.isLeaf(Int(tree.right[node]))
                if isCherry { cherries.append(node) } else { inner.append(node) }
                var ancestor = above[node]
                while ancestor >= 0, tree.feature[ancestor] != tree.feature[node] { ancestor = above[ancestor] }
                isRepeat[node] = ancestor >= 0
            }
            // By depth, so that parents still come first, and in it first occurrences before repeats: the kernel's
            // branch on that changes its mind once a level instead of at random.
            inner.sort { (depth[$0], isRepeat[$0] ? 1 : 0, $0) < (depth[$1], isRepeat[$1] ? 1 : 0, $1) }
            cherries.sort { (isRepeat[$0] ? 1 : 0, $0) < (isRepeat[$1] ? 1 : 0, $1) }
            let order = inner + cherries
            for (index, node) in order.enumerated() { local[node] = index }
            parent = order.map { above[$0] < 0 ? -1 : local[above[$0]] }
            side = order.map { above[$0] >= 0 && Int(tree.right[above[$0]]) == $0 ? 1 : 0 }
        }
    }
}
