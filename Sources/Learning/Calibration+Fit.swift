extension Calibration {
    /// Which rate of positives the probabilities are to meet, where the rows lie in stretches of time.
    public enum Level: Sendable, Hashable {
        /// That of all rows.
        case average
        /// That of the newest rows, as far as the rate moves from stretch to stretch by more than chance.
        case newest
    }

    /// Fits slope and intercept by Newton's method on smoothed targets, (n₁+1)/(n₁+2) and 1/(n₀+2).
    ///
    /// Below ten positives or negatives the slope stays 1. A slope that would fall below ``smallestSlope`` (margins that
    /// rank backwards) is held there, which says "no information" and keeps the order.
    ///
    /// With `stretches` the slope is fitted with an intercept for each: a rate that moves with time would otherwise bend it,
    /// down to margins that seem to rank backwards. The intercept is then that of `level`, and its variance holds what the
    /// rate may move until the model is asked. Where it follows the newest stretch, the bands are of that stretch alone.
    ///
    /// - Parameters:
    ///   - margins: of rows that the forest did not see in training.
    ///   - labels: true for a positive.
    ///   - stretches: for each row the number of its stretch of time, from 0 for the oldest on, none empty; nil: no order.
    ///   - level: which rate the probabilities are to meet.
    ///   - foldMargins: the margins of each calibration-fold forest over common rows, for the refit variance; may be empty.
    /// - Precondition: as many labels as margins, at least one row.
    /// - SeeAlso: Platt 1999; Lin, Lin, Weng 2007, doi:10.1007/s10994-007-5018-6 (the targets and the step halving).
    public init(
        fitting margins: [Double], labels: [Bool], stretches: [Int]? = nil, level: Level = .average,
        foldMargins: [[Double]] = []
    ) {
        self =
            CalibrationFit(
                margins: margins, labels: labels, stretches: stretches, level: level, foldMargins: foldMargins
            ).calibration
    }

    /// Where a slope that wants to fall to zero or below is held.
    public static let smallestSlope = 1e-3
}

/// A calibration and how it came about.
public struct CalibrationFit: Sendable {
    public let calibration: Calibration
    /// The rate moved by more than chance, and the probabilities follow the newest rows.
    public let followsNewest: Bool

    /// Everything as ``Calibration/init(fitting:labels:stretches:level:foldMargins:)`` has it.
    public init(
        margins: [Double], labels: [Bool], stretches: [Int]? = nil, level: Calibration.Level = .average,
        foldMargins: [[Double]] = []
    ) {
        precondition(margins.count == labels.count && !margins.isEmpty, "one label a margin, and at least one")
        precondition(stretches.map { $0.count == margins.count } ?? true, "one stretch a margin")
        let positives = labels.count { $0 }
        let negatives = labels.count - positives
        let high = (Double(positives) + 1) / (Double(positives) + 2)
        let low = 1 / (Double(negatives) + 2)
        // Centred margins make slope and intercept nearly independent: Newton converges in a few steps.
        let centre = margins.reduce(0, +) / Double(margins.count)
        let rows = PlattRows(
            margins: margins.map { $0 - centre }, targets: labels.map { $0 ? high : low },
            stretches: stretches ?? [Int](repeating: 0, count: margins.count))

        var fit = PlattFit(stretches: rows.stretchCount)
        let fitsSlope = min(positives, negatives) >= Calibration.positivesForSlope
        fit.refine(rows, fitsSlope: fitsSlope)
        if fit.slope < Calibration.smallestSlope {
            fit = PlattFit(stretches: rows.stretchCount, slope: Calibration.smallestSlope)
            fit.refine(rows, fitsSlope: false)
        }
        let curvature = fit.curvature(rows)
        let slopeVariance = fitsSlope ? curvature.slopeVariance : 0
        let forecast = level == .newest ? fit.forecast(curvature) : nil
        let place = fit.place(forecast, curvature, rows)
        followsNewest = forecast != nil
        let banded = margins.indices.filter { forecast == nil || rows.stretches[$0] == rows.stretchCount - 1 }
        // The intercept leans on the slope: where the slope is a little higher, it is `lean` times as much lower.
        let slopeIntercept = -slopeVariance * place.lean
        calibration = Calibration(
            slope: fit.slope, intercept: place.intercept - fit.slope * centre,
            covariance: Calibration.Covariance(
                slopeSlope: slopeVariance, slopeIntercept: slopeIntercept - centre * slopeVariance,
                interceptIntercept: place.variance + slopeVariance * place.lean * place.lean
                    - 2 * centre * slopeIntercept + centre * centre * slopeVariance),
            refitVariance: foldMargins.count >= 2 ? RefitVariance(foldMargins: foldMargins) : nil,
            bands: ScoreBand.deciles(margins: banded.map { margins[$0] }, labels: banded.map { labels[$0] }),
            positives: positives, count: labels.count)
    }
}
