import JSONBytes

/// Which connections an administrator wants to see. All conditions are joined by and.
public struct ConnectionQuery: Sendable {
    public static let maximumLimit = 1_000

    /// The administrator's own tenant; nil only for a caller that may see all.
    public var tenant: String?
    public var user: String?
    public var role: Role?
    /// Subscribed to it.
    public var event: EventName?
    public var isLagging: Bool?
    /// The last page's `nextCursor`; anything else begins at the first connection (ask ``Hub/accepts(cursor:)``).
    public var cursor: String?
    /// 1...1,000.
    public var limit: Int

    public init(tenant: String?, limit: Int = 100) {
        self.tenant = tenant
        self.limit = limit
    }
}

/// One connection as it was at the moment of asking.
public struct ConnectionInfo: Sendable {
    let number: UInt64
    public let id: String
    public let principal: Principal
    public let transport: String
    /// Masked.
    public let remoteAddress: String
    public internal(set) var subscriptions: [EventName] = []
    var filters: [(name: EventName, filter: Filter)] = []
    /// Milliseconds since 1970 UTC.
    public internal(set) var connectedAt: Int64 = 0
    public internal(set) var ageSeconds = 0.0
    /// Since the last byte of any kind.
    public internal(set) var lastSeenMilliseconds = 0.0
    /// Of the last ping; nil before the first answer.
    public internal(set) var roundTripMilliseconds: Double?
    public internal(set) var messagesIn: UInt64 = 0
    public internal(set) var messagesOut: UInt64 = 0
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0
    /// In user space, not yet taken by the kernel.
    public internal(set) var bufferedBytes = 0
    /// Everything up to this offset was written; nil while the log's position is unknown.
    public internal(set) var cursor: UInt64?
    /// Offsets between the cursor and the newest event.
    public internal(set) var lagEvents: UInt64 = 0
    /// For how long it has been behind.
    public internal(set) var lagMilliseconds = 0.0

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("user", principal.user)
        writer.member("role", principal.role.rawValue)
        writer.member("tenant", principal.tenant)
        writer.member("transport", transport)
        writer.member("remote_address", remoteAddress)
        ServerMessage.names(subscriptions, under: "subscriptions", &writer)
        writer.key("filter")
        if filters.isEmpty {
            writer.null()
        } else {
            writer.beginObject()
            for (name, filter) in filters {
                writer.key(name.rawValue)
                filter.write(to: &writer)
            }
            writer.endObject()
        }
        if let filter = principal.filter {
            writer.key("token_filter")
            filter.filter.write(to: &writer)
        }
        writer.member("connected_at", WallTime.rfc3339(connectedAt))
        writer.member("age_seconds", ageSeconds)
        writer.member("last_seen_ms", lastSeenMilliseconds)
        writer.member("round_trip_ms", roundTripMilliseconds)
        writer.member("messages_in", messagesIn)
        writer.member("messages_out", messagesOut)
        writer.member("bytes_in", bytesIn)
        writer.member("bytes_out", bytesOut)
        writer.member("buffered_bytes", bufferedBytes)
        writer.member("cursor", cursor)
        writer.member("lag_events", lagEvents)
        writer.member("lag_ms", lagMilliseconds)
        writer.member("token_id", principal.tokenID)
        writer.member(
            "token_expires_at", principal.expiresAt.map(WallTime.rfc3339))
        writer.endObject()
    }
}

/// One page of the list, in order of id.
public struct ConnectionPage: Sendable {
    public let connections: [ConnectionInfo]
    /// Nil on the last page.
    public let nextCursor: String?

    /// `{"connections": […], "next_cursor": …, "count": …}`: the body of `GET /ws/connections`.
    public func json() -> [UInt8] {
        var writer = JSONWriter(reserving: 64 + connections.count * 600)
        writer.beginObject()
        writer.key("connections")
        writer.beginArray()
        for connection in connections { connection.write(to: &writer) }
        writer.endArray()
        writer.member("count", connections.count)
        writer.member("next_cursor", nextCursor)
        writer.endObject()
        return writer.bytes
    }
}
