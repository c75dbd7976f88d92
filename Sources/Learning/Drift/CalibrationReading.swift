public import JSONBytes

/// What ``CalibrationDrift`` found, as it goes from one process to another and to people.
public struct CalibrationReading: Sendable, Hashable {
    /// Leads looked at, wins among them, and wins that the probabilities promised.
    public let rows: Int
    public let observed: Int
    public let expected: Double
    /// 90% interval of observed / expected; nil where nothing was expected.
    public let interval: ClosedRange<Double>?
    public let verdict: DriftVerdict

    public init(_ drift: CalibrationDrift) {
        rows = drift.count
        observed = drift.observed
        expected = drift.expected
        interval = drift.ratioInterval
        verdict = drift.verdict
    }

    /// What ``encode(to:)`` wrote; nil for anything else.
    public init?(_ element: JSONElement) {
        guard let rows = element["rows"]?.int, let observed = element["observed"]?.int,
            let expected = element["expected"]?.double,
            let verdict = element["verdict"]?.string.flatMap(DriftVerdict.init(rawValue:))
        else { return nil }
        self.rows = rows
        self.observed = observed
        self.expected = expected
        self.verdict = verdict
        interval = element["ratio_interval_90"]?.range
    }

    /// `rows`, `observed`, `expected`, `ratio_interval_90` (null where there is none), `verdict`.
    public func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.member("rows", rows)
        json.member("observed", observed)
        json.member("expected", expected)
        json.member("ratio_interval_90", interval)
        json.member("verdict", verdict.rawValue)
        json.endObject()
    }
}
