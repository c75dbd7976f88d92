internal import JSONBytes

extension Forest {
    /// Which trees of a model with early stopping count.
    public enum TreeRange: Sendable, Hashable {
        /// All of them, as `Booster.predict` and the C interface have it.
        case all
        /// Those up to `best_iteration`, as `XGBClassifier.predict_proba` has it. The model must carry the attribute.
        case bestIteration
    }

    /// Reads a model of XGBoost 1.7 to 3.4 that was saved as JSON or UBJSON.
    ///
    /// Numeric and categorical splits, gbtree and dart, one output. Everything is validated here, once.
    /// - Throws: ``ForestError`` that says what is wrong and where; several outputs, vector leaves, linear boosters
    ///   and the old binary format are refused by name.
    public init(
        xgboost bytes: [UInt8], trees range: TreeRange = .all, limits: Limits = Limits()
    ) throws(ForestError) {
        try self.init(xgboost: bytes, trees: range, limits: limits, layout: .fastest)
    }

    package init(
        xgboost bytes: [UInt8], trees range: TreeRange, limits: Limits, layout: LayoutChoice
    ) throws(ForestError) {
        let model = try XGBoostModel(bytes, trees: range, limits: limits)
        try self.init(
            trees: model.trees, featureCount: model.featureCount, featureNames: model.featureNames,
            featureTypes: model.featureTypes, baseMargin: model.baseMargin, objective: model.objective,
            categoryNames: model.categoryNames, limits: limits, layout: layout)
    }

    /// The forest as an XGBoost model in JSON: loads in the Python library (1.7 and later) and here, with margins of
    /// the same bits.
    ///
    /// Dart weights are in the leaves and category names in `cats`. A base margin that no `base_score` maps to exactly
    /// is written as a first tree of one leaf, which adds up to the same bits.
    ///
    /// - Precondition: ``precision`` is single. A model of LightGBM is kept as its own text: XGBoost's `Float`s cannot
    ///   hold it.
    public func xgboostJSON() -> [UInt8] {
        precondition(precision == .single, "a LightGBM model cannot be written as XGBoost's")
        return XGBoostWriter(self).document()
    }
}
