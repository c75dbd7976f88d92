import Learning
import Testing

@testable import Training

struct SearchTests {
    @Test func `another setting is tried only if it and the final training end within the budget`() {
        var time = Duration.zero
        var clock = SearchClock(budget: .seconds(100), least: .seconds(10)) { time }
        #expect(clock.allowsAnother && !clock.firstIsLate)
        time = .seconds(20)
        clock.finishOne()
        // 20 gone, 20 for the next, 2 × 20 to train both again.
        #expect(clock.allowsAnother)
        time = .seconds(45)
        clock.finishOne()
        // 45 gone, 22.5 for the next, 3 × 22.5 to train three again: too late.
        #expect(!clock.allowsAnother)
    }

    @Test func `the first settings stop at two fifths of the budget, but get ten seconds`() {
        var time = Duration.seconds(41)
        let long = SearchClock(budget: .seconds(100), least: .seconds(10)) { time }
        #expect(long.firstIsLate)
        time = .seconds(9)
        let short = SearchClock(budget: .seconds(1), least: .seconds(10)) { time }
        #expect(!short.firstIsLate)
        time = .seconds(11)
        #expect(short.firstIsLate)
        // A scorecard that took long doesn't cut them short.
        var late = SearchClock(budget: .seconds(1), least: .seconds(10)) { time }
        late.beginForests()
        #expect(!late.firstIsLate)
    }

    private func candidate(_ kind: Blend.Member.Kind, _ margins: [Double]) -> (Blend.Member, CrossResult) {
        (Blend.Member(kind: kind, priorShare: 0), CrossResult(margins: margins, foldMargins: [margins]))
    }

    @Test func `a blend beats its parts where they err on different rows`() throws {
        let labels = (0..<40).map { $0 % 2 == 0 }
        let truth = labels.map { $0 ? 2.0 : -2.0 }
        let one = truth.enumerated().map { $0.offset < 20 ? $0.element : -0.5 * $0.element }
        let other = truth.enumerated().map { $0.offset < 20 ? -0.5 * $0.element : $0.element }
        let blend = Blend(
            choosingFrom: [
                candidate(.constant, labels.map { _ in 0 }), candidate(.scorecard(penalty: 1), one),
                candidate(.boosted(BoosterSettings(name: "a"), rounds: 5), other),
            ], labels: labels)
        #expect(blend.parts.prefix(2).allSatisfy { abs($0.weight - 0.5) < 0.06 && $0.member.kind != .constant })
        #expect(LogLoss.mean(blend.result.margins, labels) < LogLoss.mean(one, labels))
    }

    @Test func `models worse than the base rate get no weight`() {
        let labels = (0..<40).map { $0 % 4 == 0 }
        let base = labels.map { _ in LogLoss.logOdds(0.25) }
        let wrong = labels.map { $0 ? -3.0 : 3.0 }
        let blend = Blend(
            choosingFrom: [candidate(.constant, base), candidate(.scorecard(penalty: 1), wrong)], labels: labels)
        #expect(blend.parts.count == 1 && blend.parts[0].member.kind == .constant)
        #expect(blend.description == "100% base rate")
    }

    @Test func `at most three forests are blended`() {
        var generator = SplitMix64(seed: 2)
        let labels = (0..<200).map { _ in generator.index(below: 2) == 0 }
        let candidates = (0..<8).map { number in
            candidate(
                .boosted(BoosterSettings(name: "\(number)"), rounds: 1),
                labels.map { ($0 ? 1 : -1) + Double(generator.index(below: 1_000)) / 250 - 2 })
        }
        let blend = Blend(choosingFrom: candidates, labels: labels)
        #expect(blend.parts.count == 3)
        #expect(abs(blend.parts.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    }
}
