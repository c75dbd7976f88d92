import Foundation
import Testing

@testable import Learning

/// Calibration of rows that lie in stretches of time.
struct LevelTests {
    /// Rows of five stretches whose log-odds are a margin plus the stretch's level. The margins stand lower where the level is
    /// higher, as those of a model do that didn't see the stretch.
    private func rows(levels: [Double], seed: UInt64 = 4, perStretch: Int = 4_000) -> (
        margins: [Double], labels: [Bool], stretches: [Int]
    ) {
        var generator = SplitMix64(seed: seed)
        var rows: (margins: [Double], labels: [Bool], stretches: [Int]) = ([], [], [])
        for (stretch, level) in levels.enumerated() {
            for _ in 0..<perStretch {
                let margin = Double.random(in: -3.5 ... -0.5, using: &generator)
                rows.margins.append(margin - level / 4)
                rows.labels.append(Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-(margin + level))))
                rows.stretches.append(stretch)
            }
        }
        return rows
    }

    @Test func `a rate that moves with time does not bend the slope, and the probabilities meet the newest rate`() {
        let (margins, labels, stretches) = rows(levels: [-1, 0, -0.5, 0.5, 2])
        let blind = Calibration(fitting: margins, labels: labels)
        #expect(blind.slope < 0.85)
        let fit = CalibrationFit(margins: margins, labels: labels, stretches: stretches, level: .newest)
        #expect(fit.followsNewest)
        #expect(abs(fit.calibration.slope - 1) < 0.05)
        // In the newest stretch log-odds are the margin plus 2 and a quarter of it.
        #expect(abs(fit.calibration.logOdds(ofMargin: -2) - 0.5) < 0.15)
        // How far the rate may move until the model is asked is part of what isn't known.
        #expect(fit.calibration.fitVariance(ofMargin: -2) > 100 * blind.fitVariance(ofMargin: -2))
    }

    @Test func `the bands are of the rows that the level is of`() {
        let (margins, labels, stretches) = rows(levels: [0, 0, 0, 0, 2])
        let fit = CalibrationFit(margins: margins, labels: labels, stretches: stretches, level: .newest).calibration
        #expect(fit.bands.reduce(0) { $0 + $1.count } == 4_000 && fit.count == 20_000)
        let average = CalibrationFit(margins: margins, labels: labels, stretches: stretches).calibration
        #expect(average.bands.reduce(0) { $0 + $1.count } == 20_000)
    }

    @Test func `the average meets the rate of all rows with the slope of the stretches`() {
        let (margins, labels, stretches) = rows(levels: [-1, 0, -0.5, 0.5, 2])
        let fit = CalibrationFit(margins: margins, labels: labels, stretches: stretches, level: .average)
        #expect(!fit.followsNewest && abs(fit.calibration.slope - 1) < 0.05)
        let mean = margins.reduce(0) { $0 + fit.calibration.probability(ofMargin: $1) } / Double(margins.count)
        let rate = Double(labels.count { $0 }) / Double(labels.count)
        #expect(abs(mean - rate) < 0.001)
    }

    @Test func `stretches that differ by chance alone are one`() {
        let (margins, labels, stretches) = rows(levels: [0, 0, 0, 0, 0], perStretch: 300)
        let fit = CalibrationFit(margins: margins, labels: labels, stretches: stretches, level: .newest)
        let plain = Calibration(fitting: margins, labels: labels)
        #expect(!fit.followsNewest)
        #expect(abs(fit.calibration.probability(ofMargin: -2) - plain.probability(ofMargin: -2)) < 0.005)
        #expect(fit.calibration.bands == plain.bands)
    }

    @Test func `one stretch is no stretch`() {
        let (margins, labels, stretches) = rows(levels: [0], perStretch: 200)
        let fit = CalibrationFit(margins: margins, labels: labels, stretches: stretches, level: .newest).calibration
        #expect(fit == Calibration(fitting: margins, labels: labels))
    }

    @Test func `few positives in a stretch move the level little`() throws {
        // Nineteen in twenty of what the newest stretch says is noise; the walk before it was small.
        let quiet = try #require(
            LevelForecast(levels: [-2, 0, 0, 0, 1], variances: [0.1, 0.1, 0.1, 0.1, 4]))
        #expect(quiet.weights[4] < 0.3)
        #expect(abs(quiet.weights.reduce(0, +) - 1) < 1e-12)
        let certain = try #require(
            LevelForecast(levels: [-2, 0, -1, 0, 1], variances: [1e-4, 1e-4, 1e-4, 1e-4, 1e-4]))
        #expect(certain.weights[4] > 0.99)
        // The step's variance is the mean square of the moves, 7/4; the next stretch is a step away.
        #expect(abs(certain.variance - 1.75) < 0.01)
        #expect(LevelForecast(levels: [0, 0.1, -0.1], variances: [0.1, 0.1, 0.1]) == nil)
    }
}
