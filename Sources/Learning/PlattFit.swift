#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a calibration is fitted to: centred margins, smoothed targets, and the stretch of time of each row.
struct PlattRows {
    let margins: [Double]
    let targets: [Double]
    let stretches: [Int]
    let stretchCount: Int

    init(margins: [Double], targets: [Double], stretches: [Int]) {
        self.margins = margins
        self.targets = targets
        self.stretches = stretches
        stretchCount = (stretches.max() ?? 0) + 1
    }

    /// The same rows in one stretch.
    var together: PlattRows {
        PlattRows(margins: margins, targets: targets, stretches: [Int](repeating: 0, count: margins.count))
    }
}

/// One Newton run: log-odds = slope × margin + the intercept of the row's stretch.
struct PlattFit {
    var slope: Double
    var intercepts: [Double]

    init(stretches: Int, slope: Double = 1) {
        self.slope = slope
        intercepts = [Double](repeating: 0, count: stretches)
    }

    mutating func refine(_ rows: PlattRows, fitsSlope: Bool) {
        var loss = self.loss(rows)
        for _ in 0..<100 {
            guard let step = step(rows, fitsSlope: fitsSlope) else { return }
            // Halve the step until the loss falls: Newton alone may overshoot far from the optimum.
            var scale = 1.0
            var next = self
            repeat {
                next.slope = slope - scale * step.slope
                for index in intercepts.indices {
                    next.intercepts[index] = intercepts[index] - scale * step.intercepts[index]
                }
                scale /= 2
            } while !(next.loss(rows) <= loss) && scale > 1e-10
            let nextLoss = next.loss(rows)
            guard nextLoss < loss else { return }
            self = next
            loss = nextLoss
            if step.intercepts.reduce(abs(step.slope), { max($0, abs($1)) }) < 1e-10 { return }
        }
    }

    // MARK: What it comes to

    /// The second derivatives at the fit. Those between two intercepts are zero: no row has both.
    struct Curvature {
        var slope: Double
        /// One a stretch.
        var between: [Double]
        var intercepts: [Double]

        /// That of the slope once the intercepts have moved along with it.
        var slopeAlone: Double { slope - zip(between, intercepts).reduce(0) { $0 + $1.0 * $1.0 / $1.1 } }
        /// 0 where nothing is known of it.
        var slopeVariance: Double { slopeAlone > 0 ? 1 / slopeAlone : 0 }
        /// How much each intercept falls where the slope rises by one.
        var leans: [Double] { zip(between, intercepts).map { $0 / $1 } }
    }

    func curvature(_ rows: PlattRows) -> Curvature { derivatives(rows).curvature }

    /// Where the newest stretch stands; nil where the stretches stand alike.
    func forecast(_ curvature: Curvature) -> LevelForecast? {
        LevelForecast(levels: intercepts, variances: curvature.intercepts.map { 1 / $0 })
    }

    /// One intercept for all: that of the forecast, or the one that fits all rows best with this slope. `variance` is for a
    /// known slope.
    func place(
        _ forecast: LevelForecast?, _ curvature: Curvature, _ rows: PlattRows
    ) -> (intercept: Double, variance: Double, lean: Double) {
        if let forecast {
            return (
                zip(forecast.weights, intercepts).reduce(0) { $0 + $1.0 * $1.1 }, forecast.variance,
                zip(forecast.weights, curvature.leans).reduce(0) { $0 + $1.0 * $1.1 }
            )
        }
        guard intercepts.count > 1 else {
            return (intercepts[0], 1 / curvature.intercepts[0], curvature.leans[0])
        }
        var one = PlattFit(stretches: 1, slope: slope)
        let together = rows.together
        one.refine(together, fitsSlope: false)
        return one.place(nil, one.curvature(together), together)
    }

    // MARK: Newton

    private func step(_ rows: PlattRows, fitsSlope: Bool) -> (slope: Double, intercepts: [Double])? {
        let (gradient, curvature) = derivatives(rows)
        var slope = 0.0
        if fitsSlope {
            guard curvature.slopeAlone > 0 else { return nil }
            let rest = zip(curvature.leans, gradient.intercepts).reduce(0) { $0 + $1.0 * $1.1 }
            slope = (gradient.slope - rest) / curvature.slopeAlone
        }
        return (
            slope,
            intercepts.indices.map {
                (gradient.intercepts[$0] - curvature.between[$0] * slope) / curvature.intercepts[$0]
            }
        )
    }

    /// Cross-entropy against the targets: log(1 + eˣ) − t x, without overflow.
    private func loss(_ rows: PlattRows) -> Double {
        var sum = 0.0
        for row in rows.margins.indices {
            let logOdds = slope * rows.margins[row] + intercepts[rows.stretches[row]]
            sum += max(logOdds, 0) + log1p(exp(-abs(logOdds))) - rows.targets[row] * logOdds
        }
        return sum
    }

    private func derivatives(
        _ rows: PlattRows
    ) -> (gradient: (slope: Double, intercepts: [Double]), curvature: Curvature) {
        let zeros = [Double](repeating: 0, count: intercepts.count)
        var gradient = (slope: 0.0, intercepts: zeros)
        // A trace of ridge keeps it invertible when every row is certain.
        var curvature = Curvature(slope: 1e-9, between: zeros, intercepts: zeros.map { _ in 1e-9 })
        for (row, margin) in rows.margins.enumerated() {
            let stretch = rows.stretches[row]
            let p = Statistics.logistic(slope * margin + intercepts[stretch])
            let weight = p * (1 - p)
            curvature.slope += weight * margin * margin
            curvature.between[stretch] += weight * margin
            curvature.intercepts[stretch] += weight
            gradient.slope += (p - rows.targets[row]) * margin
            gradient.intercepts[stretch] += p - rows.targets[row]
        }
        return (gradient, curvature)
    }
}
