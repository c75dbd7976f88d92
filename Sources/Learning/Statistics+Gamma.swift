#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Statistics {
    /// P(a, x), the regularised lower incomplete gamma function: the series below a + 1, the continued fraction above.
    ///
    /// - SeeAlso: NIST DLMF 8.11.4 and 8.9.2.
    static func incompleteGamma(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let front = exp(a * log(x) - x - lgamma(a))
        guard x >= a + 1 else {
            var term = 1 / a
            var sum = term
            var step = a
            while term > sum * 1e-17 {
                step += 1
                term *= x / step
                sum += term
            }
            return front * sum
        }
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var fraction = d
        for step in 1...10_000 {
            let n = Double(step)
            let factor = -n * (n - a)
            b += 2
            d = factor * d + b
            if abs(d) < tiny { d = tiny }
            c = b + factor / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            fraction *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return 1 - front * fraction
    }

    /// The x with P(a, x) = `share`, by bisection.
    static func gammaQuantile(_ share: Double, _ a: Double) -> Double {
        var lower = 0.0
        var upper = a + 1
        while incompleteGamma(a, upper) < share { upper *= 2 }
        for _ in 0..<200 where upper - lower > upper * 1e-15 {
            let middle = (lower + upper) / 2
            if incompleteGamma(a, middle) < share { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
