import Scoring

/// What libpq or the server reported. None of it holds a statement's text, its arguments or a stored value.
enum PostgresFailure: Error, Hashable {
    /// The server refused a statement; the connection goes on. Five characters, PostgreSQL appendix A.
    case refused(sqlState: String)
    /// No connection could be made; the text names address and reason, for the operator.
    case connectFailed(String, StoreError.Reason? = nil)
    /// The connection broke while an answer was awaited.
    case connectionLost
    /// A step took longer than its deadline; the connection was given up.
    case deadline
    /// The server answered something that was not asked for.
    case unexpectedAnswer
    /// The connection broke after COMMIT was sent, and what became of it could not be found out.
    case outcomeUnknown

    /// Nil where it is not the server that said no.
    var sqlState: String? {
        if case .refused(let state) = self { state } else { nil }
    }
}

extension StoreError {
    init(_ action: StaticString, _ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case PostgresFailure.refused(let state):
            let name = StoreError.conditions[state].map { " (\($0))" } ?? ""
            self.init(
                StoreError.code(ofState: state), "\(action): PostgreSQL \(state)\(name)",
                reason: StoreError.reason(ofState: state))
        case PostgresFailure.connectFailed(let text, let reason):
            self.init(.unavailable, text, reason: reason)
        case PostgresFailure.connectionLost:
            self.init(.unavailable, "\(action): the connection to PostgreSQL broke", reason: .connectionLost)
        case PostgresFailure.deadline:
            self.init(.unavailable, "\(action): PostgreSQL did not answer within the deadline", reason: .timeout)
        case PostgresFailure.outcomeUnknown:
            self.init(
                .outcomeUnknown,
                "\(action): the connection broke while PostgreSQL committed; whether it is stored is not known yet")
        case PostgresFailure.unexpectedAnswer:
            self.init(.other, "\(action): PostgreSQL answered something else")
        default:
            self.init(.other, "\(action): \(type(of: error))")
        }
    }

    /// By class where a class means one thing, by state where it doesn't.
    static func code(ofState state: String) -> Code {
        switch state {
        case "53100": return .full
        case "25006", "42501": return .readOnly
        case "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "3D000": return .unavailable
        // Our tables are not there, or not as we made them.
        case "42P01", "42703", "3F000", "42883": return .corrupt
        default: break
        }
        switch state.prefix(2) {
        case "08", "28", "40", "53", "58": return .unavailable
        case "XX": return state == "XX000" ? .other : .corrupt
        default: return .other
        }
    }

    /// Nil where the state's code says all that an operator can use.
    static func reason(ofState state: String) -> Reason? {
        switch state {
        case "53300": .tooManyConnections
        case "3D000": .noSuchDatabase
        case "57014": .timeout
        case "55P03", "40001", "40P01": .locked
        case _ where state.hasPrefix("28"): .loginRefused
        case _ where state.hasPrefix("57P"): .notAccepting
        case _ where state.hasPrefix("08"): .connectionLost
        case _ where state.hasPrefix("58"): .ioError
        default: nil
        }
    }

    /// True for what one caller's data can cause, so that its neighbours in the group deserve a try of their own.
    var mayBeOneCallers: Bool { code == .full || code == .other }

    /// Names for the states that an operator is likely to meet.
    private static let conditions = [
        "08006": "connection_failure", "22021": "character_not_in_repertoire", "23505": "unique_violation",
        "25006": "read_only_sql_transaction", "25P03": "idle_in_transaction_session_timeout",
        "28000": "invalid_authorization", "28P01": "invalid_password", "3D000": "invalid_catalog_name",
        "40001": "serialization_failure", "40P01": "deadlock_detected", "42501": "insufficient_privilege",
        "42P01": "undefined_table", "53100": "disk_full", "53200": "out_of_memory", "53300": "too_many_connections",
        "55P03": "lock_not_available", "57014": "query_canceled: statement_timeout", "57P01": "admin_shutdown",
        "57P02": "crash_shutdown", "57P03": "cannot_connect_now", "58030": "io_error", "XX001": "data_corrupted",
        "XX002": "index_corrupted",
    ]
}
