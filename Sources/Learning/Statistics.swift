#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The few functions of mathematical statistics that calibration needs, in Double.
enum Statistics {
    /// 95% point of the standard normal distribution: half-width of a two-sided 90% interval.
    static let normal95 = 1.6448536269514722

    /// 1 / (1 + e⁻ˣ), without overflow at either end.
    static func logistic(_ logOdds: Double) -> Double {
        guard logOdds < 0 else { return 1 / (1 + exp(-logOdds)) }
        let odds = exp(logOdds)
        return odds / (1 + odds)
    }

    /// Log-odds of a probability, cut to ±36.7 so that 0 and 1 stay finite.
    static func logOdds(_ probability: Double) -> Double {
        let inside = min(max(probability, 1.1102230246251565e-16), 1 - 1.1102230246251565e-16)
        return log(inside / (1 - inside))
    }

    /// −log of the probability given to what happened, cut to 2.2e-16 from 0 and 1 so that it stays finite.
    ///
    /// - Precondition: a number.
    static func logLoss(probability: Double, label: Bool) -> Double {
        precondition(!probability.isNaN, "a probability is a number")
        let inside = min(max(probability, .ulpOfOne), 1 - .ulpOfOne)
        return -log(label ? inside : 1 - inside)
    }

    /// Φ: the share of the standard normal distribution below `x`.
    static func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// The share of Student's distribution with nine degrees of freedom below `x`.
    ///
    /// - SeeAlso: Abramowitz, Stegun 26.7.3: a finite sum for odd degrees.
    static func student9CDF(_ x: Double) -> Double {
        let angle = atan(x / 3)
        let cosine = cos(angle)
        let square = cosine * cosine
        let series = cosine * (1 + square * (2.0 / 3 + square * (8.0 / 15 + square * 16 / 35)))
        return 0.5 + (angle + sin(angle) * series) / Double.pi
    }

    /// I_x(a, b), the regularised incomplete beta function, by its continued fraction (modified Lentz).
    ///
    /// - SeeAlso: NIST DLMF 8.17.22.
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        // The fraction converges fast only left of the mean; the other side is its mirror image.
        guard x < (a + 1) / (a + b + 2) else { return 1 - betaFraction(1 - x, b, a) }
        return betaFraction(x, a, b)
    }

    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
        let tiny = 1e-300
        var c = 1.0
        var d = 1 / nonZero(1 - (a + b) * x / (a + 1), tiny)
        var fraction = d
        for m in 1...500 {
            let step = Double(m)
            let even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
            d = 1 / nonZero(1 + even * d, tiny)
            c = nonZero(1 + even / c, tiny)
            fraction *= d * c
            let odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
            d = 1 / nonZero(1 + odd * d, tiny)
            c = nonZero(1 + odd / c, tiny)
            fraction *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return front * fraction
    }

    /// The x with I_x(a, b) = `share`, by bisection to the last bits of a Double.
    static func betaQuantile(_ share: Double, _ a: Double, _ b: Double) -> Double {
        var lower = 0.0
        var upper = 1.0
        for _ in 0..<200 where upper - lower > 1e-16 {
            let middle = (lower + upper) / 2
            if incompleteBeta(middle, a, b) < share { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }

    private static func nonZero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }
}
