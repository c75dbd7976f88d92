public import Leads

/// Leads, scores, outcomes and the event log, durable. One conformance suite runs over every implementation.
public protocol LeadStore: Sendable {
    /// Writes all of it in one transaction, and returns once it is durable with the events as they stand in the log.
    /// Many callers' commits share one transaction and one fsync; each tenant's events reach the sink in offset order.
    func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent]

    func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState
    /// One read for a whole batch; leads never seen are absent.
    func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState]
    /// The newest score at or before `asOf`; nil if there was none.
    func score(of leadID: String, tenant: Tenant, asOf: Timestamp) async throws(StoreError) -> StoredScore?
    /// Newest first, at most `limit`.
    func history(of leadID: String, tenant: Tenant, limit: Int) async throws(StoreError) -> [StoredScore]
    func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage
    func idempotencyRecord(_ key: String, tenant: Tenant, since: Timestamp) async throws(StoreError)
        -> IdempotencyRecord?

    /// Stops automated scoring of the lead; a lead never seen is noted all the same.
    func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError)
    /// Removes everything of the lead; its events keep their offsets as erased. nil if nothing was known.
    func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt?
    func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport?
    /// What is known of how it ended, by moment; empty for a lead never heard of.
    func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome]

    func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition
    /// Events after `offset`, oldest first, at most `limit`; an erased one has type nil in its place.
    func events(after offset: UInt64, tenant: Tenant, limit: Int) async throws(StoreError) -> [LoggedEvent]
    func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics
    /// Median days from first score to a won outcome for leads of this `timeline_category`; nil below `minimum` of them.
    func medianDaysToClose(timeline: String, tenant: Tenant, minimum: Int) async throws(StoreError) -> Int?

    /// `SELECT 1` on a pooled connection.
    func ping() async throws(StoreError)
    /// Writes and removes a row.
    func probeWrite() async throws(StoreError)
    /// Refuses new work, finishes what was accepted, closes. Idempotent.
    func close() async
}

/// One place of the log as replay sees it.
public enum LoggedEvent: Sendable, Hashable {
    case event(CommittedEvent)
    case erased(offset: UInt64)

    public var offset: UInt64 {
        switch self {
        case .event(let committed): committed.offset
        case .erased(let offset): offset
        }
    }
}
