/// One regression tree, as parallel arrays over its nodes; node 0 is the root.
///
/// A numeric split sends `x < threshold` (both `Float`) left and everything else right. A categorical split sends the
/// listed categories right and everything else left: unseen, negative and huge ones. `NaN` is missing and follows
/// `defaultLeft`. (XGBoost `src/predictor/predict_fn.h`, `src/common/categorical.h`.)
public struct Tree: Sendable, Hashable {
    /// Left child, -1 for a leaf.
    public var left: [Int32]

    /// Right child, -1 for a leaf.
    public var right: [Int32]

    /// Index of the feature that a split tests; ignored for leaves.
    public var feature: [Int32]

    /// Where a numeric split divides; ignored for leaves and categorical splits.
    public var threshold: [Float]

    /// Whether a missing value goes left; ignored for leaves.
    public var defaultLeft: [Bool]

    /// What a leaf adds to the margin, learning rate and dart weight applied; ignored for splits.
    public var leafValue: [Float]

    /// Weight of the training rows that reached the node (`sum_hessian`). Splits need a positive one.
    public var cover: [Float]

    /// The categories that go right, ascending; `nil` for numeric splits and leaves.
    public var categories: [[Int32]?]

    public init(
        left: [Int32], right: [Int32], feature: [Int32], threshold: [Float], defaultLeft: [Bool], leafValue: [Float],
        cover: [Float], categories: [[Int32]?]? = nil
    ) {
        self.left = left
        self.right = right
        self.feature = feature
        self.threshold = threshold
        self.defaultLeft = defaultLeft
        self.leafValue = leafValue
        self.cover = cover
        self.categories = categories ?? [[Int32]?](repeating: nil, count: left.count)
    }

    /// A tree that is a single leaf.
    public static func leaf(_ value: Float, cover: Float = 1) -> Tree {
        Tree(
            left: [-1], right: [-1], feature: [0], threshold: [0], defaultLeft: [false], leafValue: [value],
            cover: [cover])
    }

    /// A single numeric split: `left` below the threshold, `right` otherwise.
    public static func stump(
        feature: Int, threshold: Float, defaultLeft: Bool, left: Float, right: Float, leftCover: Float,
        rightCover: Float
    ) -> Tree {
        Tree(
            left: [1, -1, -1], right: [2, -1, -1], feature: [Int32(feature), 0, 0], threshold: [threshold, 0, 0],
            defaultLeft: [defaultLeft, false, false], leafValue: [0, left, right],
            cover: [leftCover + rightCover, leftCover, rightCover])
    }

    /// A single categorical split: the listed categories go right.
    public static func categoricalStump(
        feature: Int, rightCategories: [Int32], defaultLeft: Bool, left: Float, right: Float, leftCover: Float,
        rightCover: Float
    ) -> Tree {
        var tree = stump(
            feature: feature, threshold: 0, defaultLeft: defaultLeft, left: left, right: right, leftCover: leftCover,
            rightCover: rightCover)
        tree.categories[0] = rightCategories
        return tree
    }

    /// Nodes, splits and leaves.
    public var nodeCount: Int { left.count }

    /// Whether a node is a leaf.
    public func isLeaf(_ node: Int) -> Bool { left[node] < 0 }
}
