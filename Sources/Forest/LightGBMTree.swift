/// One tree of a LightGBM model as its file has it: splits 0 to n - 2, leaves 0 to n - 1, children that are leaves written
/// as `~leaf`.
///
/// A numeric split sends `x <= threshold` (both `Double`) left; a categorical one sends the listed categories left. What
/// missing means stands in `decision_type`: bit 0 categorical, bit 1 default left, bits 2 and 3 the missing type, None, Zero
/// or NaN. (`include/LightGBM/tree.h`.)
struct LightGBMTree {
    private let leafCount: Int
    private let feature: [Int32]
    private let threshold: [Double]
    private let decision: [Int32]
    private let left: [Int32]
    private let right: [Int32]
    private let leafValue: [Double]
    private let leafRows: [Double]
    private let splitRows: [Double]
    /// By split; `nil` for a numeric one.
    private let categories: [CategorySet?]
    private let fields: LightGBMFields

    init(_ fields: LightGBMFields, limits: Forest.Limits) throws(ForestError) {
        self.fields = fields
        guard try fields.integer("is_linear", default: 0) == 0 else {
            throw ForestError(.unsupportedModel, "linear trees; LightGBM has no exact explanation of them either")
        }
        let leafCount = try fields.integer("num_leaves")
        guard leafCount >= 1, leafCount <= limits.nodesPerTree / 2 else {
            throw fields.error("a tree has 1 to \(limits.nodesPerTree / 2) leaves, not \(leafCount)")
        }
        self.leafCount = leafCount
        leafValue = try fields.doubles("leaf_value", count: leafCount)
        guard leafCount > 1 else {
            // A constant tree: LightGBM writes its other arrays empty.
            (feature, threshold, decision, left, right) = ([], [], [], [], [])
            (leafRows, splitRows, categories) = ([1], [], [])
            return
        }
        let splitCount = leafCount - 1
        feature = try fields.integers("split_feature", count: splitCount)
        threshold = try fields.doubles("threshold", count: splitCount)
        decision = try fields.integers("decision_type", count: splitCount)
        left = try fields.integers("left_child", count: splitCount)
        right = try fields.integers("right_child", count: splitCount)
        leafRows = try fields.doubles("leaf_count", count: leafCount)
        splitRows = try fields.doubles("internal_count", count: splitCount)
        categories = try Self.categories(fields, threshold, decision)
    }

    /// Whether any split asks for a category of this feature.
    func usesCategories(of index: Int) -> Bool {
        zip(feature, categories).contains { $0 == index && $1 != nil }
    }

    private static func categories(
        _ fields: LightGBMFields, _ threshold: [Double], _ decision: [Int32]
    ) throws(ForestError) -> [CategorySet?] {
        var sets = [CategorySet?](repeating: nil, count: threshold.count)
        let count = try fields.integer("num_cat", default: 0)
        guard count > 0 else {
            guard decision.allSatisfy({ $0 & 1 == 0 }) else {
                throw fields.error("a categorical split, but num_cat is \(count)")
            }
            return sets
        }
        guard count <= threshold.count else { throw fields.error("num_cat is \(count) of \(threshold.count) splits") }
        let bounds = try fields.integers("cat_boundaries", count: count + 1).map(Int.init)
        guard bounds[0] == 0, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw fields.error("cat_boundaries do not ascend from 0")
        }
        let words = try fields.words("cat_threshold", count: bounds[count])
        for split in threshold.indices where decision[split] & 1 == 1 {
            guard let index = Int(exactly: threshold[split]), index >= 0, index < count else {
                throw fields.error("a categorical split without its list", node: split)
            }
            sets[split] = CategorySet(bits: words[bounds[index]..<bounds[index + 1]])
        }
        return sets
    }

    // MARK: Validation

    /// How a numeric split meets what is missing, and below what it goes left there; `nil` for a split that every row
    /// leaves to the left.
    ///
    /// `x <= t` is `x < t.nextUp`, but for t = +inf: LightGBM splits there when all that matters is whether a value is
    /// missing, and +inf itself goes left with the others.
    private func test(ofSplit split: Int) throws(ForestError) -> (view: RowImage.View, bound: Double)? {
        guard !threshold[split].isNaN else { throw fields.error("the threshold is not a number", node: split) }
        let goesLeft = decision[split] & 2 != 0
        let asksPresence = threshold[split] == .infinity
        let bound = asksPresence ? 1 : threshold[split].nextUp
        switch decision[split] >> 2 {
        case 0: return asksPresence ? nil : (.nanZero, bound)
        case 1 where asksPresence: return goesLeft ? nil : (.zeroMark, bound)
        case 1: return (goesLeft ? .zeroLow : .zeroHigh, bound)
        case 2 where asksPresence: return goesLeft ? nil : (.nanMark, bound)
        case 2: return (goesLeft ? .nanLow : .nanHigh, bound)
        default: throw fields.error("decision_type \(decision[split]) is unknown", node: split)
        }
    }

    /// The views of the numeric splits.
    func views() throws(ForestError) -> Set<RowImage.View> {
        var views: Set<RowImage.View> = []
        for split in decision.indices where categories[split] == nil {
            if let view = try test(ofSplit: split)?.view { views.insert(view) }
        }
        return views
    }

    /// Proves what the layouts and kernels later trust, and returns the tree in their form.
    func validated(image: RowImage, limits: Forest.Limits) throws(ForestError) -> SplitTree<Double> {
        var tree = SplitTree<Double>()
        var isVisited = [Bool](repeating: false, count: 2 * leafCount - 1)
        // What is still to visit: the child as the file writes it, its depth, and where its parent waits for the number.
        var pending: [(child: Int32, depth: Int, parent: Int, isRight: Bool)] = [(leafCount > 1 ? 0 : ~0, 0, -1, false)]
        while let (child, depth, parent, isRight) = pending.popLast() {
            let number = tree.nodeCount
            if parent >= 0 {
                if isRight { tree.right[parent] = Int32(number) } else { tree.left[parent] = Int32(number) }
            }
            guard child >= 0 ? child < leafCount - 1 : ~child < leafCount else {
                throw fields.error("child \(child) of \(leafCount) leaves")
            }
            let place = child >= 0 ? Int(child) : leafCount - 1 + Int(~child)
            guard !isVisited[place] else { throw fields.error("child \(child) has two parents or is its own ancestor") }
            isVisited[place] = true
            guard depth <= limits.depth else { throw fields.error("deeper than \(limits.depth)") }
            tree.depth = max(tree.depth, depth)
            if child < 0 {
                try appendLeaf(Int(~child), to: &tree)
            } else {
                try appendSplit(Int(child), to: &tree, image)
                pending.append((right[Int(child)], depth + 1, number, true))
                pending.append((left[Int(child)], depth + 1, number, false))
            }
        }
        if leafCount > 1 {
            let (low, high) = (Int(tree.left[0]), Int(tree.right[0]))
            guard tree.cover[low] + tree.cover[high] > 0 else { throw fields.error("no row counts below the root") }
        }
        return tree
    }

    private func appendLeaf(_ leaf: Int, to tree: inout SplitTree<Double>) throws(ForestError) {
        guard leafValue[leaf].isFinite else { throw fields.error("the value of leaf \(leaf) is not finite") }
        guard leafRows[leaf].isFinite, leafRows[leaf] >= 0 else { throw fields.error("leaf_count \(leaf) is negative") }
        append(to: &tree, feature: 0, .init(), leafValue[leaf], leafRows[leaf])
    }

    private func appendSplit(_ split: Int, to tree: inout SplitTree<Double>, _ image: RowImage) throws(ForestError) {
        guard feature[split] >= 0, Int(feature[split]) < image.featureCount else {
            throw fields.error("feature \(feature[split]) of \(image.featureCount)", node: split)
        }
        guard splitRows[split].isFinite, splitRows[split] >= 0 else {
            throw fields.error("internal_count is negative", node: split)
        }
        var test = SplitTree<Double>.Test()
        if let categories = categories[split] {
            test.special = SpecialTest(
                feature: Int(feature[split]), missingGoesRight: true, rule: .listedLeft(categories))
        } else if let (view, bound) = try self.test(ofSplit: split) {
            test.bound = bound
            test.slot = image.slot(feature: feature[split], view)
        } else {
            test.bound = .infinity
            test.slot = image.restSlot
        }
        append(to: &tree, feature: feature[split], test, 0, splitRows[split])
    }

    private func append(
        to tree: inout SplitTree<Double>, feature: Int32, _ test: SplitTree<Double>.Test, _ value: Double,
        _ cover: Double
    ) {
        tree.left.append(-1)
        tree.right.append(-1)
        tree.feature.append(feature)
        tree.tests.append(test)
        tree.leafValue.append(value)
        tree.cover.append(cover)
    }
}

extension SplitTree where Scalar == Double {
    /// The tree for rows of `Float`s: it sends every such row the same way. Leaves are rounded.
    var narrowed: SplitTree<Float> {
        var tree = SplitTree<Float>()
        (tree.left, tree.right, tree.feature, tree.cover, tree.depth) = (left, right, feature, cover, depth)
        tree.leafValue = leafValue.map { Float($0) }
        tree.tests = tests.map { test in
            // `x < bound` is, for Floats, `x < c` with c the smallest Float that is not below the bound.
            var bound = Float(test.bound)
            if Double(bound) < test.bound { bound = bound.nextUp }
            return .init(bound: bound, slot: test.slot, special: test.special)
        }
        return tree
    }
}
