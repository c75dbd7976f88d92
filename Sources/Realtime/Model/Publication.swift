import JSONBytes
import NIOCore

/// Who gets a publication beside the subscribers' own wish.
public struct Audience: Sendable, Hashable {
    /// Only these roles; nil for every role that may see the event's name.
    public var roles: Set<Role>?
    /// Also to connections that did not subscribe to the name. Roles and tenants stay walls, and a connection that has
    /// not said anything yet gets nothing.
    public var reachesEveryone: Bool

    public init(roles: Set<Role>? = nil, reachesEveryone: Bool = false) {
        self.roles = roles
        self.reachesEveryone = reachesEveryone
    }

    /// Whoever subscribed.
    public static let subscribers = Audience()
}

/// One committed event, rendered once for all who get it: the bytes are shared by every loop, ring and replay.
public final class Publication: Sendable {
    public let tenant: String
    public let name: EventName
    /// Of the tenant's log.
    public let epoch: String
    /// Dense from 1 within the epoch.
    public let offset: UInt64
    public let audience: Audience
    /// What it speaks of, so that ``Hub/erase(subject:tenant:)`` finds it; never sent.
    public let subject: String?
    /// For states (`bot_status`, `model_status`, `system_health`): which thing's state it is; a reader that fell
    /// behind gets the newest of each. Nil: no state that another could replace. Never sent.
    public let stateKey: String?
    /// When it was handed to the stream, for the latency figures.
    let publishedAt: NIODeadline
    /// A complete WebSocket text frame.
    let frame: [UInt8]
    /// The event's JSON text within `frame`.
    let text: Range<Int>
    /// The `data` object within `frame`, for filters.
    let data: Range<Int>

    /// The event as one JSON object: what every transport carries.
    public var json: ArraySlice<UInt8> { frame[text] }

    /// Whether a reader of this role may have it at all, whatever it asked for.
    public func isVisible(to role: Role) -> Bool {
        role.maySee(name) && audience.roles?.contains(role) ?? true
    }

    /// The same for a reader whose token may narrow its role and bring a filter.
    public func isVisible(to principal: Principal) -> Bool {
        principal.maySee(name) && isVisible(to: principal.role) && principal.filter.map { passes($0.filter) } ?? true
    }

    /// `id` is unique to the event; `timestamp` is RFC 3339 UTC with milliseconds; `data` is one JSON object, UTF-8,
    /// without surrounding white space, and is sent as it is.
    public init(
        tenant: String, name: EventName, epoch: String, offset: UInt64, id: String, timestamp: String,
        data: [UInt8], audience: Audience = .subscribers, subject: String? = nil, stateKey: String? = nil
    ) {
        self.tenant = tenant
        self.name = name
        self.epoch = epoch
        self.offset = offset
        self.audience = audience
        self.subject = subject
        self.stateKey = stateKey
        publishedAt = .now()
        var head = JSONWriter(reserving: 64)
        head.beginObject()
        head.member("event_type", name.rawValue)
        head.key("data")
        var tail = JSONWriter(reserving: 160)
        tail.beginObject()
        tail.member("timestamp", timestamp)
        tail.member("id", id)
        tail.member("offset", offset)
        tail.member("epoch", epoch)
        tail.endObject()
        let before = head.bytes
        // The tail's brace becomes the comma after `data`.
        let after = tail.bytes.dropFirst()
        let length = before.count + data.count + 1 + after.count
        var frame: [UInt8] = []
        frame.reserveCapacity(FrameEncoding.headerLength(payload: length) + length)
        FrameEncoding.header(FrameEncoding.text, payload: length, appendTo: &frame)
        let textStart = frame.count
        frame += before
        let dataStart = frame.count
        frame += data
        self.data = dataStart..<frame.count
        frame.append(UInt8(ascii: ","))
        frame += after
        text = textStart..<frame.count
        self.frame = frame
    }
}
