import Forest
public import Leads

/// What a model says about one margin: the numbers of a score, before class, price and words.
public struct Assessment: Sendable, Hashable {
    /// Calibrated log-odds.
    public var logOdds: Double
    /// 0...1, calibrated where the model is.
    public var probability: Double
    /// 90% interval of the probability.
    public var interval: ProbabilityInterval
    /// `ml_confidence`: probability that the lead stands on the stated side of the hot cut, as another model trained on as
    /// many other leads would judge; capped by support, 0...1.
    public var confidence: Double
    /// Quantile in the reference, 0...100.
    public var mlScore: Double
    /// Why support capped the confidence; nil when it didn't.
    public var supportReason: SupportReason?
}

/// The feature that lowers confidence most.
public struct SupportReason: Sendable, Hashable, CustomStringConvertible {
    public enum Cause: String, Sendable, Hashable {
        case missing
        case outOfRange = "out_of_range"
        case unseenCategory = "unseen_category"
    }

    /// Position in model order.
    public var feature: Int
    public var name: String
    public var cause: Cause

    public var description: String {
        switch cause {
        case .missing: "\(name) is missing, which the model relies on"
        case .outOfRange: "\(name) is outside the range the model was trained on"
        case .unseenCategory: "\(name) has a value the model has never seen"
        }
    }
}

/// How much a feature matters and how often it was there, on the reference rows.
public struct FeatureSupport: Sendable, Hashable {
    /// Mean |SHAP|, log-odds of the margin.
    public var meanAbsoluteContribution: Double
    /// 0...1.
    public var missingShare: Double

    public init(meanAbsoluteContribution: Double, missingShare: Double) {
        self.meanAbsoluteContribution = meanAbsoluteContribution
        self.missingShare = missingShare
    }
}

extension ModelArtifact {
    /// Whether ``assess(margin:row:outOfRange:unseen:)`` has what it needs: a reference, and a calibration or the stated
    /// assumptions. Imported models lack them until `import-model --reference`.
    public var canAssess: Bool { reference != nil && (calibration != nil || assumed != nil) }

    /// Probability, interval, confidence and quantile of one row in one call.
    ///
    /// Confidence is ``Calibration/confidence(ofMargin:hotCut:)``; for the prior Φ(|e − h| / sd) with e its log-odds, h the
    /// hot cut and sd its assumed deviation; and at most 1 − u/2, where u is the
    /// share of mean |SHAP| on features that are missing here though mostly known in the reference, out of the training
    /// range, or unseen.
    ///
    /// - Parameters:
    ///   - margin: of `row`.
    ///   - row: as the forest saw it, NaN for missing, in model order.
    ///   - outOfRange: positions of clamped or out-of-range values.
    ///   - unseen: positions of categories that the model doesn't know.
    /// - Returns: nil when ``canAssess`` is false: an unmeasured figure is none.
    /// - Complexity: O(features); allocates only to name a reason.
    public func assess(margin: Float, row: Span<Float>, outOfRange: [Int], unseen: [Int]) -> Assessment? {
        assess(exactMargin: Double(margin), row: row, outOfRange: outOfRange, unseen: unseen)
    }

    /// The same for a margin that was computed in `Double`, as that of a LightGBM model.
    public func assess(exactMargin margin: Double, row: Span<Float>, outOfRange: [Int], unseen: [Int]) -> Assessment? {
        guard let reference else { return nil }
        let logOdds: Double
        let uncapped: Double
        let interval: ProbabilityInterval
        if let calibration {
            logOdds = calibration.logOdds(ofMargin: margin)
            uncapped = calibration.confidence(ofMargin: margin, hotCut: hotCutLogOdds)
            interval = calibration.interval(ofMargin: margin)
        } else if let assumed {
            logOdds = forest.logOdds(ofMargin: margin) ?? margin
            let variance = assumed.variance { $0 < row.count && row[$0].isNaN }
            uncapped = Calibration.confidence(
                logOdds: logOdds, hotCut: hotCutLogOdds, standardDeviation: variance.squareRoot())
            let baseRate = AssumedUncertainty.baseRateStandardDeviation
            let reach = Statistics.normal95 * (variance + baseRate * baseRate).squareRoot()
            interval = ProbabilityInterval(
                lower: Statistics.logistic(logOdds - reach), upper: Statistics.logistic(logOdds + reach))
        } else {
            return nil
        }
        let (unsupported, worst) = unsupportedShare(row: row, outOfRange: outOfRange, unseen: unseen)
        let cap = 1 - unsupported / 2
        return Assessment(
            logOdds: logOdds, probability: Statistics.logistic(logOdds), interval: interval,
            confidence: min(uncapped, cap), mlScore: reference.score(ofMargin: margin),
            supportReason: cap < uncapped ? worst.map(reason) : nil)
    }

    private typealias Worst = (feature: Int, cause: SupportReason.Cause)

    private func unsupportedShare(row: Span<Float>, outOfRange: [Int], unseen: [Int]) -> (Double, Worst?) {
        var total = 0.0
        var unsupported = 0.0
        var largest = 0.0
        var worst: Worst?
        for feature in support.indices {
            let weight = support[feature].meanAbsoluteContribution
            total += weight
            let cause: SupportReason.Cause
            if unseen.contains(feature) {
                cause = .unseenCategory
            } else if outOfRange.contains(feature) {
                cause = .outOfRange
            } else if feature < row.count, row[feature].isNaN, support[feature].missingShare < 0.5 {
                cause = .missing
            } else {
                continue
            }
            unsupported += weight
            if weight > largest {
                largest = weight
                worst = (feature, cause)
            }
        }
        return (total > 0 ? unsupported / total : 0, worst)
    }

    private func reason(_ worst: Worst) -> SupportReason {
        SupportReason(feature: worst.feature, name: schema.featureNames[worst.feature], cause: worst.cause)
    }
}
