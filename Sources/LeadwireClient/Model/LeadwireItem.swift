/// What a stream yields: events, and everything that can happen to them on the way.
public enum LeadwireItem: Sendable, Hashable {
    /// In log order; each offset at most once.
    case event(LeadwireEvent)
    /// Events that will not come.
    case gap(LeadwireGap)
    /// The log is another one, or the position was unknown to it.
    case reset(LeadwireReset)
    /// What the connection does. ``LeadwireState/ended(_:)`` is the last item of a stream that the client ended.
    case state(LeadwireState)
}

/// A range of the log that can no longer be replayed: read the state anew, by `GET /leads` for example.
///
/// Announced at least once: a connection lost at the wrong moment makes the server say it again.
public struct LeadwireGap: Sendable, Hashable {
    /// Events of other names in the range are not affected.
    public let names: [LeadwireEventName]
    /// First and last offset, both lost.
    public let offsets: ClosedRange<UInt64>
    public let epoch: String?
    /// `evicted`, `too_old`, `history_unavailable`, or `conflated`: older states were left out, the newest follows.
    public let reason: String

    public init(names: [LeadwireEventName], offsets: ClosedRange<UInt64>, epoch: String?, reason: String) {
        self.names = names
        self.offsets = offsets
        self.epoch = epoch
        self.reason = reason
    }
}

/// What came before `position` can't be told apart from what was lost: read the state anew. Events go on after it.
public struct LeadwireReset: Sendable, Hashable {
    public let position: LeadwirePosition
    /// `epoch_changed` or `unknown_offset`.
    public let reason: String

    public init(position: LeadwirePosition, reason: String) {
        self.position = position
        self.reason = reason
    }
}

/// The life of the connection under a stream.
public enum LeadwireState: Sendable, Hashable {
    /// A token is fetched, then a socket opened. `failures` in a row came before.
    case connecting(failures: Int)
    case live(LeadwireSubscription)
    /// The connection is gone; the next attempt comes after `delay`, or later if the consumer is behind.
    case waiting(delay: Duration, because: LeadwireInterruption)
    case tokenRefreshed
    /// The connection goes on with the old token, and the refresh is tried again until the server ends it; then the
    /// client comes back with a new token.
    case refreshFailed(reason: String)
    /// The server refused a message that was not this stream's subscription or refresh.
    case serverError(code: String, message: String)
    /// The last item: the client does not come back by itself.
    case ended(LeadwireEnd)
}

/// The server's answer to the subscription.
public struct LeadwireSubscription: Sendable, Hashable {
    public struct Denial: Sendable, Hashable {
        public let name: LeadwireEventName
        /// `role` or `unknown_event`.
        public let reason: String

        public init(name: LeadwireEventName, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    public let names: [LeadwireEventName]
    public let denied: [Denial]
    public let connectionID: String?
    /// Where the server's log stood.
    public let position: LeadwirePosition
    /// Whether all that was missed follows. Nil when nothing was asked for: the first connection without a position.
    /// False is followed by the ``LeadwireItem/gap(_:)`` or ``LeadwireItem/reset(_:)`` that says what is lost.
    public internal(set) var recovered: Bool?
    /// At most so many events follow from the past.
    public let replaying: UInt64
}

/// Why a connection went away; the client comes back.
public enum LeadwireInterruption: Sendable, Hashable {
    /// The token closure threw.
    case tokenUnavailable
    /// No connection, or no answer to the handshake in time.
    case unreachable
    /// The server answered the handshake with this HTTP status.
    case status(Int)
    /// A close frame with a code of the reconnect class.
    case closed(code: Int, reason: String)
    /// The transport ended without a close frame (1006).
    case lost
    /// No byte came for too long.
    case silent
    /// The server can't subscribe now (`busy`, `history_unavailable`, …).
    case refused(code: String)
    /// The bytes broke the protocol or were too large.
    case violation(String)
}

/// Why a stream ended.
public enum LeadwireEnd: Sendable, Hashable {
    /// A close code that forbids coming back: 3500-3999, 4500-4999, or one of RFC 6455 that means a broken client.
    case closed(code: Int, reason: String)
    /// The handshake was answered with a status that another attempt would not change; 401 after a fresh token.
    case status(Int)
    /// The subscription is wrong: the server's code and message, `invalid_filter` for example.
    case refused(code: String, message: String)
    /// None of the names may be seen, or none exists.
    case nothingGranted([LeadwireSubscription.Denial])
    /// The token holds characters that can't stand in a header.
    case invalidToken
    /// `wss` or `https` needs ``LeadwireConfiguration/transportSecurity``.
    case transportSecurityMissing
    /// The same place of the stream broke the protocol again and again.
    case violation(String)
    /// The server goes away and says that nobody should come back.
    case goneAway
}
