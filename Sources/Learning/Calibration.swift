public import Leads

/// From margin to probability: log-odds = slope × margin + intercept (Platt), with what is known about its error.
///
/// Monotone, so it never changes a ranking, and SHAP values stay exact in calibrated log-odds when scaled by the slope.
public struct Calibration: Sendable, Hashable {
    /// Of slope and intercept, from the Hessian of the fit.
    public struct Covariance: Sendable, Hashable {
        public let slopeSlope: Double
        public let slopeIntercept: Double
        public let interceptIntercept: Double

        public init(slopeSlope: Double, slopeIntercept: Double, interceptIntercept: Double) {
            self.slopeSlope = slopeSlope
            self.slopeIntercept = slopeIntercept
            self.interceptIntercept = interceptIntercept
        }
    }

    /// From so many positives on, the model's form errs more than the fit: the interval is widened to the band's.
    public static let positivesForBands = 300
    /// With fewer positives (or negatives) only the intercept is fitted.
    public static let positivesForSlope = 10

    /// Above 0.
    public let slope: Double
    public let intercept: Double
    public let covariance: Covariance
    /// nil where nothing was trained again, as for an imported model.
    public let refitVariance: RefitVariance?
    /// By ascending margin.
    public let bands: [ScoreBand]
    public let positives: Int
    public let count: Int

    /// - Precondition: slope > 0, everything finite.
    public init(
        slope: Double, intercept: Double, covariance: Covariance, refitVariance: RefitVariance?, bands: [ScoreBand],
        positives: Int, count: Int
    ) {
        precondition(slope > 0 && slope.isFinite && intercept.isFinite, "a calibration rises")
        self.slope = slope
        self.intercept = intercept
        self.covariance = covariance
        self.refitVariance = refitVariance
        self.bands = bands
        self.positives = positives
        self.count = count
    }

    public func logOdds(ofMargin margin: Double) -> Double { slope * margin + intercept }

    public func probability(ofMargin margin: Double) -> Double { Statistics.logistic(logOdds(ofMargin: margin)) }

    /// [m 1] Cov [m 1]ᵀ: the variance of the log-odds that comes from fitting slope and intercept on few rows.
    public func fitVariance(ofMargin margin: Double) -> Double {
        max(
            0,
            margin * margin * covariance.slopeSlope + 2 * margin * covariance.slopeIntercept
                + covariance.interceptIntercept)
    }

    /// Of the calibrated log-odds: the fit's error and the forest's own, a² × the refit variance.
    public func standardDeviation(ofMargin margin: Double) -> Double {
        let refit = refitVariance.map { slope * slope * $0.variance(atMargin: margin) } ?? 0
        return (fitVariance(ofMargin: margin) + refit).squareRoot()
    }

    /// Of the difference between this model's log-odds and those of another that learned from as many other rows: both err,
    /// so the variances add up. Confidence is measured against such a model, and Φ(|e − h| / sd) of one model's error
    /// alone overstated it: 0.80 agreed where 0.875 was said (docs/model-quality.md).
    public func replicationDeviation(ofMargin margin: Double) -> Double {
        2.0.squareRoot() * standardDeviation(ofMargin: margin)
    }

    /// 90% interval of the calibration error, from 300 positives on the hull with the score band's Jeffreys interval.
    public func interval(ofMargin margin: Double) -> ProbabilityInterval {
        let centre = logOdds(ofMargin: margin)
        let reach = Statistics.normal95 * fitVariance(ofMargin: margin).squareRoot()
        var interval = ProbabilityInterval(
            lower: Statistics.logistic(centre - reach), upper: Statistics.logistic(centre + reach))
        guard positives >= Self.positivesForBands, let band = band(ofMargin: margin) else { return interval }
        interval.lower = min(interval.lower, band.jeffreys.lower)
        interval.upper = max(interval.upper, band.jeffreys.upper)
        return interval
    }

    /// T(|e − h| / (√2 sd)): the probability that another model, trained on as many other rows, puts the lead on the same
    /// side of the hot cut `h`, which is log-odds after calibration.
    ///
    /// T is Student's distribution with nine degrees of freedom: the standard deviation is itself a guess from ten folds (Kott
    /// 2001), and the normal distribution said 0.996 where 0.985 agreed.
    public func confidence(ofMargin margin: Double, hotCut: Double) -> Double {
        let distance = abs(logOdds(ofMargin: margin) - hotCut)
        let deviation = replicationDeviation(ofMargin: margin)
        guard deviation > 0 else { return distance == 0 ? 0.5 : 1 }
        return Statistics.student9CDF(distance / deviation)
    }

    /// Φ(|e − h| / sd) with a deviation that was assumed rather than measured.
    static func confidence(logOdds: Double, hotCut: Double, standardDeviation: Double) -> Double {
        guard standardDeviation > 0 else { return logOdds == hotCut ? 0.5 : 1 }
        return Statistics.normalCDF(abs(logOdds - hotCut) / standardDeviation)
    }

    /// The band in which the margin falls; between two bands the upper one.
    public func band(ofMargin margin: Double) -> ScoreBand? {
        for band in bands where margin <= band.upper { return band }
        return bands.last
    }
}
