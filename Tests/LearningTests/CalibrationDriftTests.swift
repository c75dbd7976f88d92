import Testing

@testable import Learning

struct CalibrationDriftTests {
    /// scipy 1.17.1: `chi2.ppf([.05, .95], [2 * k, 2 * k + 2]) / 2`.
    @Test(arguments: CalibrationDriftTests.poisson)
    func `the interval of a count is scipy's`(count: Int, lower: Double, upper: Double) {
        let interval = PoissonInterval.ninety(count: count)
        #expect(abs(interval.lowerBound - lower) <= 1e-9 * max(1, lower), "\(interval)")
        #expect(abs(interval.upperBound - upper) <= 1e-9 * upper, "\(interval)")
    }

    static let poisson: [(Int, Double, Double)] = [
        (0, 0.0, 2.9957322735539895), (1, 0.05129329438755053, 4.743864518390577),
        (2, 0.35536151069866195, 6.295793621871988), (7, 3.28531569189467, 13.148113802432116),
        (10, 5.425405697091295, 16.962219235721903), (53, 41.62013087378981, 66.62843085093408),
        (400, 367.68117406174895, 434.49680915269084), (10000, 9836.085110855192, 10166.060136127071),
    ]

    /// scipy 1.17.1: `gammainc(a, x)`.
    @Test(arguments: CalibrationDriftTests.gamma)
    func `the incomplete gamma function is scipy's`(a: Double, x: Double, value: Double) {
        // The exponent is a difference of numbers as large as a·log x, whose last bits it loses.
        #expect(abs(Statistics.incompleteGamma(a, x) - value) < 1e-12 * max(1, a / 100))
    }

    static let gamma: [(Double, Double, Double)] = [
        (0.5, 0.1, 0.34527915398142317), (1, 1, 0.6321205588285577),
        (3, 2.5, 0.45618688411667035), (10, 14, 0.890600630357261),
        (100, 90, 0.15822098918643007), (100, 120, 0.9721362601094793),
        (5000, 5050.5, 0.7631579348611416),
    ]

    /// scipy 1.17.1: `beta.ppf([.05, .95], k + .5, n - k + .5)`.
    @Test func `the interval of a share is scipy's`() throws {
        let interval = try #require(ShareInterval.ninety(7, of: 40))
        #expect(close(interval.lowerBound, 0.09428428056417419, 1e-9))
        #expect(close(interval.upperBound, 0.28931115292434334, 1e-9))
        #expect(ShareInterval.ninety(0, of: 0) == nil)
        #expect(ShareInterval.ninety(0, of: 9)?.lowerBound == 0 && ShareInterval.ninety(9, of: 9)?.upperBound == 1)
    }

    /// 400 leads, a quarter of them at each of four probabilities; as many come true as promised.
    private func promised(_ kept: Double) -> CalibrationDrift {
        var drift = CalibrationDrift()
        for (probability, promised) in [(0.05, 5), (0.1, 10), (0.2, 20), (0.5, 50)] {
            for row in 0..<100 {
                drift.add(probability: probability, isPositive: Double(row) < Double(promised) * kept)
            }
        }
        return drift
    }

    @Test func `promises kept are ok, others ask to be watched or acted on`() throws {
        let kept = promised(1)
        #expect(kept.count == 400 && kept.observed == 85 && close(kept.expected, 85, 1e-9))
        #expect(close(kept.ratio, 1, 1e-9) && kept.verdict == .ok)
        // A model that is right has the Brier score that its probabilities expect.
        #expect(close(kept.brier?.value, try #require(kept.expectedBrier), 1e-9))
        #expect(promised(1.25).verdict == .watch)
        #expect(promised(1.8).verdict == .act && promised(0.4).verdict == .act)
        #expect(CalibrationDrift().verdict == .unknown && CalibrationDrift().ratio == nil)
    }

    /// numpy: mean, and 1.6448536269514722 * std(ddof=1) / sqrt(n), of (p - y)² and of -log(p given to y).
    @Test func `Brier and log loss have numpy's interval`() throws {
        var drift = CalibrationDrift()
        for (probability, outcome) in [(0.9, true), (0.2, false), (0.6, false), (0.3, true), (0.5, true)] {
            drift.add(probability: probability, isPositive: outcome)
        }
        let brier = try #require(drift.brier)
        let loss = try #require(drift.logLoss)
        #expect(close(brier.value, 0.22999999999999998))
        #expect(close(brier.interval?.upperBound, 0.3813801607086878))
        #expect(close(loss.value, 0.6283829567464145))
        #expect(close(loss.interval?.lowerBound, 0.2880611088229863))
        #expect(drift.verdict == .unknown)
    }

    @Test func `counted apart and merged is counted together`() {
        var first = promised(1)
        first.merge(promised(0.5))
        var whole = CalibrationDrift()
        for kept in [1, 0.5] { whole.merge(promised(kept)) }
        #expect(first.count == 800 && first.observed == whole.observed && first == whole)
    }
}
