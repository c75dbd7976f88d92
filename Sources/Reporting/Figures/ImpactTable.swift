import Learning

/// The fair-housing impact of calling hot leads first, by a group that people volunteered or the team supplied.
///
/// A group is compared with the one chosen most often (the "best" group), by the four-fifths rule and by Fisher's exact
/// test; a difference counts as shown when both speak.
struct ImpactTable: Sendable {
    enum Verdict: String, Sendable {
        /// The group that is chosen most often.
        case best
        /// At least four fifths of the best group's share.
        case withinFourFifths = "within_four_fifths"
        /// Below four fifths, and hardly by chance (p < 0.05).
        case belowFourFifths = "below_four_fifths"
        /// Below four fifths, but chance could do that.
        case belowPerhapsChance = "below_four_fifths_perhaps_chance"
        /// Fewer than 30 leads.
        case tooFew = "too_few_to_tell"
        /// Not stated, or values put together: shown, not compared.
        case notCompared = "not_compared"
    }

    struct Entry: Sendable {
        var name: String
        var rows: Int
        var hot: Int
        /// Hot among those that closed: a group may be hot less often because fewer of it close.
        var hotClosed: Int
        var calibration: CalibrationDrift
        /// Against the best group; nil for it, and where nothing is compared.
        var table: TwoByTwo?
        var fisherP: Double?
        var verdict: Verdict
        /// What holds a group back that is below four fifths; empty for others.
        var drivers: [GroupDrivers.Driver] = []

        var selectionRate: Double { Double(hot) / Double(rows) }
        var selectionInterval: ClosedRange<Double>? { ShareInterval.ninety(hot, of: rows) }
        var hotClosedInterval: ClosedRange<Double>? { ShareInterval.ninety(hotClosed, of: calibration.observed) }
    }

    static let minimumRows = 30
    static let fourFifths = 0.8
    static let significance = 0.05
    static let maximumGroups = 20

    let column: String
    /// The model reads this column: that is a finding of its own.
    let isModelInput: Bool
    /// Largest group first.
    let entries: [Entry]

    init(
        _ column: SliceColumn, isModelInput: Bool, isHot: [Bool], probabilities: [Double], labels: [Bool],
        drivers: GroupDrivers? = nil
    ) {
        self.column = column.name
        self.isModelInput = isModelInput
        var entries = column.slices(limit: Self.maximumGroups, byName: false).map { slice in
            var calibration = CalibrationDrift()
            for row in slice.rows { calibration.add(probability: probabilities[row], isPositive: labels[row]) }
            return Entry(
                name: slice.name, rows: slice.rows.count, hot: slice.rows.count { isHot[$0] },
                hotClosed: slice.rows.count { isHot[$0] && labels[$0] }, calibration: calibration,
                verdict: !slice.isNamed ? .notCompared : slice.rows.count < Self.minimumRows ? .tooFew : .best)
        }
        let compared = entries.filter { $0.verdict == .best }
        let best = compared.max {
            ($0.selectionRate, $0.rows, $1.name) < ($1.selectionRate, $1.rows, $0.name)
        }
        guard let best, compared.count > 1 else {
            // A single group has nobody to be compared with.
            for place in entries.indices where entries[place].verdict == .best { entries[place].verdict = .notCompared }
            self.entries = entries
            return
        }
        for place in entries.indices where entries[place].verdict != .notCompared && entries[place].name != best.name {
            let entry = entries[place]
            let table = TwoByTwo(
                chosen: entry.hot, others: entry.rows - entry.hot, chosenElsewhere: best.hot,
                othersElsewhere: best.rows - best.hot)
            let chance = table.fisherP
            entries[place].table = table
            entries[place].fisherP = chance
            guard entry.verdict == .best else { continue }
            entries[place].verdict =
                table.ratio ?? 1 >= Self.fourFifths
                ? .withinFourFifths : chance < Self.significance ? .belowFourFifths : .belowPerhapsChance
            if entries[place].verdict != .withinFourFifths {
                entries[place].drivers = drivers?.drivers(of: entry.name, against: best.name) ?? []
            }
        }
        self.entries = entries
    }

    /// The groups for which a difference is shown.
    var shown: [Entry] { entries.filter { $0.verdict == .belowFourFifths } }
}
