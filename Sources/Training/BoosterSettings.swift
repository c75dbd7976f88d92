/// How a forest is grown: a point among those that the search tries.
struct BoosterSettings: Sendable, Hashable {
    var name: String
    var depth = 5
    var learningRate = 0.05
    var subsample = 0.8
    var columnSample = 1.0
    var minimumChildWeight = 3.0
    var l2 = 1.0
    /// libxgboost parts the levels of a category into any two sets; otherwise it cuts their order by rate of positives.
    var partitionsCategories = true

    /// No more trees than this, whatever the curve says.
    static let maximumRounds = 1_000
    /// Rounds between two looks at the left-out rows.
    static let roundsPerCheck = 5
    /// Looks without a better loss before training stops.
    static let patience = 10

    /// Tried in this order while the budget lasts. The first is the regularised start that holds its own against other
    /// libraries' defaults on the shared tables (300 × depth 5, eta .05, subsample .8, child weight 3).
    static func candidates(hasCategories: Bool) -> [BoosterSettings] {
        var list = [BoosterSettings(name: "depth 5")]
        if hasCategories { list.append(BoosterSettings(name: "depth 5, ordered", partitionsCategories: false)) }
        list.append(BoosterSettings(name: "depth 3", depth: 3))
        list.append(
            BoosterSettings(
                name: "depth 4, half the columns", depth: 4, columnSample: 0.5, minimumChildWeight: 5, l2: 5))
        list.append(
            BoosterSettings(
                name: "depth 6, half the columns", depth: 6, learningRate: 0.03, columnSample: 0.5,
                minimumChildWeight: 5, l2: 5))
        return list
    }

    func parameters(seed: UInt64, threads: Int, baseRate: Double) -> [(name: String, value: String)] {
        [
            ("objective", "binary:logistic"), ("tree_method", "hist"), ("verbosity", "0"),
            ("seed", String(seed % 0x7FFF_FFFF)), ("nthread", String(threads)), ("base_score", String(baseRate)),
            ("max_depth", String(depth)), ("eta", String(learningRate)), ("subsample", String(subsample)),
            ("colsample_bytree", String(columnSample)), ("min_child_weight", String(minimumChildWeight)),
            ("lambda", String(l2)),
        ]
    }
}
