import Foundation

/// −log of the probability that a log-odds gives to what happened.
enum LogLoss {
    static func of(margin: Double, label: Bool) -> Double {
        let towards = label ? -margin : margin
        return max(towards, 0) + log1p(exp(-abs(towards)))
    }

    static func mean(_ margins: [Double], _ labels: [Bool]) -> Double {
        zip(margins, labels).reduce(0) { $0 + of(margin: $1.0, label: $1.1) } / Double(max(1, labels.count))
    }

    static func logistic(_ margin: Double) -> Double { 1 / (1 + exp(-margin)) }

    /// Of a probability inside 0...1.
    static func logOdds(_ probability: Double) -> Double { log(probability / (1 - probability)) }

    /// Half a positive in one row more: kept off 0 and 1, where there is no margin.
    static func rate(_ positives: Int, of count: Int) -> Double { (Double(positives) + 0.5) / (Double(count) + 1) }

    /// What all margins have to rise by so that their mean probability is the rate of the positives.
    static func level(over margins: [Double], positives: Int) -> Double {
        let rate = rate(positives, of: margins.count)
        let target = rate * Double(margins.count)
        var level = logOdds(rate) - margins.reduce(0, +) / Double(max(1, margins.count))
        for _ in 0..<50 {
            var sum = 0.0
            var slope = 1e-9
            for margin in margins {
                let p = logistic(margin + level)
                sum += p
                slope += p * (1 - p)
            }
            let step = min(1, max(-1, (target - sum) / slope))
            level += step
            if abs(step) < 1e-10 { break }
        }
        return level
    }
}
