/// Whether a column was known before the outcome.
public enum LeakageVerdict: String, Sendable, Hashable, CaseIterable {
    /// Nothing speaks against it, or nothing that could matter.
    case safe
    /// Something does, not enough to leave it out: for a person to decide.
    case suspect
    /// Known only with or after the outcome: learned from, it makes a model brilliant on paper and blind in use.
    case leaks
}

/// The verdict on one column with the sentences that it rests on. Replaces no knowledge of the business: it finds what shows
/// in names, dates, gaps and figures.
public struct LeakageJudgement: Sendable, Hashable {
    public private(set) var verdict: LeakageVerdict
    /// Whole sentences without a cell's content, the weightiest first; may speak for a safe column too.
    public private(set) var evidence: [String]

    /// What is known of the column.
    struct Facts {
        var name: String
        var isDate = false
        /// Rows of either class, and how many of them hold a value.
        var positives = 0
        var negatives = 0
        var filledPositives = 0
        var filledNegatives = 0
        /// nil where it can't be measured.
        var auc: SingleColumnAUC?
        /// Among rows with both, the share whose moment is later than the time column's, and how many rows that are.
        var lateness: (share: Double, rows: Int)?
    }

    /// A single column that ranks the label better than this knows it.
    static let knowingAUC = 0.985
    /// With 95% confidence above this a column is worth a look, whatever it is called.
    static let strikingAUC = 0.8
    /// Below so many rows of either class nothing can be measured.
    static let minimumClassRows = 20

    init(_ facts: Facts) {
        var marks: [(LeakageVerdict, String)] = []
        if min(facts.positives, facts.negatives) >= Self.minimumClassRows {
            if let mark = Self.gaps(facts) { marks.append(mark) }
            if let mark = Self.figures(facts) { marks.append(mark) }
        }
        if let mark = Self.dates(facts) { marks.append(mark) }
        if let mark = Self.name(facts) { marks.append(mark) }
        let order = LeakageVerdict.allCases
        verdict = order.last { verdict in marks.contains { $0.0 == verdict } } ?? .safe
        evidence = order.reversed().flatMap { verdict in marks.filter { $0.0 == verdict }.map { $0.1 } }
    }

    // MARK: Marks

    /// Filled in for one outcome, empty for the other.
    private static func gaps(_ facts: Facts) -> (LeakageVerdict, String)? {
        let inPositives = Double(facts.filledPositives) / Double(facts.positives)
        let inNegatives = Double(facts.filledNegatives) / Double(facts.negatives)
        let (more, less) = (max(inPositives, inNegatives), min(inPositives, inNegatives))
        let few = inPositives < inNegatives ? facts.filledPositives : facts.filledNegatives
        let fewRows = inPositives < inNegatives ? facts.positives : facts.negatives
        let figures =
            "filled in \(percent(inPositives)) of the positive and \(percent(inNegatives)) of the other rows"
        if more - less > 2 * knowingAUC - 1 {
            return (.leaks, "It is filled in for one outcome only: \(figures).")
        }
        // Where chance would have filled it in twenty rows and more, none or next to none is no chance.
        let expected = more * Double(fewRows)
        if more >= 0.02, expected >= 20, Double(few) <= 0.02 * expected {
            return (.leaks, "It is never, or next to never, filled in for one outcome: \(figures).")
        }
        guard more - less >= 0.5 else { return nil }
        return (.suspect, "It is filled in far more often for one outcome: \(figures).")
    }

    private static func figures(_ facts: Facts) -> (LeakageVerdict, String)? {
        guard let auc = facts.auc else { return nil }
        if auc.value >= knowingAUC, auc.lowerBound >= 0.95 {
            return (
                .leaks,
                "Alone it tells the label with an AUC of \(three(auc.value)), as only something known afterwards does."
            )
        }
        guard auc.lowerBound >= strikingAUC else { return nil }
        return (.suspect, "Alone it tells the label with an AUC of \(three(auc.value)): ask when it becomes known.")
    }

    private static func dates(_ facts: Facts) -> (LeakageVerdict, String)? {
        guard let (share, rows) = facts.lateness, rows >= minimumClassRows else { return nil }
        let isPlan = OutcomeNames.match(in: facts.name)?.isCleared ?? false
        let figures = "later than the row's own time in \(percent(share)) of \(rows) rows"
        if share > 0.5 {
            return isPlan
                ? (.suspect, "It is \(figures); its name says that it may be a plan.")
                : (.leaks, "It is \(figures): not known then.")
        }
        guard share >= 0.01, share * Double(rows) >= 5 else { return nil }
        return (.suspect, "It is \(figures).")
    }

    private static func name(_ facts: Facts) -> (LeakageVerdict, String)? {
        guard let match = OutcomeNames.match(in: facts.name) else { return nil }
        let says = "Its name (\"\(match.words)\") \(match.reason.text)"
        if match.isCleared { return (.safe, "\(says), but of another time.") }
        if facts.isDate, OutcomeNames.isMomentOfEnding(match) {
            return (.leaks, "\(says), and it holds dates: the moment of the outcome is known only afterwards.")
        }
        guard let auc = facts.auc, min(facts.positives, facts.negatives) >= minimumClassRows else {
            return (.suspect, "\(says); too few rows to measure what it tells.")
        }
        if auc.lowerBound >= match.reason.convictingAUC {
            return (.leaks, "\(says), and alone it tells the label with an AUC of \(three(auc.value)).")
        }
        if auc.lowerBound >= match.reason.suspiciousAUC {
            return (.suspect, "\(says); alone it tells the label with an AUC of \(three(auc.value)).")
        }
        // A leak that tells nothing does no harm.
        return (.safe, "\(says), but alone it tells little: AUC \(three(auc.value)).")
    }

    // MARK: Figures for people

    static func percent(_ share: Double) -> String {
        let value = (share * 1_000).rounded() / 10
        return value == value.rounded() ? "\(Int(value))%" : "\(value)%"
    }

    static func three(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        guard thousandths < 1_000 else { return "1.000" }
        let digits = String(thousandths)
        return "0." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
