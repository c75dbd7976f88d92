#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Gauss-Legendre quadrature on 0...1: exact for polynomials up to degree `2 * count - 1`.
struct GaussLegendre: Sendable {
    let nodes: [Double]
    let weights: [Double]

    /// Newton's iteration on the Legendre polynomial from Tricomi's starts (Abramowitz and Stegun 22.16.6), which
    /// converges to the last bit within a handful of steps for every count used here.
    init(count: Int) {
        var nodes = [Double](repeating: 0, count: count)
        var weights = nodes
        for index in 0..<count {
            var x = cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            for _ in 0..<10 {
                let (value, slope) = Self.legendre(count, x)
                x -= value / slope
            }
            let slope = Self.legendre(count, x).slope
            nodes[index] = 0.5 * (1 - x)
            weights[index] = 1 / ((1 - x * x) * slope * slope)
        }
        self.nodes = nodes
        self.weights = weights
    }

    /// The polynomial and its derivative inside -1...1, by the three-term recurrence.
    private static func legendre(_ degree: Int, _ x: Double) -> (value: Double, slope: Double) {
        var (previous, value) = (1.0, x)
        for k in stride(from: 2, through: degree, by: 1) {
            let next = (Double(2 * k - 1) * x * value - Double(k - 1) * previous) / Double(k)
            (previous, value) = (value, next)
        }
        return (value, Double(degree) * (x * value - previous) / (x * x - 1))
    }
}
