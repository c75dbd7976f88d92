#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Calibration {
    /// Fits slope and intercept by Newton's method on smoothed targets, (n₁+1)/(n₁+2) and 1/(n₀+2).
    ///
    /// Below ten positives or negatives the slope stays 1. A slope that would fall below ``smallestSlope`` (margins that
    /// rank backwards) is held there, which says "no information" and keeps the order.
    ///
    /// - Parameters:
    ///   - margins: of rows that the forest did not see in training.
    ///   - labels: true for a positive.
    ///   - foldMargins: the margins of each calibration-fold forest over common rows, for the refit variance; may be empty.
    /// - Precondition: as many labels as margins, at least one row.
    /// - SeeAlso: Platt 1999; Lin, Lin, Weng 2007, doi:10.1007/s10994-007-5018-6 (the targets and the step halving).
    public init(fitting margins: [Double], labels: [Bool], foldMargins: [[Double]] = []) {
        precondition(margins.count == labels.count && !margins.isEmpty, "one label a margin, and at least one")
        let positives = labels.count { $0 }
        let negatives = labels.count - positives
        let high = (Double(positives) + 1) / (Double(positives) + 2)
        let low = 1 / (Double(negatives) + 2)
        let targets = labels.map { $0 ? high : low }
        // Centred margins make slope and intercept nearly independent: Newton converges in a few steps.
        let centre = margins.reduce(0, +) / Double(margins.count)
        let centred = margins.map { $0 - centre }

        let fitsSlope = min(positives, negatives) >= Self.positivesForSlope
        var fit = PlattFit(slope: 1, intercept: 0)
        fit.refine(centred, targets, fitsSlope: fitsSlope)
        if fit.slope < Self.smallestSlope {
            fit = PlattFit(slope: Self.smallestSlope, intercept: 0)
            fit.refine(centred, targets, fitsSlope: false)
        }
        let inverse = fit.covariance(centred, fitsSlope: fitsSlope)
        self.init(
            slope: fit.slope, intercept: fit.intercept - fit.slope * centre,
            covariance: Covariance(
                slopeSlope: inverse.slopeSlope,
                slopeIntercept: inverse.slopeIntercept - centre * inverse.slopeSlope,
                interceptIntercept: inverse.interceptIntercept - 2 * centre * inverse.slopeIntercept
                    + centre * centre * inverse.slopeSlope),
            refitVariance: foldMargins.count >= 2 ? RefitVariance(foldMargins: foldMargins) : nil,
            bands: ScoreBand.deciles(margins: margins, labels: labels), positives: positives, count: labels.count)
    }

    /// Where a slope that wants to fall to zero or below is held.
    public static let smallestSlope = 1e-3
}

/// The state of one Newton run.
private struct PlattFit {
    var slope: Double
    var intercept: Double

    mutating func refine(_ margins: [Double], _ targets: [Double], fitsSlope: Bool) {
        var loss = self.loss(margins, targets)
        for _ in 0..<100 {
            let (gradient, hessian) = derivatives(margins, targets)
            var step: (slope: Double, intercept: Double)
            if fitsSlope {
                let determinant = hessian.aa * hessian.bb - hessian.ab * hessian.ab
                guard determinant > 0 else { return }
                step.slope = (hessian.bb * gradient.a - hessian.ab * gradient.b) / determinant
                step.intercept = (hessian.aa * gradient.b - hessian.ab * gradient.a) / determinant
            } else {
                step = (0, gradient.b / hessian.bb)
            }
            // Halve the step until the loss falls: Newton alone may overshoot far from the optimum.
            var scale = 1.0
            var next = self
            repeat {
                next = PlattFit(slope: slope - scale * step.slope, intercept: intercept - scale * step.intercept)
                scale /= 2
            } while !(next.loss(margins, targets) <= loss) && scale > 1e-10
            let nextLoss = next.loss(margins, targets)
            guard nextLoss < loss else { return }
            self = next
            loss = nextLoss
            if max(abs(step.slope), abs(step.intercept)) < 1e-10 { return }
        }
    }

    /// Inverse of the Hessian at the fit; without a fitted slope only the intercept has a variance.
    func covariance(_ margins: [Double], fitsSlope: Bool) -> Calibration.Covariance {
        let (_, hessian) = derivatives(margins, [])
        let determinant = hessian.aa * hessian.bb - hessian.ab * hessian.ab
        guard fitsSlope, determinant > 0 else {
            return Calibration.Covariance(slopeSlope: 0, slopeIntercept: 0, interceptIntercept: 1 / hessian.bb)
        }
        return Calibration.Covariance(
            slopeSlope: hessian.bb / determinant, slopeIntercept: -hessian.ab / determinant,
            interceptIntercept: hessian.aa / determinant)
    }

    /// Cross-entropy against the targets: log(1 + eˣ) − t x, without overflow.
    private func loss(_ margins: [Double], _ targets: [Double]) -> Double {
        var sum = 0.0
        for (margin, target) in zip(margins, targets) {
            let logOdds = slope * margin + intercept
            sum += max(logOdds, 0) + log1p(exp(-abs(logOdds))) - target * logOdds
        }
        return sum
    }

    /// An empty `targets` asks for the Hessian alone.
    private func derivatives(
        _ margins: [Double], _ targets: [Double]
    ) -> (gradient: (a: Double, b: Double), hessian: (aa: Double, ab: Double, bb: Double)) {
        var gradient = (a: 0.0, b: 0.0)
        // A trace of ridge keeps the Hessian invertible when every row is certain.
        var hessian = (aa: 1e-9, ab: 0.0, bb: 1e-9)
        for (row, margin) in margins.enumerated() {
            let p = Statistics.logistic(slope * margin + intercept)
            let weight = p * (1 - p)
            hessian.aa += weight * margin * margin
            hessian.ab += weight * margin
            hessian.bb += weight
            guard !targets.isEmpty else { continue }
            gradient.a += (p - targets[row]) * margin
            gradient.b += p - targets[row]
        }
        return (gradient, hessian)
    }
}
