public import Leads

/// What makes two requests the same: the tenant, the lead's content, the model and the feature schema.
public struct CacheKey: Sendable, Hashable {
    public var tenant: Tenant
    public var leadID: String
    /// 128-bit digest of content, model and schema.
    public var high: UInt64
    public var low: UInt64

    public init(tenant: Tenant, leadID: String, high: UInt64, low: UInt64) {
        self.tenant = tenant
        self.leadID = leadID
        self.high = high
        self.low = low
    }
}

public struct CacheStatistics: Sendable, Hashable {
    public var entries: Int
    public var hits: Int
    public var misses: Int
    public var evictions: Int

    public init(entries: Int, hits: Int, misses: Int, evictions: Int) {
        self.entries = entries
        self.hits = hits
        self.misses = misses
        self.evictions = evictions
    }
}

/// Records by content for 300 s, bounded. A cache that can't answer throws; the engine scores on and says so.
public protocol ScoreCache: Sendable {
    func record(for key: CacheKey) async throws -> ScoreRecord?
    func insert(_ record: ScoreRecord, for key: CacheKey) async throws
    /// A whole batch at once, in the order of the keys; nil where there is none.
    func records(for keys: [CacheKey]) async throws -> [ScoreRecord?]
    func insert(_ records: [(key: CacheKey, record: ScoreRecord)]) async throws
    /// Forgets every entry of a lead.
    func remove(leadID: String, tenant: Tenant) async throws
    /// Forgets what this process alone remembers of a tenant: another node has forgotten a lead of it. What the nodes
    /// share that node has taken care of.
    func forgetOwn(of tenant: Tenant)
    func ping() async throws
    var statistics: CacheStatistics { get }
}

/// One after the other: for a cache that answers without a round trip.
extension ScoreCache {
    public func records(for keys: [CacheKey]) async throws -> [ScoreRecord?] {
        var records: [ScoreRecord?] = []
        for key in keys { records.append(try await record(for: key)) }
        return records
    }

    public func insert(_ records: [(key: CacheKey, record: ScoreRecord)]) async throws {
        for (key, record) in records { try await insert(record, for: key) }
    }
}
