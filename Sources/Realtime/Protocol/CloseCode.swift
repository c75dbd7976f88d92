/// Why a connection ends, as the number of a WebSocket's close frame or of the `close` event of an event stream.
///
/// The class of the number tells the client what to do: 3000-3499 and 4000-4499 reconnect (with back-off and `since`),
/// 3500-3999 and 4500-4999 do not. ``table`` is the whole list that this server sends.
public struct CloseCode: Sendable, Hashable, CustomStringConvertible {
    /// What stands in the frame.
    public let number: UInt16
    /// A fixed word: sent as the close reason and used as a label in figures.
    public let name: String

    init(_ number: UInt16, _ name: String) {
        self.number = number
        self.name = name
    }

    // RFC 6455, section 7.4.1.

    /// The client said goodbye without a code, or with 1000.
    public static let normal = CloseCode(1000, "normal")
    /// The server is being shut down or restarted. Reconnect after the `after_ms` of `going_away`.
    public static let goingAway = CloseCode(1001, "going_away")
    /// A frame broke RFC 6455: not masked, reserved bits, unknown opcode, wrong fragments, wrong close code.
    public static let protocolError = CloseCode(1002, "protocol_error")
    /// Text that is not UTF-8.
    public static let invalidText = CloseCode(1007, "invalid_utf8")
    /// A frame or message above the limit, or in too many fragments.
    public static let tooLarge = CloseCode(1009, "message_too_large")

    // Ours: reconnect.

    /// An administrator asks the client to come back, to be let in anew.
    public static let reconnect = CloseCode(4001, "reconnect_requested")

    /// The token expired; come back with a new one.
    public static let tokenExpired = CloseCode(4005, "token_expired")
    /// The client took nothing for too long, or stayed behind for too long. Resume with `since`.
    public static let slowConsumer = CloseCode(4008, "slow_consumer")
    /// No byte came back within the time a ping may take.
    public static let pingTimeout = CloseCode(4009, "ping_timeout")
    /// The server needed the memory that this connection's backlog held.
    public static let overloaded = CloseCode(4010, "overloaded")
    /// A message was begun and not finished in time.
    public static let messageTimeout = CloseCode(4011, "message_timeout")
    /// The one subscription of an event stream could not be made now: the log can't be read, or no room for its filter.
    public static let subscriptionFailed = CloseCode(4012, "subscription_failed")
    /// More messages a second than allowed, again and again.
    public static let rateLimited = CloseCode(4013, "rate_limited")

    /// No token came within the time that a connection without one has.
    public static let authenticationTimeout = CloseCode(4014, "authentication_timeout")

    // Ours: do not reconnect.

    /// An administrator ended the connection.
    public static let disconnected = CloseCode(4501, "disconnected_by_administrator")
    /// The token of the first message is not one that this server takes.
    public static let invalidToken = CloseCode(4502, "invalid_token")
    /// The user's right to be here was taken away.
    public static let forbidden = CloseCode(4503, "forbidden")
    /// Message after message was malformed: the client is broken.
    public static let tooManyErrors = CloseCode(4509, "too_many_errors")

    /// Every code that the server starts a close with, with what it means for the client.
    public static let table: [CloseCode] = [
        normal, goingAway, protocolError, invalidText, tooLarge, reconnect, tokenExpired, slowConsumer, pingTimeout,
        overloaded, messageTimeout, subscriptionFailed, rateLimited, authenticationTimeout, disconnected, invalidToken,
        forbidden,
        tooManyErrors,
    ]

    /// True when a client should come back.
    public var allowsReconnect: Bool {
        switch number {
        case 3000...3499, 4000...4499, 1001, 1006, 1011...1013: true
        default: false
        }
    }

    public var description: String { "\(number) \(name)" }

    /// Whether a peer may put this number in a close frame (RFC 6455 section 7.4, and the IANA registry through 1014).
    static func mayBeSent(_ number: UInt16) -> Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
