public import Forest
public import Learning

/// What `train` is asked to do.
public struct TrainingOptions: Sendable {
    /// Columns whose policy and leakage verdicts are reported, not enforced.
    public enum Allowance: Sendable, Hashable {
        case columns(Set<String>)
        case all

        func contains(_ column: String) -> Bool {
            switch self {
            case .columns(let names): names.contains(column)
            case .all: true
            }
        }

        var names: Set<String> {
            switch self {
            case .columns(let names): names
            case .all: []
            }
        }
    }

    /// The rows that the figures are measured on, and no other.
    public enum Holdout: Sendable, Hashable {
        /// A share of the rows, below 1: the newest with a time column, else drawn evenly from both classes.
        case share(Double)
        case file(String)
        case none
    }

    public var label: String
    /// The label's value that counts as converted; nil: found out where it is plain (yes, true, 1, won).
    public var positive: String?
    public var time: String?
    /// With a time column: which rate of positives the probabilities are to meet.
    public var level = Calibration.Level.newest
    public var exclude: Set<String> = []
    public var allow = Allowance.columns([])
    public var holdout = Holdout.share(0.2)
    public var seed: UInt64 = 1
    /// How long search and training may take, reading the file not counted. The first settings get ten seconds at least, and
    /// what is chosen is always trained to the end.
    public var budget = Duration.seconds(120)
    /// What the first settings get at least. Where a clock decides, the model isn't the same on every machine.
    var leastBudget = Duration.seconds(10)
    /// Forests that grow at once; nil: as many as there are processors. The model doesn't depend on it.
    public var threads: Int?
    /// The prior's forest over the 28 features. A table of lead features is learned on top of it, as far as that judges
    /// left-out rows better; other tables don't look at it.
    public var prior: Forest?
    /// What people call the model.
    public var name = "model"

    public init(label: String) { self.label = label }
}

/// Where a long run stands, for a progress bar.
public struct TrainingProgress: Sendable {
    /// As people would say it: "reading", "settings 2 of 5".
    public var stage: String
    public var done: Int
    /// nil where it isn't known.
    public var total: Int?
    /// What is counted: rows, bytes, rounds.
    public var unit: String

    public init(stage: String, done: Int, total: Int?, unit: String) {
        self.stage = stage
        self.done = done
        self.total = total
        self.unit = unit
    }
}
