import JSONBytes
import Learning
import Testing

struct GateComparisonTests {
    /// Rows whose true rate is known, and what a model that knows it and a model that does not say of them.
    private static func slice(rows: Int, seed: UInt64) -> (knows: [Double], flat: [Double], labels: [Bool]) {
        var generator = SplitMix64(seed: seed)
        let knows = (0..<rows).map { _ in Double.random(in: 0.02...0.7, using: &generator) }
        let labels = knows.map { Double.random(in: 0..<1, using: &generator) < $0 }
        let rate = Double(labels.count { $0 }) / Double(rows)
        return (knows, [Double](repeating: rate, count: rows), labels)
    }

    @Test func `a challenger that knows more is better, and the other way round worse`() throws {
        let slice = Self.slice(rows: 600, seed: 3)
        let better = GateComparison(champion: slice.flat, challenger: slice.knows, labels: slice.labels, seed: 1)
        #expect(better.verdict == .better)
        let difference = try #require(better.difference)
        #expect(try #require(better.interval).contains(difference) && difference < 0)
        let worse = GateComparison(champion: slice.knows, challenger: slice.flat, labels: slice.labels, seed: 1)
        #expect(worse.verdict == .worse)
        #expect(close(worse.difference, -difference))
        let flat = Metrics.logLoss(probabilities: slice.flat, labels: slice.labels)
        #expect(close(worse.challengerLogLoss, try #require(flat)))
    }

    @Test func `the same model is no better than itself`() {
        let slice = Self.slice(rows: 200, seed: 4)
        let same = GateComparison(champion: slice.knows, challenger: slice.knows, labels: slice.labels, seed: 1)
        #expect(same.difference == 0 && same.interval == 0...0 && same.verdict == .undecided)
    }

    @Test func `rows that are too few or of one class decide nothing`() {
        let few = GateComparison(
            champion: [0.9, 0.9, 0.9], challenger: [0.1, 0.1, 0.1], labels: [false, false, false], seed: 1)
        #expect(few.interval == nil && few.verdict == .undecided && few.positives == 0)
        let oneClass = GateComparison(
            champion: [Double](repeating: 0.9, count: 400), challenger: [Double](repeating: 0.1, count: 400),
            labels: [Bool](repeating: false, count: 400), seed: 1)
        #expect(oneClass.interval == nil && oneClass.verdict == .undecided)
        let none = GateComparison(champion: [], challenger: [], labels: [], seed: 1)
        #expect(none.difference == nil && none.verdict == .undecided)
    }

    /// A 90% interval misses on either side in one case in twenty: two models that are right equally often, drawn a
    /// hundred times, may not be called different much more than ten times.
    @Test func `models of equal worth are rarely told apart`() {
        var decided = 0
        for seed in 0..<100 {
            var generator = SplitMix64(seed: UInt64(seed) + 1_000)
            var champion: [Double] = []
            var challenger: [Double] = []
            var labels: [Bool] = []
            for _ in 0..<300 {
                // Each sees half of the truth.
                let first = Double.random(in: -1...1, using: &generator)
                let second = Double.random(in: -1...1, using: &generator)
                champion.append(0.3 + 0.2 * first)
                challenger.append(0.3 + 0.2 * second)
                labels.append(Double.random(in: 0..<1, using: &generator) < 0.3 + 0.1 * (first + second))
            }
            let comparison = GateComparison(champion: champion, challenger: challenger, labels: labels, seed: 7)
            if comparison.verdict != .undecided { decided += 1 }
        }
        #expect(decided <= 18, "\(decided) of 100")
    }

    @Test func `the seed fixes the interval, and the JSON says everything`() throws {
        let slice = Self.slice(rows: 100, seed: 5)
        let first = GateComparison(champion: slice.flat, challenger: slice.knows, labels: slice.labels, seed: 2)
        #expect(
            first == GateComparison(champion: slice.flat, challenger: slice.knows, labels: slice.labels, seed: 2))
        #expect(
            first != GateComparison(champion: slice.flat, challenger: slice.knows, labels: slice.labels, seed: 3))
        var json = JSONWriter()
        first.encode(to: &json)
        let text = String(decoding: json.bytes, as: UTF8.self)
        #expect(text.hasPrefix("{\"rows\":100,\"positives\":\(first.positives),\"log_loss_champion\":"))
        #expect(text.hasSuffix("\"verdict\":\"\(first.verdict.rawValue)\"}"))
    }
}
