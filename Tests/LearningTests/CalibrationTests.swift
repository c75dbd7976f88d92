import Foundation
import Leads
import Learning
import Testing

struct CalibrationTests {
    static let margins: [Double] = [
        -3, -2.5, -2, -1.8, -1.5, -1.2, -1, -0.9, -0.6, -0.5, -0.3, -0.2, 0, 0.1, 0.2, 0.4, 0.5, 0.7, 0.9, 1, 1.2, 1.5,
        1.7, 2, 2.4, 2.8,
    ]
    static let labels = [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1].map { $0 == 1 }

    @Test func `the fit is the optimum that scipy finds on Platt's targets`() {
        let fit = Calibration(fitting: Self.margins, labels: Self.labels)
        #expect(close(fit.slope, 0.7058986281539951, 1e-6))
        #expect(close(fit.intercept, -0.1896619956288168, 1e-6))
        #expect(close(fit.covariance.slopeSlope, 0.12232057, 1e-6))
        #expect(close(fit.covariance.slopeIntercept, -0.01281998, 1e-6))
        #expect(close(fit.covariance.interceptIntercept, 0.19187339, 1e-6))
        #expect(fit.positives == 12 && fit.count == 26)
    }

    @Test func `the fit does not depend on where the margins lie`() {
        let fit = Calibration(fitting: Self.margins, labels: Self.labels)
        let shifted = Calibration(fitting: Self.margins.map { 10 * $0 + 500 }, labels: Self.labels)
        #expect(close(shifted.slope, fit.slope / 10, 1e-7))
        for margin in [-3.0, 0, 2.8] {
            let moved = 10 * margin + 500
            #expect(close(shifted.probability(ofMargin: moved), fit.probability(ofMargin: margin), 1e-6))
            #expect(close(shifted.fitVariance(ofMargin: moved), fit.fitVariance(ofMargin: margin), 1e-5))
        }
    }

    @Test func `below ten positives only the intercept moves`() {
        let labels = Self.labels.enumerated().map { $0.offset < 22 ? false : $0.element }
        let fit = Calibration(fitting: Self.margins, labels: labels)
        #expect(fit.positives == 3 && fit.slope == 1 && fit.covariance.slopeSlope == 0)
        #expect(fit.intercept < -0.5)
        #expect(close(fit.fitVariance(ofMargin: -2), fit.fitVariance(ofMargin: 2)))
    }

    @Test func `margins that rank backwards keep a rising map that says next to nothing`() {
        let fit = Calibration(fitting: Self.margins.map(-), labels: Self.labels)
        #expect(fit.slope == Calibration.smallestSlope)
        #expect(abs(fit.probability(ofMargin: -3) - fit.probability(ofMargin: 3)) < 0.01)
    }

    @Test func `margins that part the classes exactly give a finite slope`() {
        let labels = Self.margins.map { $0 > 0 }
        let fit = Calibration(fitting: Self.margins, labels: labels)
        #expect(fit.slope.isFinite && fit.slope > 1 && fit.probability(ofMargin: 2.8) < 1)
    }

    @Test func `a weighted, overconfident model is mapped back to the true rate`() {
        var generator = SplitMix64(seed: 3)
        var margins: [Double] = []
        var labels: [Bool] = []
        for _ in 0..<20_000 {
            let logOdds = Double.random(in: -4...1, using: &generator)
            margins.append(2.5 * logOdds + 3)
            labels.append(Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-logOdds)))
        }
        let fit = Calibration(fitting: margins, labels: labels)
        #expect(close(fit.slope, 0.4, 0.02))
        #expect(close(fit.logOdds(ofMargin: 3), 0, 0.1))
    }

    @Test(arguments: [
        (3, 50, 0.021989304265075917, 0.13441642938966647), (25, 50, 0.38580660142383777, 0.6141933985761622),
        (0, 10, 0, 0.1707731082448478), (10, 10, 0.8292268917551521, 1),
        (120, 1_000, 0.1039116766405322, 0.1377101901248901),
    ])
    func `Jeffreys intervals are scipy's, closed at none and all`(
        positives: Int, count: Int, lower: Double, upper: Double
    ) {
        let band = ScoreBand(lower: 0, upper: 1, count: count, positives: positives)
        #expect(close(band.jeffreys.lower, lower, 1e-9))
        #expect(close(band.jeffreys.upper, upper, 1e-9))
    }

    @Test func `bands never part equal margins`() {
        let margins = (0..<100).map { $0 < 55 ? 1.0 : Double($0) }
        let bands = ScoreBand.deciles(margins: margins, labels: margins.map { $0 > 70 })
        #expect(bands.map(\.count).reduce(0, +) == 100)
        #expect(bands[0].count == 55 && bands[0].lower == 1 && bands[0].upper == 1)
        #expect(zip(bands, bands.dropFirst()).allSatisfy { $0.upper < $1.lower })
    }

    @Test func `from 300 positives on the interval holds the band's`() {
        func calibration(positives: Int) -> Calibration {
            Calibration(
                slope: 1, intercept: 0,
                covariance: .init(slopeSlope: 0, slopeIntercept: 0, interceptIntercept: 1e-6), refitVariance: nil,
                bands: [ScoreBand(lower: -1, upper: 1, count: 100, positives: 30)], positives: positives, count: 1_000)
        }
        let narrow = calibration(positives: 299).interval(ofMargin: 0)
        #expect(close(narrow.lower, 0.5, 0.001) && close(narrow.upper, 0.5, 0.001))
        let wide = calibration(positives: 300).interval(ofMargin: 0)
        #expect(wide.lower < 0.24 && close(wide.upper, 0.5, 0.001))
    }

    @Test func `the refit variance is the delete-group jackknife by decile`() {
        // Two groups, one row: m̄ = 2, (K−1)/K Σ(m − m̄)² = ½ (1 + 1) = 1.
        #expect(RefitVariance(foldMargins: [[1], [3]]).variances == [1])
        let low = (0..<10).map { Double($0) }
        let variance = RefitVariance(foldMargins: [low, low.map { $0 < 5 ? $0 : $0 + 2 }])
        #expect(variance.variances == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        #expect(variance.variance(atMargin: -100) == 0 && variance.variance(atMargin: 100) == 1)
    }

    @Test func `confidence is one half at the cut and grows with distance and certainty`() {
        let fit = Calibration(
            slope: 2, intercept: 1, covariance: .init(slopeSlope: 0, slopeIntercept: 0, interceptIntercept: 0.09),
            refitVariance: RefitVariance(bounds: [], variances: [0.04]), bands: [], positives: 50, count: 100)
        // sd² = 0.09 + 2² × 0.04 = 0.25; e = 2m + 1.
        #expect(close(fit.standardDeviation(ofMargin: 0), 0.5))
        #expect(close(fit.confidence(ofMargin: 0, hotCut: 1), 0.5))
        // scipy.stats.t.cdf(1 / (√2 × 0.5), 9): both this model and the one it would be compared with err.
        #expect(close(fit.confidence(ofMargin: 0, hotCut: 2), 0.904526441415138, 1e-9))
        #expect(close(fit.confidence(ofMargin: 0, hotCut: 0), 0.904526441415138, 1e-9))
    }
}
