import Learning
import Testing

struct MetricsTests {
    /// Ties within and across classes. The expected figures are scikit-learn 1.9.1's on the same rows, ECE and lift by
    /// hand.
    static let probabilities = [0.9, 0.8, 0.8, 0.7, 0.55, 0.5, 0.4, 0.4, 0.3, 0.2, 0.15, 0.05]
    static let labels = [1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0].map { $0 == 1 }

    @Test func `measures equal scikit-learn's`() throws {
        let (p, y) = (Self.probabilities, Self.labels)
        #expect(close(Metrics.auc(probabilities: p, labels: y), 0.8285714285714285))
        #expect(close(Metrics.averagePrecision(probabilities: p, labels: y), 0.7416666666666667))
        #expect(close(Metrics.logLoss(probabilities: p, labels: y), 0.5005849062417499))
        #expect(close(Metrics.brier(probabilities: p, labels: y), 0.1672916666666667))
        #expect(close(Metrics.accuracy(probabilities: p, labels: y), 0.75))
    }

    @Test func `the calibration error adds up bins of a tenth`() {
        // |p − y| by bin: .9: −.1; .8: 1.6 − 1; .7: −.3; .5: 1.05 − 1; .4: .8 − 1; .3: .3; .2: .2; .1: .15; .0: .05
        let sum = 0.1 + 0.6 + 0.3 + 0.05 + 0.2 + 0.3 + 0.2 + 0.15 + 0.05
        #expect(close(Metrics.ece(probabilities: Self.probabilities, labels: Self.labels), sum / 12))
    }

    @Test func `lift counts rows that tie at the cut in proportion`() {
        // Top tenth of 12 rows is 2 rows: the first, and half of the tied pair (one positive of two).
        let found = 1.0 + 0.5
        #expect(close(Metrics.liftAt10(probabilities: Self.probabilities, labels: Self.labels), found / 2 / (5.0 / 12)))
    }

    @Test func `equal probabilities rank nothing`() {
        let flat = [Double](repeating: 0.3, count: 12)
        #expect(close(Metrics.auc(probabilities: flat, labels: Self.labels), 0.5))
        #expect(close(Metrics.averagePrecision(probabilities: flat, labels: Self.labels), 5.0 / 12))
        #expect(close(Metrics.liftAt10(probabilities: flat, labels: Self.labels), 1))
    }

    @Test func `what can't be measured is nil`() {
        #expect(Metrics.auc(probabilities: [0.2, 0.3], labels: [true, true]) == nil)
        #expect(Metrics.averagePrecision(probabilities: [0.2], labels: [false]) == nil)
        #expect(Metrics.liftAt10(probabilities: [0.2], labels: [false]) == nil)
        #expect(Metrics.logLoss(probabilities: [], labels: []) == nil)
    }

    @Test func `a certain and wrong probability has a finite loss`() throws {
        let loss = try #require(Metrics.logLoss(probabilities: [1, 0], labels: [false, true]))
        #expect(loss > 30 && loss < 40)
    }

    @Test func `intervals hold the figure and repeat with the seed`() throws {
        var generator = SplitMix64(seed: 5)
        let p = (0..<400).map { _ in Double.random(in: 0.01...0.99, using: &generator) }
        let y = p.map { Double.random(in: 0..<1, using: &generator) < $0 }
        let figures = QualityFigures(probabilities: p, labels: y, seed: 9)
        #expect(figures == QualityFigures(probabilities: p, labels: y, seed: 9))
        #expect(figures != QualityFigures(probabilities: p, labels: y, seed: 10))
        for measure in [Measure.auc, .logLoss, .brier, .accuracy] {
            let figure = try #require(figures.figures.first { $0.measure == measure })
            let interval = try #require(figure.interval)
            let value = try #require(figure.value)
            #expect(interval.contains(value) && interval.upperBound - interval.lowerBound < 0.3)
        }
        let auc = try #require(figures[.auc])
        // Rows drawn with their own probability as rate: the AUC of a perfectly calibrated uniform score is 5/6.
        #expect(abs(auc - 5.0 / 6) < 0.06)
    }
}

/// Equal to the last digits that a sum of a dozen terms keeps.
func close(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-12) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= tolerance
}
