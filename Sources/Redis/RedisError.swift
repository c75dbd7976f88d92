/// Why Redis did not do what was asked. Neither what was sent nor what was answered is in it.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// No connection could be made.
        case refused
        /// The connection could not be secured: a certificate that is wrong, or a server that speaks no TLS.
        case tls
        /// No answer in time, or no connection in time.
        case deadline
        /// A wrong user or password, or none where one is needed.
        case auth
        /// The user may not do this.
        case denied
        /// A replica, or a server that can't save and so takes no writes.
        case readOnly = "readonly"
        /// `maxmemory` is reached.
        case outOfMemory = "oom"
        /// The server reads its data in and answers nothing yet.
        case loading
        /// The server is held by a script or a function.
        case busy
        /// A cluster's node that wants to send us elsewhere; clusters are not served.
        case cluster
        /// The script is not known there; ``RedisClient/run(_:keys:arguments:deadline:)`` sends it then.
        case noScript = "noscript"
        /// The connection broke while an answer was awaited: the command may have been done or not.
        case lost
        /// More waits than the limit allows.
        case overloaded
        /// The server sent what is not RESP, or another kind of answer than the command has.
        case malformed
        /// An answer larger than ``RedisConfiguration/limits`` allow; the connection was ended.
        case tooLarge = "too_large"
        case cancelled
        /// The client was closed.
        case closed
        case other
    }

    public var code: Code
    /// Safe to show.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A bounded word for health and metrics: `redis_refused`, `redis_deadline`, ...
    public var word: String { "redis_\(code.rawValue)" }

    public var description: String { "redis \(code.rawValue): \(message)" }
}

extension RedisError {
    /// From the first word of an error that the server answered; the rest of it may repeat what was sent.
    init(reply: [UInt8]) {
        let word = String(decoding: reply.prefix { (65...90).contains($0) }.prefix(16), as: UTF8.self)
        switch word {
        case "WRONGPASS", "NOAUTH": self.init(.auth, "the server does not take this user and password")
        case "NOPERM": self.init(.denied, "the user may not do this (NOPERM)")
        case "DENIED": self.init(.denied, "the server is in protected mode and takes only callers of its own machine")
        case "READONLY", "MISCONF": self.init(.readOnly, "the server takes no writes (\(word))")
        case "OOM": self.init(.outOfMemory, "the server's memory is full (maxmemory)")
        case "LOADING", "MASTERDOWN": self.init(.loading, "the server is not ready yet (\(word))")
        case "BUSY": self.init(.busy, "the server is held by a script")
        case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT", "TRYAGAIN":
            self.init(.cluster, "this is a node of a cluster (\(word)), which is not served")
        case "NOSCRIPT": self.init(.noScript, "the script is not known there")
        default: self.init(.other, "the server refused it (\(word.isEmpty ? "no class" : word))")
        }
    }

    init(_ error: RESPError) {
        self.init(
            error.isLimit ? .tooLarge : .malformed,
            error.isLimit ? "an answer over the limits (\(error))" : "an answer that is not RESP (\(error))")
    }

    static let lost = RedisError(.lost, "the connection broke before the answer came")
    static let late = RedisError(.deadline, "no answer within the deadline")
    static let closed = RedisError(.closed, "the client is closed")
    static let cancelled = RedisError(.cancelled, "the task was cancelled")
}
