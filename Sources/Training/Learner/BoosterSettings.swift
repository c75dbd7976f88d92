/// How a forest is grown: a point among those that the search tries.
struct BoosterSettings: Sendable, Hashable {
    var name: String
    var depth = 5
    var learningRate = 0.05
    var subsample = 0.8
    /// Share of the columns that each split may choose from: trees that differ average better.
    var columnSample = 0.5
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
    /// Below so many rows a few careful settings are told apart no better than by chance, so fewer are tried.
    static let rowsForWideSearch = 1_000

    /// Tried in this order while the budget lasts. The first is the best single one on the shared tables.
    ///
    /// Wider searches were tried and dropped: among settings this close (0.0005 of log loss on tables of ten thousand
    /// rows) the winner of a longer list was no better on rows outside the folds.
    static func candidates(rows: Int, hasCategories: Bool) -> [BoosterSettings] {
        var list = [
            BoosterSettings(name: "depth 5"),
            BoosterSettings(name: "depth 3", depth: 3, l2: 5),
            BoosterSettings(name: "depth 4", depth: 4, minimumChildWeight: 5, l2: 5),
        ]
        guard rows >= rowsForWideSearch else { return list }
        list.append(BoosterSettings(name: "depth 5, all columns", columnSample: 1))
        if hasCategories { list.append(BoosterSettings(name: "depth 5, ordered", partitionsCategories: false)) }
        list.append(BoosterSettings(name: "depth 7", depth: 7, learningRate: 0.04, minimumChildWeight: 10, l2: 10))
        return list
    }

    /// `directions` holds for each column 1 where more may only raise the margin, -1 where it may only lower it, else 0.
    func parameters(seed: UInt64, directions: [Int]) -> [(name: String, value: String)] {
        var list = [
            ("objective", "binary:logistic"), ("tree_method", "hist"), ("verbosity", "0"),
            // The rows bring their own margin to start from, so that of the model is none.
            ("seed", String(seed % 0x7FFF_FFFF)), ("nthread", "1"), ("base_score", "0.5"),
            ("max_depth", String(depth)), ("eta", String(learningRate)), ("subsample", String(subsample)),
            ("colsample_bynode", String(columnSample)), ("min_child_weight", String(minimumChildWeight)),
            ("lambda", String(l2)),
        ]
        if directions.contains(where: { $0 != 0 }) {
            list.append(("monotone_constraints", "(" + directions.map(String.init).joined(separator: ",") + ")"))
        }
        return list.map { (name: $0.0, value: $0.1) }
    }
}
