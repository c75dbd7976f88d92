public import Leads

/// What nodes that share one store tell each other, beside the events of the log.
public struct Notice: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A lead was erased; the body holds its events' offsets, as decimal numbers with commas between, and nothing else.
        case erased
        /// A lead asked not to be scored; the body is empty.
        case optedOut = "opted_out"
        /// A token or a user's tokens are refused from now on.
        case revoked
        /// Connections are to be closed.
        case disconnected
        /// Another model was put into service; the body is its SHA-256 in hexadecimal.
        case promoted
    }

    public var kind: Kind
    public var tenant: Tenant
    /// UTF-8; what it means is the kind's.
    public var body: [UInt8]
    /// The node that posted it.
    public var node: String
    /// When it has nothing more to say to a node that starts.
    public var until: Timestamp

    public init(kind: Kind, tenant: Tenant, body: [UInt8], node: String, until: Timestamp) {
        self.kind = kind
        self.tenant = tenant
        self.body = body
        self.node = node
        self.until = until
    }
}

/// A notice with its place: numbers only grow, and a lower one is never seen after a higher one.
public struct PostedNotice: Sendable, Hashable {
    public var number: Int64
    public var notice: Notice

    public init(number: Int64, notice: Notice) {
        self.number = number
        self.notice = notice
    }
}

/// A store that serves many nodes: where the others' logs stand, and what the others have to say.
public protocol SharedStore: LeadStore {
    /// One read for all; tenants without a log are absent.
    func positions(of tenants: [Tenant]) async throws(StoreError) -> [Tenant: StreamPosition]
    /// Durable when it returns. Notices that are over go in the same step.
    func post(_ notice: Notice) async throws(StoreError)
    /// After that number, lowest first, at most `limit`. One of a kind that this version does not know is left out.
    func notices(after number: Int64, limit: Int) async throws(StoreError) -> [PostedNotice]
    /// The highest number that was ever posted; 0 before the first.
    func newestNotice() async throws(StoreError) -> Int64
}
