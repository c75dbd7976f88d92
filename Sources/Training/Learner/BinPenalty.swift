/// What holds a column's weights: every level is drawn to 0; bins of a number are drawn to their neighbours and, weakly, to
/// 0. The last weight, that of missing values, is drawn to 0 alone.
///
/// A line from −t/2 to t/2 over any number of bins costs about t²/4, and two levels that far apart t²/2: so one penalty
/// suits numbers and levels alike.
struct BinPenalty {
    private var diagonal: [Double]
    /// Between a bin and the next.
    private var between: [Double]

    /// Of the pull to 0 on a bin of a number, against that on a level.
    private static let weakShare = 0.05

    init(count: Int, penalty: Double, isOrdered: Bool) {
        diagonal = [Double](repeating: isOrdered ? penalty * Self.weakShare : penalty, count: count)
        between = [Double](repeating: 0, count: max(0, count - 1))
        diagonal[count - 1] = penalty
        guard isOrdered, count > 2 else { return }
        let pull = penalty * Double(count - 1) / 4
        for bin in 0..<count - 2 {
            between[bin] = -pull
            diagonal[bin] += pull
            diagonal[bin + 1] += pull
        }
    }

    /// Solves (H + P) step = gradient − P weights, which is tridiagonal and positive definite.
    func newtonSteps(_ weights: [Double], gradient: [Double], hessian: [Double]) -> [Double] {
        let count = weights.count
        var right = gradient
        var pivot = diagonal
        for bin in 0..<count {
            pivot[bin] += hessian[bin] + 1e-9
            right[bin] -= diagonal[bin] * weights[bin]
            if bin > 0 { right[bin] -= between[bin - 1] * weights[bin - 1] }
            if bin + 1 < count { right[bin] -= between[bin] * weights[bin + 1] }
        }
        for bin in 1..<count {
            let factor = between[bin - 1] / pivot[bin - 1]
            pivot[bin] -= factor * between[bin - 1]
            right[bin] -= factor * right[bin - 1]
        }
        for bin in stride(from: count - 1, through: 0, by: -1) {
            if bin + 1 < count { right[bin] -= between[bin] * right[bin + 1] }
            right[bin] /= pivot[bin]
        }
        return right
    }
}

/// Weights that may only rise, or only fall.
enum Monotone {
    /// The nearest such weights among the first `end`, each bin counting as its weight says: pooling adjacent violators.
    static func project(_ values: inout [Double], upTo end: Int, weights: [Double], rising: Bool) {
        var pools: [(value: Double, weight: Double, count: Int)] = []
        for index in 0..<end {
            var pool = (value: rising ? values[index] : -values[index], weight: weights[index] + 1e-9, count: 1)
            while let last = pools.last, last.value > pool.value {
                let weight = last.weight + pool.weight
                pool = (
                    (last.value * last.weight + pool.value * pool.weight) / weight, weight, last.count + pool.count
                )
                pools.removeLast()
            }
            pools.append(pool)
        }
        var index = 0
        for pool in pools {
            for _ in 0..<pool.count {
                values[index] = rising ? pool.value : -pool.value
                index += 1
            }
        }
    }
}
