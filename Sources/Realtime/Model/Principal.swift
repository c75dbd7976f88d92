/// What a user may do; each may do what the one before may.
public enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
    case viewer, agent, admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .agent: 1
        case .admin: 2
        }
    }

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    /// The events that the role may see: the list of the contract, section 3.
    var events: EventSet {
        let viewer: [EventName] = [
            .leadScored, .scoreChanged, .batchProcessing, .modelStatus, .outcomeRecorded, .analysisCompleted, .custom,
        ]
        return switch self {
        case .viewer: EventSet(viewer)
        case .agent: EventSet(viewer + [.leadEscalated, .botStatus])
        case .admin: .all
        }
    }

    public func maySee(_ name: EventName) -> Bool { events.contains(name) }
}

/// Who is at the other end of a connection, as the server found out before the upgrade.
public struct Principal: Sendable, Hashable {
    /// Shown to administrators; not a secret.
    public var user: String
    public var role: Role
    /// The wall: a connection sees events of this tenant only.
    public var tenant: String
    /// When the token ends, in milliseconds since 1970 UTC; nil for never. The client is told a minute ahead.
    public var expiresAt: Int64?
    /// When the token was made, in milliseconds since 1970 UTC; tells a user's old tokens from new ones.
    public var issuedAt: Int64?
    /// The token's own name (`jti`), by which it can be revoked; not a secret.
    public var tokenID: String?
    /// Every event must pass it, whatever the client subscribes to; nothing that the client sends removes it.
    public var filter: EventFilter?
    /// Narrows what the role may see; nil for all of it.
    public var events: Set<EventName>?

    public init(
        user: String, role: Role, tenant: String, expiresAt: Int64? = nil, issuedAt: Int64? = nil,
        tokenID: String? = nil, filter: EventFilter? = nil, events: Set<EventName>? = nil
    ) {
        self.user = user
        self.role = role
        self.tenant = tenant
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.filter = filter
        self.events = events
    }

    public func maySee(_ name: EventName) -> Bool { allowedEvents.contains(name) }

    /// What the role may see and the token does not leave out.
    var allowedEvents: EventSet { events.map { role.events.intersection(EventSet($0)) } ?? role.events }
}

/// What a token turned out to be.
public enum TokenVerdict: Sendable, Hashable {
    case valid(Principal)
    /// It was valid once: a new one will do.
    case expired
    case invalid
}

/// Checks a token that a client sends over its connection: `refresh`, and `auth` as the first message. Implemented by the
/// server's authentication.
public protocol TokenRefresher: Sendable {
    /// Says what the token is. The hub itself refuses a refresh to another user or tenant.
    func verdict(onToken token: String) async -> TokenVerdict
    /// Asked on the connection's loop at the moment that a checked token takes effect: what was revoked between the check
    /// and this moment must not come in. May not wait.
    func isRevoked(_ principal: Principal) -> Bool
}
