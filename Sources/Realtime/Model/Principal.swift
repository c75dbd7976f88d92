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

    public init(user: String, role: Role, tenant: String, expiresAt: Int64? = nil) {
        self.user = user
        self.role = role
        self.tenant = tenant
        self.expiresAt = expiresAt
    }
}

/// Checks a token that a client sends during a connection (`refresh`). Implemented by the server's authentication.
public protocol TokenRefresher: Sendable {
    /// The principal of the new token, or nil when it is not valid. The hub itself refuses another user or tenant.
    func principal(ofToken token: String) async -> Principal?
}
