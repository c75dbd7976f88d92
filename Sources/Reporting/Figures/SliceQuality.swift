import Learning

/// Quality by the values of one column.
struct SliceQuality: Sendable {
    struct Entry: Sendable {
        var name: String
        var rows: Int
        /// Pairs of probability and outcome: closed, expected, observed over expected.
        var calibration: CalibrationDrift
        /// nil where the slice has too few rows of either outcome to tell.
        var auc: QualityFigures.Figure?

        var rate: Double { Double(calibration.observed) / Double(rows) }
        var rateInterval: ClosedRange<Double>? { ShareInterval.ninety(calibration.observed, of: rows) }
        var isTooSmall: Bool { auc == nil }
    }

    /// A slice needs so many rows of each outcome before its ranking is judged.
    static let minimumOfEach = 10
    static let maximumSlices = 15
    static let maximumMonths = 36

    let column: String
    let entries: [Entry]

    /// By month the newest are kept, in order of time; by source the largest, largest first.
    init(_ column: SliceColumn, byMonth: Bool, probabilities: [Double], labels: [Bool], seed: UInt64) {
        self.column = column.name
        let limit = byMonth ? Self.maximumMonths : Self.maximumSlices
        entries = column.slices(limit: limit, byName: byMonth).map { slice in
            Self.entry(slice, probabilities, labels, seed)
        }
    }

    private static func entry(
        _ slice: SliceColumn.Slice, _ probabilities: [Double], _ labels: [Bool], _ seed: UInt64
    ) -> Entry {
        var calibration = CalibrationDrift()
        for row in slice.rows { calibration.add(probability: probabilities[row], isPositive: labels[row]) }
        var entry = Entry(name: slice.name, rows: slice.rows.count, calibration: calibration, auc: nil)
        if min(calibration.observed, slice.rows.count - calibration.observed) >= minimumOfEach {
            let figures = QualityFigures(
                probabilities: slice.rows.map { probabilities[$0] }, labels: slice.rows.map { labels[$0] }, seed: seed)
            entry.auc = figures.figures.first { $0.measure == .auc }
        }
        return entry
    }
}
