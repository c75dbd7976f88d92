/// One place of a tenant's durable log, as replay sees it.
public enum HistoryItem: Sendable {
    case event(Publication)
    /// The offset stays, so that its absence is no gap.
    case erased(offset: UInt64)
}

/// The durable log behind the rings: what a resume reads that memory no longer holds, after a restart for example.
public protocol HistorySource: Sendable {
    /// Where the tenant's log stands. An empty log has offset 0.
    func position(of tenant: String) async throws -> (epoch: String, offset: UInt64)
    /// What follows `offset`, oldest first, at most `limit`, all event names, erased ones in place. An answer that
    /// begins later than `offset + 1` means that the log does not reach back so far.
    func events(after offset: UInt64, tenant: String, limit: Int) async throws -> [HistoryItem]
}
