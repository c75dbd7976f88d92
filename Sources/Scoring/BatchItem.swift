public import Leads

/// One place of a batch: a lead to score, or what was wrong with it before it got here.
public enum BatchItem: Sendable {
    case request(ScoreRequest)
    case rejected(BatchFailure)
}

/// One entry of a batch's `errors`.
public struct BatchFailure: Sendable, Hashable {
    /// As far as it could be read.
    public var leadID: String?
    /// A code of the wire's error table, such as `validation_failed`.
    public var code: String
    /// Safe to show: no lead data.
    public var message: String
    public var details: [FieldProblem]

    public init(leadID: String?, code: String, message: String, details: [FieldProblem] = []) {
        self.leadID = leadID
        self.code = code
        self.message = message
        self.details = details
    }
}

/// The outcome of one batch: each item is in exactly one of `results` and `failures`.
public struct BatchAnswer: Sendable {
    public var batchID: String
    /// In input order, with the item's index.
    public var results: [(index: Int, answer: ScoreAnswer)]
    public var failures: [(index: Int, failure: BatchFailure)]
    /// The wire form of all of it, one JSON object.
    public var body: [UInt8]

    public init(
        batchID: String, results: [(index: Int, answer: ScoreAnswer)],
        failures: [(index: Int, failure: BatchFailure)], body: [UInt8]
    ) {
        self.batchID = batchID
        self.results = results
        self.failures = failures
        self.body = body
    }
}
