public import Leads

/// A model as the store keeps it.
public struct KeptModel: Sendable, Hashable {
    public var sha256: String
    public var version: String
    public var addedAt: Timestamp
    /// When it was last put into service; nil for one that never was.
    public var promotedAt: Timestamp?

    public init(sha256: String, version: String, addedAt: Timestamp, promotedAt: Timestamp?) {
        self.sha256 = sha256
        self.version = version
        self.addedAt = addedAt
        self.promotedAt = promotedAt
    }
}

/// The models that a store keeps beside its leads, so that every node serves the same one: whichever was promoted last.
/// Artifacts stay, for stored scores refer to them.
public protocol ModelShelf: Sendable {
    /// Keeps the artifact; one that is there already is left as it is.
    ///
    /// - Parameters:
    ///   - model: what it is; its `promotedAt` counts nothing.
    ///   - artifact: the file's bytes, at most 256 MiB.
    /// - Throws: what keeps the store from writing.
    func keep(_ model: KeptModel, artifact: [UInt8]) async throws(StoreError)
    /// Newest added first, without their bytes, at most `limit`.
    func models(limit: Int) async throws(StoreError) -> [KeptModel]
    /// The file's bytes.
    func artifact(_ sha256: String) async throws(StoreError) -> [UInt8]?
    /// What was promoted, newest first, at most `limit`; the first is in service. Empty before the first promotion.
    func promotions(limit: Int) async throws(StoreError) -> [String]
    /// - Throws: `notFound` for a model that is not kept.
    func promote(_ sha256: String, at: Timestamp) async throws(StoreError)
}
