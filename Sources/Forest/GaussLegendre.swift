/// Gauss-Legendre quadrature on 0...1: exact for polynomials up to degree `2 * count - 1`.
struct GaussLegendre: Sendable {
    let nodes: [Double]
    let weights: [Double]

    /// Newton's iteration on the Legendre polynomial from evenly spread starts. The nodes are symmetric about 1/2.
    init(count: Int) {
        var nodes = [Double](repeating: 0, count: count)
        var weights = nodes
        for index in 0..<count {
            // Tricomi's first guess without a cosine: bisect the sign changes of the polynomial instead.
            let x = Self.root(index, of: count)
            let slope = Self.legendre(count, x).slope
            nodes[index] = 0.5 * (1 + x)
            weights[index] = 1 / ((1 - x * x) * slope * slope)
        }
        self.nodes = nodes
        self.weights = weights
    }

    private static func legendre(_ degree: Int, _ x: Double) -> (value: Double, slope: Double) {
        var (previous, value) = (1.0, x)
        for k in stride(from: 2, through: degree, by: 1) {
            let next = (Double(2 * k - 1) * x * value - Double(k - 1) * previous) / Double(k)
            (previous, value) = (value, next)
        }
        return (value, Double(degree) * (x * value - previous) / (x * x - 1))
    }

    /// The root with `index` roots below it, by bisection between points of a grid far finer than the roots' spacing.
    private static func root(_ index: Int, of degree: Int) -> Double {
        let cells = 16 * degree * degree
        var found = 0
        var left = -1.0 + 1e-12
        var leftValue = legendre(degree, left).value
        for cell in 1...cells {
            let right = -1.0 + 2 * Double(cell) / Double(cells) - 1e-12
            let rightValue = legendre(degree, right).value
            if leftValue.sign != rightValue.sign {
                if found == index { return bisect(degree, left, right) }
                found += 1
            }
            (left, leftValue) = (right, rightValue)
        }
        preconditionFailure("a Legendre polynomial has as many roots as its degree")
    }

    private static func bisect(_ degree: Int, _ left: Double, _ right: Double) -> Double {
        var (low, high) = (left, right)
        let lowSign = legendre(degree, low).value.sign
        for _ in 0..<80 {
            let middle = 0.5 * (low + high)
            if legendre(degree, middle).value.sign == lowSign { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}
