import JSONBytes
import NIOCore

/// Which connections an administrator means, all conditions joined by and. Without a condition: none.
public struct ConnectionSelection: Sendable {
    public var user: String?
    public var tokenID: String?
    public var role: Role?
    /// A condition on a connection as ``attributes`` writes it.
    public var filter: EventFilter?

    public init(user: String? = nil, tokenID: String? = nil, role: Role? = nil, filter: EventFilter? = nil) {
        self.user = user
        self.tokenID = tokenID
        self.role = role
        self.filter = filter
    }

    public var isEmpty: Bool { user == nil && tokenID == nil && role == nil && filter == nil }

    /// What `filter` may speak of.
    public static let attributes = [
        "id", "user", "role", "token_id", "remote_address", "age_seconds", "messages_in", "messages_out", "lagging",
    ]

    func selects(_ consumer: Consumer) -> Bool {
        guard !isEmpty, user == nil || user == consumer.principal.user,
            tokenID == nil || tokenID == consumer.principal.tokenID,
            role == nil || role == consumer.principal.role
        else { return false }
        guard let filter else { return true }
        guard let document = try? JSONDocument(parsing: Self.json(of: consumer)) else { return false }
        return filter.filter.matches(document.root)
    }

    private static func json(of consumer: Consumer) -> [UInt8] {
        var writer = JSONWriter(reserving: 320)
        writer.beginObject()
        writer.member("id", consumer.id)
        writer.member("user", consumer.principal.user)
        writer.member("role", consumer.principal.role.rawValue)
        writer.member("token_id", consumer.principal.tokenID)
        writer.member("remote_address", Admission.masked(consumer.address))
        let age = consumer.shard.loop.now - consumer.connectedAt
        writer.member("age_seconds", Double(age.nanoseconds) / 1e9)
        writer.member("messages_in", consumer.messagesIn)
        writer.member("messages_out", consumer.messagesOut)
        writer.member("lagging", !consumer.isLive)
        writer.endObject()
        return writer.bytes
    }
}
