public import Leads
public import Learning

/// What a report is asked for.
public struct ReportOptions: Sendable {
    /// The column that says what became of the lead.
    public var label: String
    /// The label's value that counts; nil takes the one that the model was trained for.
    public var positive: String?
    /// A column of dates: the data window, and quality by month.
    public var time: String?
    /// A column by which quality is shown.
    public var source: String?
    /// Columns by which the fair-housing impact is shown. Never an input of the model.
    public var groups: [String] = []
    /// From which `ml_score` a lead is hot.
    public var thresholds = AgencyProfile.Thresholds()
    /// The moment that dates are aged to; nil takes the newest date in the file.
    public var asOf: Timestamp?
    /// A model to compare with on the same rows, such as the prior.
    public var rival: ModelArtifact?
    /// Of the resamples behind the intervals.
    public var seed: UInt64 = 1

    public init(label: String) { self.label = label }
}
