public import Leads

/// Whose leads a model is for.
public enum ModelScope: Sendable, Hashable {
    /// Every tenant without a model of its own.
    case everyone
    case tenant(Tenant)

    /// As stores write it: empty for everyone.
    public var name: String {
        switch self {
        case .everyone: ""
        case .tenant(let tenant): tenant.name
        }
    }

    public init(name: String) { self = name.isEmpty ? .everyone : .tenant(Tenant(name)) }
}

/// A model as the store keeps it.
public struct KeptModel: Sendable, Hashable {
    public var sha256: String
    public var version: String
    public var addedAt: Timestamp
    /// When it was last put into service in the scope that was asked, or for everyone; nil for one that never was.
    public var promotedAt: Timestamp?
    /// When its trial ended because it was no better; nil for none that did.
    public var rejectedAt: Timestamp?
    /// Scores were made by it though it was never promoted, as a backfill does.
    public var hasScores: Bool

    public init(
        sha256: String, version: String, addedAt: Timestamp, promotedAt: Timestamp? = nil,
        rejectedAt: Timestamp? = nil, hasScores: Bool = false
    ) {
        self.sha256 = sha256
        self.version = version
        self.addedAt = addedAt
        self.promotedAt = promotedAt
        self.rejectedAt = rejectedAt
        self.hasScores = hasScores
    }
}

/// The models that a store keeps beside its leads, so that every node serves the same one: in each scope whichever was
/// promoted there last. Artifacts stay, for stored scores refer to them.
public protocol ModelShelf: Sendable {
    /// Keeps the artifact for a scope; one that is there already is left as it is, but for `hasScores` once it is true.
    ///
    /// - Parameters:
    ///   - model: what it is; its later moments count nothing.
    ///   - artifact: the file's bytes, at most 256 MiB.
    ///   - scope: whose it is.
    /// - Throws: what keeps the store from writing.
    func keep(_ model: KeptModel, artifact: [UInt8], in scope: ModelScope) async throws(StoreError)
    /// Those of the scope and those for everyone, newest added first, without their bytes, at most `limit`.
    func models(in scope: ModelScope, limit: Int) async throws(StoreError) -> [KeptModel]
    /// The file's bytes.
    func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]?
    /// What was promoted in exactly that scope, newest first, at most `limit`; the first is in service there. Empty before
    /// the first promotion: then what is for everyone serves.
    func promotions(in scope: ModelScope, limit: Int) async throws(StoreError) -> [String]
    /// Every scope that has a model or a promotion of its own, at most `limit`, with what was promoted there last.
    func scopes(limit: Int) async throws(StoreError) -> [ShelfScope]
    /// - Throws: `notFound` for a model that is kept neither for the scope nor for everyone.
    func promote(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError)
    /// Notes that a model's trial ended without it being better; one that is not kept in exactly that scope is left alone.
    func reject(_ sha256: String, in scope: ModelScope, at: Timestamp) async throws(StoreError)
    /// Removes models of exactly that scope by which no score was made, for they were never promoted and nobody backfilled
    /// with them, except the newest `keeping`.
    func prune(in scope: ModelScope, keeping: Int) async throws(StoreError)
}

/// A scope and what serves in it.
public struct ShelfScope: Sendable, Hashable {
    public var scope: ModelScope
    /// SHA-256 of what was promoted last; nil before the first promotion.
    public var champion: String?

    public init(scope: ModelScope, champion: String?) {
        self.scope = scope
        self.champion = champion
    }
}

/// When a tenant's model was last learned, so that of many nodes one trains, and none after a restart without need.
public struct TrainingMark: Sendable, Hashable {
    /// Outcomes that the tenant had then.
    public var outcomes: Int
    public var startedAt: Timestamp
    /// Until then somebody trains; later than `startedAt` only while it lasts.
    public var busyUntil: Timestamp

    public init(outcomes: Int, startedAt: Timestamp, busyUntil: Timestamp) {
        self.outcomes = outcomes
        self.startedAt = startedAt
        self.busyUntil = busyUntil
    }
}

/// Who has what to learn from, and who is learning.
public protocol TrainingLedger: Sendable {
    /// Every tenant, at most `limit`, with its won and other outcomes.
    func tenants(limit: Int) async throws(StoreError) -> [Tenant: (won: Int, other: Int)]
    func trainingMark(of tenant: Tenant) async throws(StoreError) -> TrainingMark?
    /// Sets the mark if it still is what the caller read.
    ///
    /// - Returns: false where another was quicker.
    func mark(_ tenant: Tenant, _ mark: TrainingMark, replacing old: TrainingMark?) async throws(StoreError) -> Bool
}
