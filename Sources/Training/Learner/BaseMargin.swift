/// share × the prior's margin + the intercept with which the training rows' mean probability is their rate.
struct BaseMargin: Sendable {
    let prior: [Float]?
    let share: Double
    let intercept: Double

    init(prior: [Float]?, share: Double, labels: [Bool], rows: [Int]) {
        self.prior = share == 0 ? nil : prior
        self.share = share
        let positives = rows.count { labels[$0] }
        intercept =
            self.prior.map { prior in
                LogLoss.level(over: rows.map { share * Double(prior[$0]) }, positives: positives)
            } ?? LogLoss.logOdds(LogLoss.rate(positives, of: rows.count))
    }

    func margin(row: Int) -> Double { intercept + (prior.map { share * Double($0[row]) } ?? 0) }
}
