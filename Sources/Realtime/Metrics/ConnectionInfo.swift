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

/// One connection as it was at the moment of asking: the loop's own values, of which the reader makes texts.
public struct ConnectionInfo: Sendable {
    let number: UInt64
    let node: String
    public let principal: Principal
    public let transport: String
    let address: String
    var events: EventSet = []
    /// By the event's index; empty when there is none at all.
    var filters: [Filter?] = []
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

    init(number: UInt64, node: String, principal: Principal, transport: String, address: String) {
        self.number = number
        self.node = node
        self.principal = principal
        self.transport = transport
        self.address = address
    }

    public var id: String { ConnectionID.text(number, node: node) }
    /// Masked.
    public var remoteAddress: String { Admission.masked(address) }
    public var subscriptions: [EventName] { events.names }

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
            for name in subscriptions {
                guard let filter = filters[name.index] else { continue }
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

    /// `{"connections": […], "count": …, "next_cursor": …}`: the body of `GET /ws/connections`.
    public func json() -> [UInt8] { pieces.reduce(into: []) { $0 += $1 } }

    /// The same in pieces of at most ``Pieces/connections`` connections, each rendered when it is asked for: a large page
    /// neither stands in memory whole nor takes a core for itself.
    public var pieces: Pieces { Pieces(of: self) }

    public struct Pieces: Sequence, IteratorProtocol {
        public static let connections = 50

        private let page: ConnectionPage
        private var writer = JSONWriter(reserving: Self.connections * 640)
        private var written = 0
        private var isWhole = false

        fileprivate init(of page: ConnectionPage) {
            self.page = page
            writer.beginObject()
            writer.key("connections")
            writer.beginArray()
        }

        public mutating func next() -> [UInt8]? {
            guard !isWhole else { return nil }
            let connections = page.connections[written...].prefix(Self.connections)
            for connection in connections { connection.write(to: &writer) }
            written += connections.count
            if written == page.connections.count {
                writer.endArray()
                writer.member("count", written)
                writer.member("next_cursor", page.nextCursor)
                writer.endObject()
                isWhole = true
            }
            return writer.takeBytes()
        }
    }
}
