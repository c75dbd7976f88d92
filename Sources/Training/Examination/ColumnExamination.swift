public import Features
public import Leads
import Learning

/// What one column of a table is, and whether a model may learn from it.
public struct ColumnExamination: Sendable {
    public enum Role: String, Sendable, Hashable { case input, label, time }

    /// First and last moment of a column of dates.
    public struct Dates: Sendable, Hashable {
        public let first: Timestamp
        public let last: Timestamp
        /// Share of the rows with both in which it is later than the time column; nil without one.
        public let laterThanTime: Double?
    }

    /// Exact counts over all rows.
    struct Counts {
        var positives = 0
        var negatives = 0
        var missingPositives = 0
        var missingNegatives = 0
        /// Rows whose label is missing too, included.
        var missing = 0
        var rows = 0
        var distinct = 0
        var isDistinctEstimated = false
    }

    public let name: String
    public let role: Role
    public let kind: InferredKind
    /// Rows without a value, and their share, 0...1.
    public let missing: Int
    public let missingShare: Double
    /// The same among the rows of either class; nil where a class has no rows.
    public let missingShareInPositives: Double?
    public let missingShareInNegatives: Double?
    /// Different values, the missing ones not counted.
    public let distinct: Int
    public let isDistinctEstimated: Bool
    /// nil for the label, for the time column, and where a class has fewer than 20 rows.
    public let auc: SingleColumnAUC?
    public let dates: Dates?
    public let policy: FeaturePolicy.Verdict
    public let leakage: LeakageJudgement
    /// The table holds the 28 features of a lead, whose schema decides what is used.
    private let isOfLead: Bool

    /// Judges a column: `column`, `labels` and `time` hold the rows of the table or of a sample of it, `counts` is over all
    /// rows.
    init(
        _ column: RawTable.Column, role: Role, isOfLead: Bool, labels: [Bool], time: RawTable.Column?, counts: Counts
    ) {
        self.isOfLead = isOfLead
        name = column.name
        self.role = role
        kind = ColumnInference.kind(of: column, rowsInAll: counts.rows)
        missing = counts.missing
        missingShare = counts.rows > 0 ? Double(counts.missing) / Double(counts.rows) : 0
        missingShareInPositives = Self.share(counts.missingPositives, counts.positives)
        missingShareInNegatives = Self.share(counts.missingNegatives, counts.negatives)
        distinct = counts.distinct
        isDistinctEstimated = counts.isDistinctEstimated
        let lateness = role == .input ? Self.lateness(column, kind, time) : nil
        dates = Self.dates(column, kind, lateness)
        guard role == .input else {
            auc = nil
            policy = .allowed
            leakage = LeakageJudgement(LeakageJudgement.Facts(name: ""))
            return
        }
        let canMeasure = min(counts.positives, counts.negatives) >= LeakageJudgement.minimumClassRows
        auc = canMeasure ? SingleColumnAUC(column: column, kind: kind, labels: labels) : nil
        policy = FeaturePolicy.standard.verdict(column: column.name, sample: Array(column.texts.prefix(100)))
        var facts = LeakageJudgement.Facts(name: column.name)
        if case .date = kind { facts.isDate = true }
        facts.positives = counts.positives
        facts.negatives = counts.negatives
        facts.filledPositives = counts.positives - counts.missingPositives
        facts.filledNegatives = counts.negatives - counts.missingNegatives
        facts.auc = auc
        facts.lateness = lateness
        leakage = LeakageJudgement(facts)
    }

    /// Why the column is left out of training; nil where it isn't. What `isOverridable` is used where it is allowed by name.
    public var leftOut: (reason: String, isOverridable: Bool)? {
        switch role {
        case .label: return ("the label", false)
        case .time: return ("the time that orders the rows", false)
        case .input: break
        }
        if isOfLead { return leadFeature.map { ($0, false) } }
        if let reason = kind.dropReason { return (reason, false) }
        switch policy {
        case .allowed: break
        case .proxy(let reason): return ("policy, a proxy: \(reason)", true)
        case .blocked(let reason): return ("policy: \(reason)", true)
        }
        guard leakage.verdict == .leaks else { return nil }
        return ("leakage: \(leakage.evidence.first ?? "")", true)
    }

    /// The schema of leads can't be overridden, so nothing here can be allowed.
    private var leadFeature: String? {
        guard let feature = Feature(name: name) else {
            return "not one of the 28 features of a lead, which this table holds"
        }
        switch FeaturePolicy.standard.verdict(for: feature) {
        case .allowed: return nil
        case .proxy(let reason): return "masked, a proxy: \(reason)"
        case .blocked(let reason): return "masked by policy: \(reason)"
        }
    }

    /// Whether a table of these columns holds all 28 features of a lead.
    static func areLeadFeatures(_ names: [String]) -> Bool {
        let names = Set(names)
        return Feature.allCases.allSatisfy { names.contains($0.name) }
    }

    private static func share(_ part: Int, _ whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }

    // MARK: Dates

    private static func dates(
        _ column: RawTable.Column, _ kind: InferredKind, _ lateness: (share: Double, rows: Int)?
    ) -> Dates? {
        guard case .date(let style) = kind else { return nil }
        let moments = column.texts.compactMap { style.timestamp(of: $0) }
        guard let first = moments.min(), let last = moments.max() else { return nil }
        return Dates(first: first, last: last, laterThanTime: lateness?.share)
    }

    /// How often the column's date is later than the time column's, by more than the day that a date without a time may hide.
    private static func lateness(
        _ column: RawTable.Column, _ kind: InferredKind, _ time: RawTable.Column?
    ) -> (share: Double, rows: Int)? {
        guard case .date(let style) = kind, let time, case .date(let timeStyle) = ColumnInference.kind(of: time) else {
            return nil
        }
        let moments = column.texts.map { style.timestamp(of: $0) }
        let times = time.texts.map { timeStyle.timestamp(of: $0) }
        var rows = 0
        var later = 0
        for (code, timeCode) in zip(column.codes, time.codes) {
            guard let moment = moments[Int(code)], let at = times[Int(timeCode)] else { continue }
            rows += 1
            if moment.milliseconds - at.milliseconds >= 86_400_000 { later += 1 }
        }
        return rows > 0 ? (Double(later) / Double(rows), rows) : nil
    }
}
