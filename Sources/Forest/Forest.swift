/// A forest of regression trees with one output, validated when it is made and immutable from then on.
///
/// Margins are bit-identical to the library's: of XGBoost `Float` additions in tree order, starting from the base margin;
/// of LightGBM the same in `Double`, from 0. Contributions are exact path-dependent Shapley values. Nothing allocates per
/// row up to 64 features of XGBoost.
///
/// Rows may be given as `Float` or as `Double`, whichever library made the model. XGBoost rounds a `Double` to `Float`
/// before it compares; LightGBM compares `Double`s, so a row that was read from text should be given to such a model as
/// `Double`: ``precision`` says which.
public struct Forest: Sendable {
    /// The width of the numbers that a model compares and adds.
    public enum Precision: Sendable, Hashable { case single, double }

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

    /// Trees in the order of addition, only reachable nodes, dart weights multiplied into the leaves. Empty for a model of
    /// LightGBM, whose thresholds and leaves no ``Tree`` can hold.
    public let trees: [Tree]

    private let image: RowImage
    private let walk: Walk<Float>
    private let shap: ShapLayout<Float>
    private let kernel: Kernel<Float>
    /// What a model of LightGBM computes with instead.
    private let wide: WideForest?

    public let treeCount: Int

    public var precision: Precision { wide == nil ? .single : .double }

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
        var split: [SplitTree<Float>] = []
        var reach = Double(baseMargin.magnitude)
        for (index, tree) in trees.enumerated() {
            let (compact, depth) = try tree.validated(index: index, featureCount: featureCount, limits: limits)
            valid.append(compact)
            split.append(SplitTree(compact, depth: depth, featureCount: featureCount))
            reach += Double(compact.leafValue.reduce(0) { max($0, $1.magnitude) })
        }
        try Self.checkReach(reach)
        self.featureCount = featureCount
        self.featureNames = featureNames
        self.featureTypes = featureTypes
        self.categoryNames = categoryNames
        self.objective = objective
        self.baseMargin = baseMargin
        self.trees = valid
        treeCount = valid.count
        depth = split.map(\.depth).max() ?? 0
        image = RowImage(featureCount: featureCount)
        walk = Walk(split, image: image, choice: layout)
        shap = ShapLayout(split)
        kernel = Kernel(shap)
        wide = nil
        baseValue = Double(baseMargin) + shap.meanSum
    }

    /// `reach` is how far from zero a margin can get. Explanations are Float, and on a long path their factors multiply
    /// leaves; no model that was trained comes near.
    static func checkReach(_ reach: Double) throws(ForestError) {
        guard reach < 1e30 else { throw ForestError(.invalidModel, "the sum of the leaves can overflow") }
    }

    /// From a model of LightGBM that its reader has validated.
    init(_ model: LightGBMModel, layout: LayoutChoice) {
        featureCount = model.featureCount
        featureNames = model.featureNames
        featureTypes = model.featureTypes
        categoryNames = model.categoryNames
        objective = model.objective
        baseMargin = 0
        trees = []
        treeCount = model.trees.count
        depth = model.trees.map(\.depth).max() ?? 0
        image = model.image
        // Margins of Float rows are Double sums too; only their explanation has a Float form.
        walk = Walk([], image: image, choice: layout)
        shap = ShapLayout(model.trees.map(\.narrowed))
        kernel = Kernel(shap)
        let wide = WideForest(model, layout: layout)
        self.wide = wide
        baseValue = wide.shap.meanSum
    }

    // MARK: Margins

    /// Raw score of one row: the base margin plus one leaf of every tree.
    ///
    /// - Parameter row: `featureCount` values in model order; `.nan` means missing and follows the default branch.
    /// - Returns: for the logistic objectives log-odds, unbounded. ``probability(ofMargin:)`` maps it to 0...1. Of a model
    ///   of LightGBM its raw score, rounded to `Float` at the end.
    /// - Throws: ``ForestError`` of code `countMismatch`. Nothing else can fail after loading.
    public func margin(of row: Span<Float>) throws(ForestError) -> Float {
        try checkCount(of: row)
        return uncheckedMargin(of: row)
    }

    /// Raw score of one row of `Double`s: of a model of LightGBM the bits of its `raw_score`, of one of XGBoost those that
    /// it gives after rounding the row to `Float`.
    ///
    /// - Throws: as ``margin(of:)-(Span<Float>)``.
    public func margin(of row: Span<Double>) throws(ForestError) -> Double {
        try checkCount(of: row)
        return uncheckedMargin(of: row)
    }

    /// Margins of several rows, each with the same bits as for the row alone.
    ///
    /// - Parameters:
    ///   - rows: `rowCount * featureCount` values, row after row.
    ///   - rowCount: how many rows there are.
    ///   - margins: `rowCount` places.
    /// - Throws: ``ForestError`` of code `countMismatch`.
    public func margins(
        of rows: Span<Float>, rowCount: Int, into margins: inout MutableSpan<Float>
    ) throws(ForestError) {
        try checkCounts(of: rows, rowCount: rowCount, places: margins.count)
        for index in 0..<rowCount {
            margins[index] = uncheckedMargin(
                of: rows.extracting(index * featureCount..<(index + 1) * featureCount))
        }
    }

    /// Margins of several rows of `Double`s.
    ///
    /// - Throws: ``ForestError`` of code `countMismatch`.
    public func margins(
        of rows: Span<Double>, rowCount: Int, into margins: inout MutableSpan<Double>
    ) throws(ForestError) {
        try checkCounts(of: rows, rowCount: rowCount, places: margins.count)
        for index in 0..<rowCount {
            margins[index] = uncheckedMargin(
                of: rows.extracting(index * featureCount..<(index + 1) * featureCount))
        }
    }

    // MARK: Explanations

    /// Working memory for explanations of rows of either width.
    public func makeScratch() -> ShapScratch {
        ShapScratch(
            slotCount: shap.slotCount, repeatCount: shap.largestRepeatCount, featureCount: featureCount,
            vectorBytes: max(kernel.vectorBytes, wide?.kernel.vectorBytes ?? 0))
    }

    /// Exact path-dependent Shapley values of the margin, one per feature, and the margin itself.
    ///
    /// - Parameters:
    ///   - row: as in ``margin(of:)-(Span<Float>)``.
    ///   - contributions: `featureCount` places. Their sum and ``baseValue`` add up to the margin, within rounding of `Float`.
    ///   - scratch: from ``makeScratch()`` of this forest.
    /// - Returns: the margin, the same bits as without explanation.
    /// - Throws: ``ForestError`` of code `countMismatch`, or `explanationUnavailable` for trees with more than 128
    ///   distinct features on a path.
    public func explain(
        _ row: Span<Float>, into contributions: inout MutableSpan<Double>, scratch: ShapScratch
    ) throws(ForestError) -> Float {
        try checkCount(of: row)
        try checkExplanation(places: contributions.count, scratch)
        image.withImage(of: row) { image, row in
            kernel.explain(shap, image: image, row: row, into: &contributions, scratch: scratch)
        }
        return uncheckedMargin(of: row)
    }

    /// The same for a row of `Double`s. A model of LightGBM is explained in `Double`, about half as fast, to the last digits of
    /// its `pred_contrib`; one of XGBoost as for the row rounded to `Float`.
    ///
    /// - Throws: as ``explain(_:into:scratch:)-(Span<Float>,_,_)``.
    public func explain(
        _ row: Span<Double>, into contributions: inout MutableSpan<Double>, scratch: ShapScratch
    ) throws(ForestError) -> Double {
        try checkCount(of: row)
        guard let wide else {
            let narrow = (0..<row.count).map { Float(row[$0]) }
            return Double(try explain(narrow.span, into: &contributions, scratch: scratch))
        }
        try checkExplanation(places: contributions.count, scratch)
        return wide.explain(row, into: &contributions, scratch: scratch)
    }

    // MARK: What a margin means

    /// Probability of the positive class, as the library computes it; `nil` where the objective predicts none.
    public func probability(ofMargin margin: Double) -> Double? {
        guard let wide else { return objective.probability(ofMargin: Float(margin)).map(Double.init) }
        return objective.isLogistic ? wide.link.prediction(ofMargin: margin) : nil
    }

    /// Log-odds of the positive class: the margin itself, but for a LightGBM model with a `sigmoid` other than 1 or an
    /// averaged one (`rf`). `nil` where the objective predicts no probability.
    public func logOdds(ofMargin margin: Double) -> Double? {
        guard objective.isLogistic else { return nil }
        return wide?.link.logOdds(ofMargin: margin) ?? margin
    }

    /// What LightGBM's `predict` answers without `raw_score`; `nil` for a model of XGBoost.
    package func prediction(ofMargin margin: Double) -> Double? { wide?.link.prediction(ofMargin: margin) }

    // MARK: Without checks

    @inline(__always)
    private func uncheckedMargin(of row: Span<Float>) -> Float {
        if let wide { return Float(wide.margin(ofFloats: row)) }
        return image.withImage(of: row) { image, row in walk.sum(from: baseMargin, image: image, row: row) }
    }

    @inline(__always)
    private func uncheckedMargin(of row: Span<Double>) -> Double {
        if let wide { return wide.margin(of: row) }
        let narrow = (0..<row.count).map { Float(row[$0]) }
        return Double(uncheckedMargin(of: narrow.span))
    }

    private func checkCount<Scalar>(of row: Span<Scalar>) throws(ForestError) {
        guard row.count == featureCount else {
            throw .counts("a row", expected: featureCount, actual: row.count)
        }
    }

    private func checkCounts<Scalar>(of rows: Span<Scalar>, rowCount: Int, places: Int) throws(ForestError) {
        let (valueCount, overflow) = rowCount.multipliedReportingOverflow(by: featureCount)
        guard rowCount >= 0, !overflow, rows.count == valueCount else {
            throw .counts("a batch of \(rowCount) rows", expected: overflow ? .max : valueCount, actual: rows.count)
        }
        guard places == rowCount else { throw .counts("the output", expected: rowCount, actual: places) }
    }

    private func checkExplanation(places: Int, _ scratch: ShapScratch) throws(ForestError) {
        guard places == featureCount else {
            throw .counts("the contributions", expected: featureCount, actual: places)
        }
        guard shap.pathFeatures <= ShapLayout<Float>.maximumPathFeatures else {
            throw ForestError(
                .explanationUnavailable,
                "\(shap.pathFeatures) features on one path; exact up to \(ShapLayout<Float>.maximumPathFeatures)")
        }
        let vectorBytes = max(kernel.vectorBytes, wide?.kernel.vectorBytes ?? 0)
        guard scratch.fits(shap, featureCount: featureCount, vectorBytes: vectorBytes) else {
            throw ForestError(.countMismatch, "the scratch was made for a smaller forest")
        }
    }
}
