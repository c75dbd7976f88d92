public import Leads

/// Why a lead got no score. Descriptions hold no lead data.
public enum ScoringError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The person asked not to be scored automatically (409 `scoring_opted_out`).
    case optedOut
    /// The idempotency key was used within 24 hours with another body (409).
    case idempotencyConflict
    /// The request does not mean something this model can score; every bad field is named (422).
    case unprocessable([FieldProblem])
    /// Nothing was stored, so nothing is acknowledged.
    case store(StoreError)
    /// No model is loaded, and no second opinion is configured (503).
    case noModel
    /// More requests wait than the engine allows (503).
    case overloaded
    /// The model refused a row that passed validation: a defect, worth a log line of its own (500).
    case inference(String)
    /// The caller went away.
    case cancelled

    /// A retry of the same request may succeed.
    public var isRetryable: Bool {
        switch self {
        case .store(let error): error.isRetryable
        case .noModel, .overloaded: true
        case .optedOut, .idempotencyConflict, .unprocessable, .inference, .cancelled: false
        }
    }

    /// The wire's error code.
    public var code: String {
        switch self {
        case .optedOut: "scoring_opted_out"
        case .idempotencyConflict: "idempotency_conflict"
        case .unprocessable: "validation_failed"
        case .store(let error) where error.code == .optedOut: "scoring_opted_out"
        case .store(let error) where error.code == .overloaded: "overloaded"
        case .store: "store_unavailable"
        case .noModel: "no_model"
        case .overloaded: "overloaded"
        case .inference: "internal_error"
        case .cancelled: "cancelled"
        }
    }

    public var description: String {
        switch self {
        case .optedOut: "the lead asked not to be scored automatically"
        case .idempotencyConflict: "the same request id was used with another body within 24 hours"
        case .unprocessable(let problems): "\(problems.count) field(s) can't be scored"
        case .store(let error): error.description
        case .noModel: "no model is loaded"
        case .overloaded: "too many requests wait"
        case .inference(let reason): "the model refused the row: \(reason)"
        case .cancelled: "the request was cancelled"
        }
    }
}
