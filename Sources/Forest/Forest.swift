/// A forest of regression trees with one output, validated when it is made and immutable from then on.
///
/// Margins are bit-identical to XGBoost's: `Float` additions in tree order, starting from the base margin.
/// Contributions are exact path-dependent Shapley values. Nothing allocates per row up to 64 features.
public struct Forest: Sendable {
    /// Values per row, in model order.
    public let featureCount: Int

    /// One name per feature, or empty.
    public let featureNames: [String]

    /// One of XGBoost's type letters per feature (`q`, `int`, `i`, `float`, `c`), or empty.
    public let featureTypes: [String]

    /// The strings behind the category codes of each feature, in code order, where the file has them (XGBoost 3.1+).
    public let categoryNames: [[String]?]

    public let objective: Objective

    /// What the trees are added to, in margin space.
    public let baseMargin: Float

    /// The margin of a row of which nothing is known: the base margin and the cover-weighted mean of every tree. With
    /// the contributions of a row it adds up to the row's margin.
    public let baseValue: Double

    /// Trees in the order of addition, only reachable nodes, dart weights multiplied into the leaves.
    public let trees: [Tree]

    private let walk: Walk
    private let shap: ShapLayout
    private let kernel: Kernel

    public var treeCount: Int { trees.count }

    /// Splits on the longest path.
    public let depth: Int

    /// Makes a forest from trees built in code, under the same rules as a loaded one.
    ///
    /// `featureCount` may be left out where `featureNames` says it; `baseMargin` is a log-odds for the logistic
    /// objectives.
    /// - Throws: ``ForestError``, mostly of code `invalidTree`.
    public init(
        trees: [Tree], featureCount: Int? = nil, featureNames: [String] = [], featureTypes: [String] = [],
        baseMargin: Float = 0, objective: Objective = .binaryLogistic, categoryNames: [[String]?] = [],
        limits: Limits = Limits()
    ) throws(ForestError) {
        try self.init(
            trees: trees, featureCount: featureCount, featureNames: featureNames, featureTypes: featureTypes,
            baseMargin: baseMargin, objective: objective, categoryNames: categoryNames, limits: limits,
            layout: .fastest)
    }

    package init(
        trees: [Tree], featureCount: Int?, featureNames: [String], featureTypes: [String], baseMargin: Float,
        objective: Objective, categoryNames: [[String]?], limits: Limits, layout: LayoutChoice
    ) throws(ForestError) {
        let featureCount = featureCount ?? featureNames.count
        guard featureCount > 0, featureCount <= limits.features else {
            throw ForestError(.invalidModel, "a forest has 1 to \(limits.features) features, not \(featureCount)")
        }
        for (what, count) in [
            ("feature_names", featureNames.count), ("feature_types", featureTypes.count),
            ("cats", categoryNames.count),
        ] where count != 0 && count != featureCount {
            throw ForestError(.invalidModel, "\(what) has \(count) entries for \(featureCount) features")
        }
        guard trees.count <= limits.trees else { throw ForestError(.limitExceeded, "more than \(limits.trees) trees") }
        guard baseMargin.isFinite else { throw ForestError(.invalidModel, "the base margin is not finite") }
        var valid: [Tree] = []
        valid.reserveCapacity(trees.count)
        var depths: [Int] = []
        var reach = Double(baseMargin.magnitude)
        for (index, tree) in trees.enumerated() {
            let (compact, depth) = try tree.validated(index: index, featureCount: featureCount, limits: limits)
            valid.append(compact)
            depths.append(depth)
            reach += Double(compact.leafValue.reduce(0) { max($0, $1.magnitude) })
        }
        guard reach < 1e37 else { throw ForestError(.invalidModel, "the sum of the leaves can overflow") }
        self.featureCount = featureCount
        self.featureNames = featureNames
        self.featureTypes = featureTypes
        self.categoryNames = categoryNames
        self.objective = objective
        self.baseMargin = baseMargin
        self.trees = valid
        depth = depths.max() ?? 0
        walk = Walk(valid, depths: depths, featureCount: featureCount, choice: layout)
        shap = ShapLayout(valid, featureCount: featureCount)
        kernel = Kernel(shap)
        baseValue = Double(baseMargin) + shap.meanSum
    }

    // MARK: Margins

    /// Raw score of one row: the base margin plus one leaf of every tree.
    ///
    /// - Parameter row: `featureCount` values in model order; `.nan` means missing and follows the default branch.
    /// - Returns: for the logistic objectives log-odds, unbounded. ``Objective/probability(ofMargin:)`` maps it to 0...1.
    /// - Throws: ``ForestError`` of code `countMismatch`. Nothing else can fail after loading.
    public func margin(of row: Span<Float>) throws(ForestError) -> Float {
        guard row.count == featureCount else {
            throw .counts("a row", expected: featureCount, actual: row.count)
        }
        return withImage(of: row) { image, row in walk.sum(from: baseMargin, image: image, row: row) }
    }

    /// Margins of several rows, each with the same bits as ``margin(of:)`` gives.
    ///
    /// - Parameters:
    ///   - rows: `rowCount * featureCount` values, row after row.
    ///   - rowCount: how many rows there are.
    ///   - margins: `rowCount` places.
    /// - Throws: ``ForestError`` of code `countMismatch`.
    public func margins(
        of rows: Span<Float>, rowCount: Int, into margins: inout MutableSpan<Float>
    ) throws(ForestError) {
        let (valueCount, overflow) = rowCount.multipliedReportingOverflow(by: featureCount)
        guard rowCount >= 0, !overflow, rows.count == valueCount else {
            throw .counts("a batch of \(rowCount) rows", expected: overflow ? .max : valueCount, actual: rows.count)
        }
        guard margins.count == rowCount else {
            throw .counts("the output", expected: rowCount, actual: margins.count)
        }
        for index in 0..<rowCount {
            let row = rows.extracting(index * featureCount..<(index + 1) * featureCount)
            margins[index] = withImage(of: row) { image, row in walk.sum(from: baseMargin, image: image, row: row) }
        }
    }

    // MARK: Explanations

    /// Working memory for ``explain(_:into:scratch:)``.
    public func makeScratch() -> ShapScratch {
        ShapScratch(
            slotCount: shap.slotCount, repeatCount: shap.largestRepeatCount, featureCount: featureCount,
            lanes: kernel.lanes)
    }

    /// Exact path-dependent Shapley values of the margin, one per feature, and the margin itself.
    ///
    /// - Parameters:
    ///   - row: as in ``margin(of:)``.
    ///   - contributions: `featureCount` places. Their sum and ``baseValue`` add up to the margin, within rounding.
    ///   - scratch: from ``makeScratch()`` of this forest.
    /// - Returns: the margin, the same bits as ``margin(of:)``.
    /// - Throws: ``ForestError`` of code `countMismatch`, or `explanationUnavailable` for trees with more than 128
    ///   distinct features on a path.
    public func explain(
        _ row: Span<Float>, into contributions: inout MutableSpan<Double>, scratch: ShapScratch
    ) throws(ForestError) -> Float {
        guard row.count == featureCount else {
            throw .counts("a row", expected: featureCount, actual: row.count)
        }
        guard contributions.count == featureCount else {
            throw .counts("the contributions", expected: featureCount, actual: contributions.count)
        }
        guard shap.pathFeatures <= ShapLayout.maximumPathFeatures else {
            throw ForestError(
                .explanationUnavailable,
                "\(shap.pathFeatures) features on one path; exact up to \(ShapLayout.maximumPathFeatures)")
        }
        guard scratch.fits(shap, featureCount: featureCount, lanes: kernel.lanes) else {
            throw ForestError(.countMismatch, "the scratch was made for a smaller forest")
        }
        return withImage(of: row) { image, row in
            kernel.explain(shap, image: image, row: row, into: &contributions, scratch: scratch)
            return walk.sum(from: baseMargin, image: image, row: row)
        }
    }

    /// Runs `body` on the prepared row: on the stack up to 64 features, on the heap beyond.
    @inline(__always)
    private func withImage(of row: Span<Float>, _ body: (Span<Float>, Span<Float>) -> Float) -> Float {
        guard featureCount <= 64 else {
            var image = [Float](repeating: 0, count: RowImage.count(featureCount: featureCount))
            var target = image.mutableSpan
            RowImage.fill(&target, from: row)
            return body(image.span, row)
        }
        var image = [129 of Float](repeating: 0)
        var target = image.mutableSpan
        RowImage.fill(&target, from: row)
        return body(image.span, row)
    }
}
