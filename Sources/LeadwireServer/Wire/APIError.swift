import JSONBytes
import Leads

/// What the `error` member of a refusal may say; the list is part of the wire contract (section 2, Errors).
public enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    case invalidJSON = "invalid_json"
    case badRequest = "bad_request"
    case unauthorized
    case forbidden
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case idempotencyConflict = "idempotency_conflict"
    case scoringOptedOut = "scoring_opted_out"
    case modelConflict = "model_conflict"
    case tooLarge = "too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case validationFailed = "validation_failed"
    case upgradeRequired = "upgrade_required"
    case rateLimited = "rate_limited"
    case internalError = "internal_error"
    case storeUnavailable = "store_unavailable"
    case noModel = "no_model"
    case overloaded

    /// The HTTP status that goes with the code: one cause, one status.
    public var status: Int {
        switch self {
        case .invalidJSON, .badRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .idempotencyConflict, .scoringOptedOut, .modelConflict: 409
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .validationFailed: 422
        case .upgradeRequired: 426
        case .rateLimited: 429
        case .internalError: 500
        case .storeUnavailable, .noModel, .overloaded: 503
        }
    }

    /// Whether the same request may succeed a little later.
    public var isRetryable: Bool {
        switch self {
        case .rateLimited, .storeUnavailable, .noModel, .overloaded: true
        default: false
        }
    }
}

/// A refusal as the caller sees it. Its text never holds lead data, and a 500 never holds a cause.
struct APIError: Error, Sendable {
    var code: ErrorCode
    var message: String
    var details: [FieldProblem] = []
    /// Extra response headers: `Allow`, `Retry-After`, `WWW-Authenticate`, `Sec-WebSocket-Version`.
    var headers: [(name: String, value: String)] = []
    /// The connection can't be used again: the rest of the body was not read.
    var closesConnection = false

    init(_ code: ErrorCode, _ message: String, details: [FieldProblem] = []) {
        self.code = code
        self.message = message
        self.details = details
        switch code {
        case .unauthorized: headers.append(("WWW-Authenticate", "Bearer"))
        case .upgradeRequired: headers += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        case _ where code.isRetryable: headers.append(("Retry-After", "1"))
        default: break
        }
    }

    static func invalid(_ problems: [FieldProblem]) -> APIError {
        let names = problems.prefix(3).map(\.field).joined(separator: ", ")
        let more = problems.count > 3 ? " and \(problems.count - 3) more" : ""
        return APIError(.validationFailed, "not valid: \(names)\(more)", details: problems)
    }

    static func invalid(_ field: String, _ problem: String) -> APIError {
        invalid([FieldProblem(field: field, problem: problem)])
    }

    static func notJSON(_ error: JSONError) -> APIError {
        switch error.code {
        case .tooLarge: APIError(.tooLarge, "the JSON is too large")
        case .tooDeep: .invalid("body", "nested deeper than \(JSONLimits.request.maximumDepth) levels")
        default: APIError(.invalidJSON, "the body is not JSON: \(error.code) at byte \(error.offset)")
        }
    }

    /// The error object of the contract.
    func body(requestID: String, at now: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: 256 + details.count * 80)
        json.beginObject()
        encodeMembers(into: &json)
        json.member("request_id", requestID)
        json.member("timestamp", now.description)
        json.endObject()
        return json.bytes
    }

    /// `error`, `message`, `details` and, where it helps, `retryable`: the part that a batch's entry shares.
    func encodeMembers(into json: inout JSONWriter) {
        json.member("error", code.rawValue)
        json.member("message", message)
        json.key("details")
        json.beginArray()
        for detail in details {
            json.beginObject()
            json.member("field", detail.field)
            json.member("problem", detail.problem)
            json.endObject()
        }
        json.endArray()
        if code.isRetryable { json.member("retryable", true) }
    }
}
