/// Why the store could not do what was asked. Its description holds no lead data and no SQL.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Can't be reached, locked for too long, or shutting down: a retry may help.
        case unavailable
        /// The connection was lost while the store committed: it may be stored or not. Repeating the same events is
        /// safe, for an event that stands in the log is not stored again.
        case outcomeUnknown = "outcome_unknown"
        /// The disk or the quota is full.
        case full
        /// The file or the server lets us read only.
        case readOnly = "read_only"
        /// The file is damaged or is not ours.
        case corrupt
        /// A cursor that this store did not make.
        case badCursor = "bad_cursor"
        /// More waits to be written than the limit allows: a retry helps.
        case overloaded
        /// The lead was erased or asked not to be scored while this was on its way.
        case optedOut = "opted_out"
        case notFound = "not_found"
        /// The lead is erased, but a reader still holds old pages with its bytes: the erasure is to be repeated until
        /// nothing is found.
        case erasureIncomplete = "erasure_incomplete"
        case other
    }

    /// What exactly stood in the way, where the engine can tell: a bounded word for health, metrics and the operator.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Nothing listens at the address.
        case connectionRefused = "connection_refused"
        /// The host's name is not known here.
        case unknownHost = "unknown_host"
        /// Wrong password, unknown user, or not let in from here.
        case loginRefused = "login_refused"
        case noSuchDatabase = "no_such_database"
        case tooManyConnections = "too_many_connections"
        /// The server starts, stops or recovers.
        case notAccepting = "not_accepting"
        case connectionLost = "connection_lost"
        /// No answer within the deadline.
        case timeout
        /// Somebody else holds what we need.
        case locked
        /// The disk or the file system reported an error.
        case ioError = "io_error"
    }

    public var code: Code
    /// Safe to show: what was attempted, and the engine's own error class.
    public var message: String
    /// More exact than the code; nil where the code says all.
    public var reason: Reason?

    public init(_ code: Code, _ message: String, reason: Reason? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    public var isRetryable: Bool {
        [.unavailable, .overloaded, .full, .outcomeUnknown, .erasureIncomplete].contains(code)
    }
    public var description: String { "store \(code.rawValue): \(message)" }
}
