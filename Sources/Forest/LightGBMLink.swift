#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a model of LightGBM turns its raw score into a prediction (`ConvertOutput` in `src/objective/*.hpp`).
struct LightGBMLink: Sendable, Hashable {
    enum Shape: Sendable, Hashable {
        case identity
        /// 1 / (1 + exp(-scale x))
        case logistic(scale: Double)
        case exponential
        /// log(1 + exp(x))
        case softplus
        /// sign(x) x², for a model that was trained on roots (`reg_sqrt`).
        case signedSquare
    }

    var shape: Shape
    /// The raw score is divided by this first: 1, or the number of trees of a random forest (`average_output`).
    var divisor: Double

    /// What `predict` answers for this raw score.
    func prediction(ofMargin margin: Double) -> Double {
        let value = divisor == 1 ? margin : margin / divisor
        return switch shape {
        case .identity: value
        case .logistic(let scale): 1 / (1 + exp(-scale * value))
        case .exponential: exp(value)
        case .softplus: log1p(exp(value))
        case .signedSquare: (value < 0 ? -1 : 1) * value * value
        }
    }

    /// Log-odds behind a logistic prediction, `nil` for other shapes.
    func logOdds(ofMargin margin: Double) -> Double? {
        guard case .logistic(let scale) = shape else { return nil }
        return scale * (margin / divisor)
    }
}
