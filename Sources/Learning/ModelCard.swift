/// Where a model comes from, what it was measured on and what it must not be taken for.
public struct ModelCard: Sendable, Hashable {
    /// What the hold-out was.
    public struct Holdout: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable { case stratified, newest, file, none }

        public var kind: Kind
        /// nil when nothing was held out: an unmeasured model has no figures.
        public var figures: QualityFigures?

        public init(kind: Kind, figures: QualityFigures?) {
            self.kind = kind
            self.figures = figures
        }
    }

    /// A column that the model does not use, and why.
    public struct LeftOut: Sendable, Hashable {
        public var column: String
        public var reason: String

        public init(column: String, reason: String) {
            self.column = column
            self.reason = reason
        }
    }

    /// What people call the model.
    public var name: String
    /// Column and value that the model predicts; nil for a prior and for imports without a label.
    public var label: String?
    public var positive: String?
    /// Rows and positives behind the forest; 0 and 0 for a prior, nil where an imported file doesn't say.
    public var rows: Int?
    public var positives: Int?
    /// First and last day of the training rows as `2026-11-22`; nil without a time column.
    public var windowFrom: String?
    public var windowTo: String?
    /// Lowercase hexadecimal SHA-256 of the training file: `evaluate` refuses the rows that the model has seen.
    public var dataSHA256: String?
    public var holdout: Holdout
    /// The forest was trained again on all rows after the figures were taken: they belong to the run before.
    public var isRefitted: Bool
    public var leftOut: [LeftOut]
    /// Name and value of each setting: seed, rounds, depth, library.
    public var settings: [Setting]
    /// Plain sentences for people.
    public var notes: [String]

    public struct Setting: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A card that claims nothing.
    public init(name: String) {
        self.name = name
        holdout = Holdout(kind: .none, figures: nil)
        isRefitted = false
        leftOut = []
        settings = []
        notes = []
    }
}
