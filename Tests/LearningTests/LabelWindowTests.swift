import Features
import JSONBytes
import Leads
import Learning
import TestSupport
import Testing

private let day: Int64 = 86_400_000
private func at(_ days: Int64) -> Timestamp { Timestamp(milliseconds: 1_760_000_000_000 + days * day) }

struct LabelWindowTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        /// Days after the score; nil never.
        var won: Int64?
        var other: Int64?
        var asOf: Int64
        var label: LabelWindow.Label
    }

    static let cases: [Case] = [
        Case(testDescription: "won inside", won: 30, asOf: 200, label: .won(after: .seconds(30 * 86_400))),
        Case(testDescription: "won at once", won: 0, asOf: 0, label: .won(after: .zero)),
        Case(testDescription: "won at the last moment", won: 90, asOf: 90, label: .won(after: .seconds(90 * 86_400))),
        Case(testDescription: "won after the window", won: 91, asOf: 200, label: .expired),
        Case(testDescription: "won later than we look", won: 30, asOf: 20, label: .censored),
        Case(testDescription: "lost inside", other: 10, asOf: 20, label: .lost(after: .seconds(10 * 86_400))),
        Case(testDescription: "lost after the window", other: 100, asOf: 200, label: .expired),
        Case(testDescription: "lost later than we look", other: 30, asOf: 20, label: .censored),
        Case(
            testDescription: "lost, then won inside", won: 40, other: 10, asOf: 50,
            label: .won(after: .seconds(40 * 86_400))),
        Case(
            testDescription: "lost, then won after the window", won: 95, other: 10, asOf: 200,
            label: .lost(after: .seconds(10 * 86_400))),
        Case(testDescription: "open and silent", asOf: 89, label: .censored),
        Case(testDescription: "silent to the end", asOf: 90, label: .expired),
    ]

    @Test(arguments: cases) func `a score's label is what is known of it`(_ one: Case) {
        let candidate = LabelCandidate(
            leadKey: 1, scoredAt: at(0), features: FeatureVector(), modelSHA256: "", probability: 0.2,
            firstWonAt: one.won.map(at), firstOtherAt: one.other.map(at))
        #expect(LabelWindow.standard.label(of: candidate, asOf: at(one.asOf)) == one.label)
    }

    @Test func `a lead whose outcome stands before the score had nothing to predict`() {
        let candidate = LabelCandidate(
            leadKey: 1, scoredAt: at(0), features: FeatureVector(), modelSHA256: "", probability: 0.2,
            firstWonAt: at(3), isResolvedBefore: true)
        #expect(LabelWindow.standard.label(of: candidate, asOf: at(200)) == .resolved)
    }
}

struct LabelCollectorTests {
    private static func candidate(
        _ lead: String, day: Int64, won: Int64? = nil, other: Int64? = nil, hasFeatures: Bool = true,
        isResolved: Bool = false
    ) -> LabelCandidate {
        LabelCandidate(
            leadKey: LabelCandidate.key(ofLead: lead), scoredAt: at(day),
            features: hasFeatures ? VectorFactory.random(seed: UInt64(day)) : nil, modelSHA256: "", probability: 0.2,
            firstWonAt: won.map(at), firstOtherAt: other.map(at), isResolvedBefore: isResolved)
    }

    @Test func `every lead is one row or counted as none`() throws {
        var collector = LabelCollector(window: .standard, asOf: at(100))
        for candidate in [
            Self.candidate("won", day: 20, won: 30), Self.candidate("lost", day: 50, other: 60),
            Self.candidate("expired", day: 5), Self.candidate("open", day: 50),
            Self.candidate("own table", day: 1, hasFeatures: false),
            Self.candidate("back again", day: 60, isResolved: true), Self.candidate("later", day: 101),
        ] { try collector.add(candidate) }
        let cohort = collector.cohort()
        #expect(cohort.rows.map(\.isPositive) == [false, true, false])
        #expect(cohort.rows.map(\.scoredAt) == [at(5), at(20), at(50)])
        #expect(cohort.rows.map(\.windowHasEnded) == [true, false, false])
        var json = JSONWriter()
        json.beginObject()
        cohort.counts.encodeMembers(to: &json)
        json.endObject()
        #expect(
            String(decoding: json.bytes, as: UTF8.self) == """
                {"scores":6,"scores_without_features":1,"scores_already_resolved":1,"leads":4,"won":1,"lost":1,\
                "no_win_in_window":1,"censored":1,"rows":3}
                """)
    }

    @Test func `the order in which scores come changes nothing`() throws {
        var candidates: [LabelCandidate] = []
        for lead in 0..<40 {
            for score in 0..<(1 + lead % 7) {
                candidates.append(Self.candidate("lead \(lead)", day: Int64(lead + score * 3), other: 150))
            }
        }
        func rows(_ candidates: [LabelCandidate]) throws -> [LabelledCohort.Row] {
            var collector = LabelCollector(window: .standard, asOf: at(300))
            for candidate in candidates { try collector.add(candidate) }
            return collector.cohort().rows
        }
        var generator = SplitMix64(seed: 11)
        let expected = try rows(candidates)
        #expect(expected.count == 40)
        #expect(try rows(candidates.shuffled(using: &generator)) == expected)
    }

    /// A lead of ten scores: over many leads each place is drawn about as often. A chi square of 9 degrees of freedom is
    /// above 27.9 in one of a thousand.
    @Test func `each of a lead's scores is as likely to be drawn`() throws {
        var collector = LabelCollector(window: .standard, asOf: at(500))
        for lead in 0..<4_000 {
            for score in 0..<10 { try collector.add(Self.candidate("lead \(lead)", day: Int64(score))) }
        }
        let rows = collector.cohort().rows
        #expect(rows.count == 4_000)
        var counts = [Double](repeating: 0, count: 10)
        for row in rows { counts[Int(row.scoredAt.duration(since: at(0)) / .seconds(86_400))] += 1 }
        let chiSquare = counts.reduce(0) { $0 + ($1 - 400) * ($1 - 400) / 400 }
        #expect(chiSquare < 27.9, "\(counts)")
    }

    /// The draw must not look at what became of the lead: drawn among labelled scores only, an open lead that is won
    /// gives its newest score and one that is not gives its oldest.
    @Test func `the drawn score is the same whatever became of the lead`() throws {
        for lead in 0..<50 {
            let moments = try [nil, 30 as Int64].map { won in
                var collector = LabelCollector(window: LabelWindow(length: .seconds(20 * 86_400)), asOf: at(31))
                for score in 0..<10 {
                    try collector.add(Self.candidate("lead \(lead)", day: Int64(score * 3), won: won))
                }
                return collector.cohort()
            }
            if let open = moments[0].rows.first, let won = moments[1].rows.first {
                #expect(open.scoredAt == won.scoredAt)
            } else {
                #expect(moments[0].counts.censored == 1 && moments[1].counts.rows == 1)
            }
        }
    }

    @Test func `no scores make no rows and no rate`() {
        let cohort = LabelCollector(window: .standard, asOf: at(0)).cohort()
        #expect(cohort.rows.isEmpty && cohort.baseRate == nil && cohort.counts == LabelCounts())
    }
}
