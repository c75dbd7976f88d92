import Leads
import Learning
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cohorts in which everything is known, looked at from a day on which it is not.
struct BaseRateTests {
    private static let window = 90.0

    private struct Cohort {
        var decided: [(isPositive: Bool, after: Duration)] = []
        var followUps: [Duration] = []
        var censored = 0
        /// Wins within the window, those that are not known yet included.
        var truth = 0.0

        var rate: BaseRate? { BaseRate(decided: decided, followUps: followUps, censored: censored) }
    }

    /// Leads that came evenly over `days`; 8% are won, after 30 days on average; of the others `told` are reported lost,
    /// after 40 days on average.
    private static func cohort(leads: Int, days: Double, told: Double, seed: UInt64) -> Cohort {
        var generator = SplitMix64(seed: seed)
        func uniform() -> Double { Double.random(in: .ulpOfOne..<1, using: &generator) }
        var cohort = Cohort()
        for _ in 0..<leads {
            let followUp = uniform() * days
            let won = uniform() < 0.08 ? -30 * log(uniform()) : .infinity
            let lost = won == .infinity && uniform() < told ? -40 * log(uniform()) : .infinity
            cohort.followUps.append(.seconds(followUp * 86_400))
            if won <= window { cohort.truth += 1 / Double(leads) }
            if won <= min(window, followUp) {
                cohort.decided.append((true, .seconds(won * 86_400)))
            } else if lost <= min(window, followUp) {
                cohort.decided.append((false, .seconds(lost * 86_400)))
            } else if followUp >= window {
                cohort.decided.append((false, .seconds(window * 86_400)))
            } else {
                cohort.censored += 1
            }
        }
        return cohort
    }

    /// A young store of 3,000 leads, looked at twenty times: the labels' own share is far too high in every one, and the
    /// estimate is right on average to a tenth, and in each to a third.
    @Test(arguments: [0, 0.3, 0.9])
    func `the estimate is right where the labels' own rate is not`(told: Double) throws {
        var observed = 0.0
        var estimated = 0.0
        var truth = 0.0
        for seed in 0..<20 {
            let cohort = Self.cohort(leads: 3_000, days: 120, told: told, seed: UInt64(seed))
            let rate = try #require(cohort.rate)
            #expect(abs(rate.estimated / cohort.truth - 1) < 0.34, "seed \(seed)")
            observed += rate.observed / 20
            estimated += rate.estimated / 20
            truth += cohort.truth / 20
        }
        // The more losses are told, the less is missing; with none told a third of the labels say "won".
        #expect(observed / truth > (told == 0.9 ? 1.1 : 1.5), "observed \(observed), truth \(truth)")
        #expect(abs(estimated / truth - 1) < 0.1, "estimated \(estimated), truth \(truth)")
    }

    @Test func `nothing censored, nothing corrected`() throws {
        let rate = try #require(
            BaseRate(
                decided: [(true, .seconds(5)), (false, .seconds(90)), (false, .seconds(1))],
                followUps: [.seconds(100), .seconds(100), .seconds(3)], censored: 0))
        #expect(rate.estimated == rate.observed && rate.shift == nil && rate.addedVariance == 0)
    }

    @Test func `a win weighs for every lead that was not followed as long`() throws {
        // Four leads, two followed past the late win: 1/4 for the early one and 1/2 for the late one.
        let rate = try #require(
            BaseRate(
                decided: [(true, .seconds(10)), (true, .seconds(50))],
                followUps: [.seconds(20), .seconds(60), .seconds(30), .seconds(90)], censored: 2))
        #expect(rate.observed == 1 && rate.estimated == 0.75)
        #expect(rate.shift == nil, "one class has no log-odds")
    }

    @Test func `no win and no label say nothing`() throws {
        #expect(BaseRate(decided: [], followUps: [.seconds(1)], censored: 1) == nil)
        let none = try #require(BaseRate(decided: [(false, .zero)], followUps: [.zero, .zero], censored: 1))
        #expect(none.estimated == 0 && none.shift == nil)
        let certain = try #require(
            BaseRate(decided: [(true, .zero), (true, .zero)], followUps: [.zero, .zero, .zero], censored: 1))
        #expect(abs(certain.estimated - 2.0 / 3) < 1e-12)
    }

    /// A model fitted to the labels says too much; shifted, it says what is true of all leads.
    @Test func `a shifted calibration meets the rate of all leads`() throws {
        var generator = SplitMix64(seed: 3)
        var margins: [Double] = []
        var labels: [Bool] = []
        for _ in 0..<4_000 {
            let isWon = Double.random(in: 0..<1, using: &generator) < 0.3
            margins.append((isWon ? 1.0 : -1.0) + Double.random(in: -3...3, using: &generator))
            labels.append(isWon)
        }
        let fitted = Calibration(fitting: margins, labels: labels)
        let shift = PriorShift(logOdds: log(0.1 / 0.9) - log(0.3 / 0.7), variance: 0.02)
        let shifted = fitted.shifted(shift)
        // The same margins by class, with wins as rare as they are among all leads.
        var mean = 0.0
        for (margin, label) in zip(margins, labels) {
            let weight = label ? 0.1 / 0.3 : 0.9 / 0.7
            mean += weight * shifted.probability(ofMargin: margin) / 4_000
        }
        #expect(abs(mean - 0.1) < 0.01, "\(mean)")
        let before = fitted.probability(ofMargin: 0.4)
        #expect(shifted.probability(ofMargin: 0.4) < before)
        #expect(abs(shifted.fitVariance(ofMargin: 0) - fitted.fitVariance(ofMargin: 0) - 0.02) < 1e-12)
        let middle = try #require(fitted.band(ofMargin: 0))
        let moved = try #require(shifted.band(ofMargin: 0))
        #expect(moved.positives == middle.positives && moved.count > middle.count)
        #expect(shifted.interval(ofMargin: 0.4).upper < fitted.interval(ofMargin: 0.4).upper)
    }

    @Test func `a shifted artifact keeps its forest, its ranks and who is hot`() throws {
        let artifact = try ArtifactFactory.artifact()
        let shifted = try artifact.shifted(PriorShift(logOdds: -1.5))
        #expect(shifted.sha256 != artifact.sha256 && shifted.forestBytes == artifact.forestBytes)
        let row: [Float] = [4, 1]
        let (old, new) = (
            artifact.assess(margin: 0.9, row: row.span, outOfRange: [], unseen: []),
            shifted.assess(margin: 0.9, row: row.span, outOfRange: [], unseen: [])
        )
        let before = try #require(old)
        let after = try #require(new)
        #expect(close(after.logOdds, before.logOdds - 1.5) && after.mlScore == before.mlScore)
        #expect(close(after.confidence, before.confidence))
        let again = try ModelArtifact(serialized: shifted.serialized())
        #expect(again.sha256 == shifted.sha256 && again.calibration == shifted.calibration)
        var card = artifact.card
        card.notes.append("another")
        #expect(try artifact.with(card: card).card == card)
    }
}
