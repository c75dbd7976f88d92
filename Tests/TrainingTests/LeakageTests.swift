import Learning
import Testing

@testable import Training

/// What a single column tells of the label, what its name says, and the verdict on both.
struct LeakageTests {
    private func auc(
        _ cells: (Int, Bool, inout SplitMix64) -> String, rows: Int = 4_000, rate: Double = 0.2, name: String = "x"
    ) throws -> SingleColumnAUC? {
        var generator = SplitMix64(seed: 5)
        var table = RawTable(header: [name])
        var labels: [Bool] = []
        for row in 0..<rows {
            let label = Double.random(in: 0..<1, using: &generator) < rate
            labels.append(label)
            table.append([Substring(cells(row, label, &generator))])
        }
        table.seal()
        let column = table.columns[0]
        return SingleColumnAUC(column: column, kind: ColumnInference.kind(of: column), labels: labels)
    }

    @Test func `what has nothing to do with the label comes out at one half, whatever its kind`() throws {
        let columns: [(Int, Bool, inout SplitMix64) -> String] = [
            { _, _, generator in String(generator.index(below: 1_000_000)) },
            { _, _, generator in "word \(generator.index(below: 900))" },
            { _, _, generator in ["yes", "no"][generator.index(below: 2)] },
            { row, _, _ in "L-\(row)" }, { row, _, _ in String(row) },
            { row, _, _ in "a note of some words, number \(row)" },
            { _, _, generator in "2025-0\(1 + generator.index(below: 9))-11" },
        ]
        for column in columns {
            let auc = try #require(try auc(column))
            #expect(abs(auc.value - 0.5) < 4 * auc.standardError, "\(auc)")
        }
    }

    @Test func `an identifier is perfect on its own rows and worth nothing on others`() throws {
        // Each value stands in two rows; the rate of its own rows would rank nearly perfectly.
        let auc = try #require(try auc { row, _, _ in "customer \(row % 999)" })
        #expect(auc.value < 0.53)
    }

    @Test func `a shift of one standard deviation gives 0.76, in either direction`() throws {
        for sign in [1.0, -1] {
            let auc = try #require(
                try auc { _, label, generator in
                    // Twelve uniform numbers make a normal one.
                    let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
                    return String(sign * (normal + (label ? 1 : 0)))
                })
            #expect(abs(auc.value - 0.76) < 0.03, "\(auc)")
            #expect(auc.lowerBound < auc.value && auc.lowerBound > auc.value - 0.03)
        }
    }

    @Test func `what is told by a gap, by one value or by both ends of a range is seen too`() throws {
        let gap = try #require(try auc { _, label, _ in label ? "" : "filled" })
        let value = try #require(try auc { row, label, _ in label ? "0" : String(row % 97 + 1) })
        let ends = try #require(try auc { row, label, _ in String(label ? (row % 2) * 1_000 : 500 + row % 50) })
        for auc in [gap, value, ends] { #expect(auc.value > 0.99) }
    }

    @Test func `a class without rows can't be ranked`() throws {
        #expect(try auc({ row, _, _ in String(row) }, rate: 0) == nil)
    }

    // MARK: Names

    @Test(arguments: [
        ("close_date", "close date"), ("closedAt", "closed at"), ("Deal Stage", "deal stage"), ("TAGS", "tags"),
        ("Lead Quality", "lead quality"), ("duration", "duration"), ("PageValues", "page values"),
        ("loss_reason", "loss reason"), ("Administrative_Duration", "duration"),
    ])
    func `names that speak of the outcome are found as words`(name: String, words: String) {
        #expect(OutcomeNames.match(in: name)?.words == words)
    }

    @Test(arguments: [
        "closest_store", "disclosed", "poutcome", "wonderful", "staged_home_count", "vintage", "marital_status",
        "budget",
        "employmentStatus", "advantage", "payment_method", "source", "Do Not Email", "contest", "equality",
        "pre_qualified", "reason for moving", "tagline",
    ])
    func `look-alikes are left alone`(name: String) {
        #expect(OutcomeNames.match(in: name) == nil)
    }

    @Test(arguments: ["previous_outcome", "expected close date", "prior result", "planned closing"])
    func `what looks back or ahead is cleared`(name: String) {
        #expect(OutcomeNames.match(in: name)?.isCleared == true)
    }

    // MARK: Verdicts

    private func judged(_ change: (inout LeakageJudgement.Facts) -> Void) -> LeakageVerdict {
        var facts = LeakageJudgement.Facts(name: "x")
        facts.positives = 1_000
        facts.negatives = 4_000
        facts.filledPositives = 1_000
        facts.filledNegatives = 4_000
        change(&facts)
        let judgement = LeakageJudgement(facts)
        #expect(judgement.verdict == .safe || !judgement.evidence.isEmpty, "a verdict has its evidence")
        return judgement.verdict
    }

    /// An AUC of about `share` on 1,000 and 4,000 rows, from a flag that is right so often.
    private func auc(_ share: Double) -> SingleColumnAUC? {
        var codes: [Int32] = []
        var labels: [Bool] = []
        for (label, rows) in [(true, 1_000), (false, 4_000)] {
            let right = Int(Double(rows) * share)
            codes += (0..<rows).map { ($0 < right) == label ? 1 : 0 }
            labels += Array(repeating: label, count: rows)
        }
        return SingleColumnAUC(codes: codes, levelOfCode: [0, 1], levelCount: 2, labels: labels)
    }

    @Test func `figures alone convict at the very top and raise suspicion above 0.8`() {
        #expect(judged { $0.auc = auc(0.995) } == .leaks)
        #expect(judged { $0.auc = auc(0.95) } == .suspect)
        #expect(judged { $0.auc = auc(0.84) } == .suspect)
        #expect(judged { $0.auc = auc(0.78) } == .safe)
    }

    @Test(arguments: [
        ("deal_stage", 0.7, LeakageVerdict.leaks), ("deal_stage", 0.55, .safe), ("tags", 0.73, .leaks),
        ("tags", 0.69, .suspect), ("tags", 0.6, .safe), ("duration", 0.8, .leaks), ("duration", 0.67, .safe),
        ("last_contact", 0.73, .suspect), ("Last Activity", 0.7, .leaks), ("page_value", 0.85, .leaks),
        ("close_value", 0.85, .leaks), ("commission", 0.79, .suspect), ("commission", 0.7, .safe),
        ("previous_outcome", 0.78, .safe),
        ("budget", 0.78, .safe),
    ])
    func `a name convicts only with figures`(name: String, share: Double, verdict: LeakageVerdict) {
        #expect(
            judged {
                $0.name = name
                $0.auc = auc(share)
            } == verdict)
    }

    @Test func `few rows convict nobody`() {
        let verdict = judged {
            $0 = LeakageJudgement.Facts(name: "tags")
            $0.positives = 19
            $0.negatives = 400
            $0.filledPositives = 19
        }
        #expect(verdict == .suspect)
    }

    @Test(arguments: [
        (1_000, 0, LeakageVerdict.leaks), (0, 4_000, .leaks), (60, 0, .leaks), (0, 800, .leaks), (600, 200, .suspect),
        (500, 1_600, .safe), (0, 60, .safe), (3, 0, .safe),
    ])
    func `what is filled in for one outcome only leaks`(positives: Int, negatives: Int, verdict: LeakageVerdict) {
        #expect(
            judged {
                $0.filledPositives = positives
                $0.filledNegatives = negatives
            } == verdict)
    }

    @Test func `a date after the row's own time was not known then`() {
        #expect(judged { $0.lateness = (0.9, 5_000) } == .leaks)
        #expect(judged { $0.lateness = (0.2, 5_000) } == .suspect)
        #expect(judged { $0.lateness = (0.001, 5_000) } == .safe)
        #expect(judged { $0.lateness = (0.9, 12) } == .safe)
        #expect(
            judged {
                $0.name = "expected_close"
                $0.lateness = (0.9, 5_000)
            } == .suspect)
    }

    @Test func `the moment of the outcome leaks by what it is`() {
        #expect(
            judged {
                $0.name = "close_date"
                $0.isDate = true
            } == .leaks)
        #expect(
            judged {
                $0.name = "expected_close_date"
                $0.isDate = true
            } == .safe)
    }
}
