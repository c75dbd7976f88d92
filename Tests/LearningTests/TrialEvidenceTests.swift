import Leads
import Learning
import Testing

@Suite struct TrialEvidenceTests {
    private let window = LabelWindow(length: .seconds(10 * 86_400))
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func day(_ day: Int) -> Timestamp { start.advanced(by: .seconds(day * 86_400)) }

    private func candidate(
        _ lead: UInt64, at: Int, _ champion: Double, _ challenger: Double?, wonAt: Int? = nil, lostAt: Int? = nil
    ) -> LabelCandidate {
        LabelCandidate(
            leadKey: lead, scoredAt: day(at), features: nil, modelSHA256: "c", probability: champion,
            firstWonAt: wonAt.map(day), firstOtherAt: lostAt.map(day), trialProbability: challenger)
    }

    @Test func `only leads whose window has ended count, once each, and only with a trial`() {
        var evidence = TrialEvidence(window: window, asOf: day(12))
        evidence.add(candidate(1, at: 0, 0.2, 0.4, wonAt: 3))
        evidence.add(candidate(1, at: 1, 0.2, 0.4, wonAt: 3))
        evidence.add(candidate(2, at: 0, 0.2, 0.1))
        evidence.add(candidate(3, at: 5, 0.2, 0.9, wonAt: 6))
        evidence.add(candidate(4, at: 0, 0.2, nil, lostAt: 2))
        let comparison = evidence.comparison()
        #expect(comparison.rows == 2 && comparison.positives == 1)
        #expect(comparison.interval == nil && comparison.verdict == .undecided)
    }

    @Test func `the better of two models is seen, and the order of reading is nothing`() {
        let candidates = (0..<400).map { number in
            let wins = number % 5 == 0
            return candidate(UInt64(number), at: 0, 0.2, wins ? 0.6 : 0.1, wonAt: wins ? 4 : nil)
        }
        var forward = TrialEvidence(window: window, asOf: day(20))
        var backward = forward
        for candidate in candidates { forward.add(candidate) }
        for candidate in candidates.reversed() { backward.add(candidate) }
        #expect(forward.comparison().verdict == .better)
        #expect(forward.comparison() == backward.comparison())
    }
}
