import Crypto
import Features
import HTTPTypes
import JSONBytes
import Leads
import Realtime
import Scoring

/// Everything that the routes work with. One value, copied into each of them.
struct API: Sendable {
    static let prefix = "/api/v1/ml"

    let engine: ScoringEngine
    let store: GuardedStore
    let cache: any ScoreCache
    let hub: Hub
    let tickets: TicketOffice
    let health: HealthMonitor
    let statistics: RequestStatistics
    let admission: ScoreAdmission
    /// Of every amount of money, ISO 4217.
    let currency: String
    let clock: any WallClock
    /// JWT mode's list of revoked tokens; nil in local mode, which has none to revoke.
    var revocations: RevocationList?
    /// Changes which model serves, learns and judges, where the store keeps models.
    var care: ModelCare?
    /// The other nodes on the same store, where it may have several.
    var nodes: Nodes?
    /// The tenant that may see figures of the whole process; nil for every one.
    var operatorTenant: String?

    // MARK: What several routes ask of a request

    /// The lead of the path, held to the same rules as one in a body.
    func leadID(_ exchange: Exchange) throws(APIError) -> String {
        let id = exchange.parameters[0]
        let problems = Lead(id: id).problems()
        guard problems.isEmpty else { throw .invalid(problems) }
        return id
    }

    /// Whether `?include=features` stands in the query.
    func includesFeatures(_ exchange: Exchange, problems: inout [FieldProblem]) -> Bool {
        switch exchange.query["include"] {
        case nil: return false
        case "features": return true
        default:
            problems.append(FieldProblem(field: "include", problem: "must be features"))
            return false
        }
    }

    /// The `Idempotency-Key` header: 1 to 128 visible ASCII characters.
    func idempotencyKey(_ exchange: Exchange, problems: inout [FieldProblem]) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = exchange.headers[name] else { return nil }
        if (1...128).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return key }
        problems.append(
            FieldProblem(field: "Idempotency-Key", problem: "must be 1 to 128 visible ASCII characters"))
        return nil
    }

    static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(bytes)))
    }

    // MARK: Errors of the rooms below, as the wire says them

    static func refusal(_ error: StoreError) -> APIError {
        switch error.code {
        case .badCursor: .invalid("cursor", "is not a cursor of this list and sort")
        case .optedOut: APIError(.scoringOptedOut, "the lead asked not to be scored automatically")
        case .notFound: APIError(.notFound, "nothing is stored of this lead")
        case .overloaded: APIError(.overloaded, "more waits to be stored than the limit allows")
        case .outcomeUnknown:
            APIError(
                .storeUnavailable,
                "the database was lost while it stored this, and whether it did is not known: repeat it with the same "
                    + "request_id")
        case .erasureIncomplete:
            APIError(
                .storeUnavailable,
                "the lead is erased, but somebody still reads an old state of the database that shows it: repeat this until "
                    + "the answer is 404")
        case .unavailable, .full, .readOnly, .corrupt, .other:
            APIError(.storeUnavailable, "the store can't do this now (\(error.code.rawValue)); nothing was changed")
        }
    }

    static func refusal(_ error: ScoringError) -> APIError {
        switch error {
        case .optedOut: APIError(.scoringOptedOut, "the lead asked not to be scored automatically")
        case .idempotencyConflict:
            APIError(.idempotencyConflict, "the same request id was used within 24 hours with another body")
        case .unprocessable(let problems): .invalid(problems)
        case .store(let error): refusal(error)
        case .noModel: APIError(.noModel, "no model is loaded and no second opinion is configured")
        case .overloaded: APIError(.overloaded, "more requests wait than the limit allows")
        case .inference: APIError(.internalError, "something failed on our side")
        case .cancelled: APIError(.overloaded, "the request was given up")
        }
    }

    static func noScore() -> APIError { APIError(.notFound, "no score is stored of this lead") }
}

/// Tells others of what is done already: where they can't be told now, the answer says what was `done` and what to do, and not
/// that nothing was changed.
func telling<Value>(
    _ done: String, _ work: () async throws(APIError) -> Value
) async throws(APIError) -> Value {
    do throws(APIError) {
        return try await work()
    } catch {
        throw APIError(.storeUnavailable, done)
    }
}

/// What the store answers, its refusals as the wire says them.
func stored<Value>(_ work: () async throws(StoreError) -> Value) async throws(APIError) -> Value {
    do {
        return try await work()
    } catch {
        throw API.refusal(error)
    }
}
