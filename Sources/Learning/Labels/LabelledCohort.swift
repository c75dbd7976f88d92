public import Features
public import JSONBytes
public import Leads

/// What was counted on the way from stored scores to training rows.
public struct LabelCounts: Sendable, Hashable {
    /// Scores looked at.
    public var scores = 0
    /// Of a model on the team's own table: no rows.
    public var scoresWithoutFeatures = 0
    /// Made after an outcome of their lead: no rows.
    public var resolvedScores = 0
    /// Leads with a score to draw; each ends in one of the four below.
    public var leads = 0
    public var won = 0
    /// Lost or abandoned.
    public var lost = 0
    /// The window ended without a word.
    public var expired = 0
    /// The window is open and nothing is known: left out.
    public var censored = 0

    public init() {}

    /// Leads whose label is known: the training rows.
    public var rows: Int { won + lost + expired }

    /// `scores`, `scores_without_features`, `scores_already_resolved`, `leads`, `won`, `lost`, `no_win_in_window`,
    /// `censored`, `rows`.
    public func encodeMembers(to json: inout JSONWriter) {
        json.member("scores", scores)
        json.member("scores_without_features", scoresWithoutFeatures)
        json.member("scores_already_resolved", resolvedScores)
        json.member("leads", leads)
        json.member("won", won)
        json.member("lost", lost)
        json.member("no_win_in_window", expired)
        json.member("censored", censored)
        json.member("rows", rows)
    }
}

/// One row a lead whose label is known, oldest first, and the share of wins among them and among all.
public struct LabelledCohort: Sendable {
    public struct Row: Sendable, Hashable {
        public var leadKey: UInt64
        public var scoredAt: Timestamp
        public var features: FeatureVector
        public var isPositive: Bool
        /// Of the model that made the score, with what it said, 0...1.
        public var modelSHA256: String
        public var probability: Double
        /// From the score until the label was known.
        public var decidedAfter: Duration
        /// Nothing that comes later can change the label, and leads of this age are all rows: their share of wins is
        /// not bent by what is not known yet.
        public var windowHasEnded: Bool

        public init(
            leadKey: UInt64, scoredAt: Timestamp, features: FeatureVector, isPositive: Bool, modelSHA256: String = "",
            probability: Double = 0, decidedAfter: Duration, windowHasEnded: Bool
        ) {
            self.leadKey = leadKey
            self.scoredAt = scoredAt
            self.features = features
            self.isPositive = isPositive
            self.modelSHA256 = modelSHA256
            self.probability = probability
            self.decidedAfter = decidedAfter
            self.windowHasEnded = windowHasEnded
        }
    }

    public let rows: [Row]
    public let counts: LabelCounts
    public let window: LabelWindow
    public let asOf: Timestamp
    /// nil without rows.
    public let baseRate: BaseRate?

    /// `followUps` is of every lead of the cohort, those without a label included: from its score to `asOf`.
    init(rows: [Row], counts: LabelCounts, followUps: [Duration], window: LabelWindow, asOf: Timestamp) {
        self.rows = rows
        self.counts = counts
        self.window = window
        self.asOf = asOf
        baseRate = BaseRate(
            decided: rows.map { ($0.isPositive, $0.decidedAfter) }, followUps: followUps,
            censored: counts.censored)
    }

    /// Whether what a model said has come true, on the leads that it scored and whose window has ended: younger ones that
    /// are decided are mostly won.
    public func calibration(of modelSHA256: String) -> CalibrationReading {
        var drift = CalibrationDrift()
        for row in rows where row.windowHasEnded && row.modelSHA256 == modelSHA256 {
            drift.add(probability: row.probability, isPositive: row.isPositive)
        }
        return CalibrationReading(drift)
    }
}
