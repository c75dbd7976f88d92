#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A step of all log-odds, from the share of positives that a model was fitted to, to the one it will meet.
///
/// Exact where leads of either class look the same in both; the ranking stays as it is.
public struct PriorShift: Sendable, Hashable {
    /// Added to every calibrated log-odds.
    public let logOdds: Double
    /// Of the step's own error, added to the calibration's.
    public let variance: Double

    /// - Precondition: both finite, the variance not negative.
    public init(logOdds: Double, variance: Double = 0) {
        precondition(logOdds.isFinite && variance.isFinite && variance >= 0, "a shift is a finite step")
        self.logOdds = logOdds
        self.variance = variance
    }
}

extension Calibration {
    /// The same order of leads with every log-odds moved.
    ///
    /// The bands keep their positives and count as many negatives as the new odds ask for, as if the leads that are not
    /// heard of yet stood among them.
    public func shifted(_ shift: PriorShift) -> Calibration {
        Calibration(
            slope: slope, intercept: intercept + shift.logOdds,
            covariance: Covariance(
                slopeSlope: covariance.slopeSlope, slopeIntercept: covariance.slopeIntercept,
                interceptIntercept: covariance.interceptIntercept + shift.variance),
            refitVariance: refitVariance, bands: bands.map { $0.shifted(shift) }, positives: positives, count: count)
    }
}

extension ScoreBand {
    fileprivate func shifted(_ shift: PriorShift) -> ScoreBand {
        let negatives = (Double(count - positives) * exp(-shift.logOdds)).rounded()
        let total = positives + Int(min(negatives, 1e15))
        return ScoreBand(lower: lower, upper: upper, count: max(total, 1), positives: positives)
    }
}

extension ModelArtifact {
    /// The same forest with its probabilities moved, and the hot cut with them, so that who is hot stays hot.
    ///
    /// - Returns: another artifact with another SHA-256; this one where it has no calibration to move.
    public func shifted(_ shift: PriorShift) throws(ArtifactError) -> ModelArtifact {
        guard let calibration else { return self }
        var parts = parts
        parts.calibration = calibration.shifted(shift)
        parts.hotCutLogOdds += shift.logOdds
        return try ModelArtifact(forestBytes: forestBytes, parts: parts)
    }

    /// The same model with another card.
    public func with(card: ModelCard) throws(ArtifactError) -> ModelArtifact {
        var parts = parts
        parts.card = card
        return try ModelArtifact(forestBytes: forestBytes, parts: parts)
    }
}
