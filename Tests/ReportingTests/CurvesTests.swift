import Learning
import Testing

@testable import Reporting

struct CurvesTests {
    /// Ties within and across classes.
    static let probabilities = [0.9, 0.8, 0.8, 0.7, 0.55, 0.5, 0.4, 0.4, 0.3, 0.2, 0.15, 0.05]
    static let labels = [1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0].map { $0 == 1 }

    private static var ranked: RankedRows { RankedRows(probabilities: probabilities, labels: labels) }

    /// scikit-learn 1.x `roc_curve` on the same rows, between its points by `numpy.interp`.
    @Test func `the ROC curve is scikit-learn's`() {
        let rates = Self.ranked.path().truePositiveRates(at: [0.1, 0.25, 0.5, 0.75, 1])
        for (rate, expected) in zip(rates, [0.34, 0.6, 1, 1, 1]) { #expect(abs(rate - expected) < 1e-12) }
    }

    @Test func `gains count rows that tie at the cut in proportion`() {
        // 2 of 12 rows are the first and half of the two at 0.8, one of which is positive: 1 + 0.5 of 5.
        let gains = Self.ranked.path().gains(at: [0, 2.0 / 12, 0.25, 1])
        for (gain, expected) in zip(gains, [0, 1.5 / 5, 2.0 / 5, 1]) { #expect(abs(gain - expected) < 1e-12) }
        // Precision where all are found: eight rows hold the five.
        #expect(abs(Self.ranked.path().precisions(atRecalls: [1])[0] - 5.0 / 8) < 1e-12)
    }

    @Test func `equal chances for all rank nothing`() {
        let rows = RankedRows(probabilities: Array(repeating: 0.3, count: 40), labels: (0..<40).map { $0 % 4 == 0 })
        let curves = Curves(rows, seed: 1)
        for (step, value) in curves.gain.values.enumerated() { #expect(abs(value - Double(step) / 100) < 1e-12) }
        #expect(abs(curves.roc.values[50] - 0.5) < 1e-12)
    }

    @Test func `bands hold the curve, widen with fewer rows, and repeat with the seed`() throws {
        func curves(_ rows: Int, seed: UInt64 = 1) -> Curves {
            var generator = SplitMix64(seed: 3)
            let probabilities = (0..<rows).map { _ in Double(generator.index(below: 1_000)) / 1_000 }
            let labels = probabilities.map { Double(generator.index(below: 1_000)) / 1_000 < $0 * $0 }
            return Curves(RankedRows(probabilities: probabilities, labels: labels), seed: seed)
        }
        let many = curves(2_000)
        let few = curves(200)
        let wide = try #require(few.gain.interval(at: 20))
        let narrow = try #require(many.gain.interval(at: 20))
        #expect(narrow.contains(many.gain.values[20]) && wide.contains(few.gain.values[20]))
        #expect(wide.upperBound - wide.lowerBound > 2 * (narrow.upperBound - narrow.lowerBound))
        #expect(curves(200).gain.lower == few.gain.lower && curves(200, seed: 2).gain.lower != few.gain.lower)
        #expect(curves(15).gain.lower.isEmpty && curves(15).gain.interval(at: 20) == nil)
    }

    @Test func `reliability puts equal chances into one bin and adds up to all rows`() {
        let rows = RankedRows(
            probabilities: (0..<200).map { $0 < 150 ? 0.1 : Double($0) / 250 }, labels: (0..<200).map { $0 % 3 == 0 })
        let reliability = Reliability(rows)
        #expect(reliability.bins.reduce(0) { $0 + $1.rows } == 200)
        #expect(reliability.bins[0].rows == 150 && abs(reliability.bins[0].promised - 0.1) < 1e-12)
        #expect(reliability.bins.count == 4 && reliability.overall.count == 200)
        #expect(zip(reliability.bins, reliability.bins.dropFirst()).allSatisfy { $0.promised < $1.promised })
        #expect(reliability.bins.allSatisfy { $0.interval.contains($0.observed) })
    }

    @Test func `both histograms add up to one, whatever the chances`() {
        for chances in [Self.probabilities, Array(repeating: 0.5, count: 12), Array(repeating: 0, count: 12)] {
            let histogram = ScoreHistogram(RankedRows(probabilities: chances, labels: Self.labels))
            #expect(abs(histogram.closed.reduce(0, +) - 1) < 1e-12 && abs(histogram.others.reduce(0, +) - 1) < 1e-12)
        }
    }
}
