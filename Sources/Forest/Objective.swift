#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The training objectives with one output, by XGBoost's names and, after `lightgbm:`, by LightGBM's. They fix what
/// `base_score` and the margin mean.
public enum Objective: String, Sendable, Hashable, CaseIterable {
    case binaryLogistic = "binary:logistic"
    case binaryLogitRaw = "binary:logitraw"
    case binaryHinge = "binary:hinge"
    case regressionLogistic = "reg:logistic"
    case squaredError = "reg:squarederror"
    case squaredErrorOldName = "reg:linear"
    case squaredLogError = "reg:squaredlogerror"
    case pseudoHuberError = "reg:pseudohubererror"
    case absoluteError = "reg:absoluteerror"
    case quantileError = "reg:quantileerror"
    case expectileError = "reg:expectileerror"
    case countPoisson = "count:poisson"
    case gamma = "reg:gamma"
    case tweedie = "reg:tweedie"
    case survivalCox = "survival:cox"
    case rankPairwise = "rank:pairwise"
    case rankNDCG = "rank:ndcg"
    case rankMAP = "rank:map"

    case lightGBMBinary = "lightgbm:binary"
    case lightGBMCrossEntropy = "lightgbm:cross_entropy"
    case lightGBMCrossEntropyLambda = "lightgbm:cross_entropy_lambda"
    case lightGBMRegression = "lightgbm:regression"
    case lightGBMRegressionL1 = "lightgbm:regression_l1"
    case lightGBMHuber = "lightgbm:huber"
    case lightGBMFair = "lightgbm:fair"
    case lightGBMQuantile = "lightgbm:quantile"
    case lightGBMMAPE = "lightgbm:mape"
    case lightGBMPoisson = "lightgbm:poisson"
    case lightGBMGamma = "lightgbm:gamma"
    case lightGBMTweedie = "lightgbm:tweedie"
    case lightGBMLambdaRank = "lightgbm:lambdarank"
    case lightGBMRankXENDCG = "lightgbm:rank_xendcg"
    /// A function of the user's own, which the file does not name.
    case lightGBMCustom = "lightgbm:custom"

    private static let lightGBMPrefix = "lightgbm:"

    /// Whether the margin is a log-odds, or a fixed multiple of one.
    public var isLogistic: Bool {
        switch self {
        case .binaryLogistic, .regressionLogistic, .binaryLogitRaw, .lightGBMBinary, .lightGBMCrossEntropy: true
        default: false
        }
    }

    /// One of XGBoost's, by the name in its files.
    init?(xgboost name: String) {
        guard !name.hasPrefix(Self.lightGBMPrefix) else { return nil }
        self.init(rawValue: name)
    }

    /// One of LightGBM's, by the name in its files.
    init?(lightGBM name: String) { self.init(rawValue: Self.lightGBMPrefix + name) }

    /// Those of XGBoost, which alone can be written to its files.
    package static var xgboostCases: [Objective] { allCases.filter { !$0.rawValue.hasPrefix(lightGBMPrefix) } }

    /// Probability of the positive class, in `Float` and with the clamp that XGBoost uses (`src/common/math.h`); `nil`
    /// where the margin is not a log-odds, and for LightGBM's objectives: ``Forest/probability(ofMargin:)`` knows them all.
    public func probability(ofMargin margin: Float) -> Float? {
        switch self {
        case .binaryLogistic, .regressionLogistic, .binaryLogitRaw: 1 / (1 + expf(min(-margin, 88.7)))
        default: nil
        }
    }

    /// Maps `base_score`, which the file gives in output space, to the margin that the trees are added to.
    ///
    /// `binary:logitraw` takes it as it is, though its margin is a log-odds (facts verified against 1.7 to 3.4).
    func baseMargin(ofScore score: Float) -> Float? {
        let margin: Float
        switch self {
        case .binaryLogistic, .regressionLogistic: margin = -logf(1 / score - 1)
        case .countPoisson, .gamma, .tweedie, .survivalCox: margin = logf(score)
        default: margin = score
        }
        return margin.isFinite ? margin : nil
    }

    /// A `base_score` that maps back to exactly this margin, or `nil` if no `Float` does.
    func baseScore(ofMargin margin: Float) -> Float? {
        let guess: Float
        switch self {
        case .binaryLogistic, .regressionLogistic: guess = 1 / (1 + expf(-margin))
        case .countPoisson, .gamma, .tweedie, .survivalCox: guess = expf(margin)
        default: return margin
        }
        var below = guess
        var above = guess
        for _ in 0..<16 {
            if baseMargin(ofScore: below) == margin { return below }
            if baseMargin(ofScore: above) == margin { return above }
            (below, above) = (below.nextDown, above.nextUp)
        }
        return nil
    }
}
