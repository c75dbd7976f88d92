public import Leads
import Synchronization

/// A store behind two circuits, one for reading and one for writing: while it can't be reached, calls fail at once
/// instead of each waiting for its deadline, and the store is asked by probes until it is back.
///
/// ``ping()`` and ``probeWrite()`` always ask: they are the questions by which health finds out.
public final class GuardedStore: LeadStore {
    private struct Trouble {
        var error: StoreError
        var at: ContinuousClock.Instant
    }

    private let store: any LeadStore
    private let reads: Circuit
    private let writes: Circuit
    private let trouble = Mutex<Trouble?>(nil)

    /// A full disk refuses what needs a new page and takes a probe that fits into an old one: for so long what the last
    /// caller met counts more than the probe.
    private let troubleStands: Duration

    public convenience init(_ store: any LeadStore) {
        self.init(store, settings: CircuitBreaker.Settings())
    }

    init(_ store: any LeadStore, settings: CircuitBreaker.Settings, troubleStands: Duration = .seconds(10)) {
        self.store = store
        self.troubleStands = troubleStands
        reads = Circuit(settings) { () async throws(StoreError) in try await store.ping() }
        writes = Circuit(settings) { () async throws(StoreError) in try await store.probeWrite() }
    }

    public var readCircuit: CircuitReading { reads.reading }
    public var writeCircuit: CircuitReading { writes.reading }

    /// The newest write failed, for a reason that lies with the store and not with what was written.
    public var lastWriteFailed: Bool { trouble.withLock { $0 != nil } || writes.reading.isOpen }

    private func writing<Value>(
        _ call: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StoreError) {
            let value = try await writes.pass(call)
            trouble.withLock { $0 = nil }
            return value
        } catch {
            switch error.code {
            case .unavailable, .outcomeUnknown, .full, .readOnly, .corrupt, .other:
                trouble.withLock { $0 = Trouble(error: error, at: .now) }
            // Answers, or our own limit.
            case .badCursor, .overloaded, .optedOut, .notFound, .erasureIncomplete: break
            }
            throw error
        }
    }

    // MARK: Writing

    public func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent] {
        try await writing { () async throws(StoreError) in try await store.commit(commit) }
    }

    public func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) {
        try await writing { () async throws(StoreError) in try await store.optOut(leadID, tenant: tenant, at: at) }
    }

    public func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt? {
        try await writing { () async throws(StoreError) in try await store.erase(leadID, tenant: tenant, at: at) }
    }

    /// - Throws: for ten seconds also what the newest write met on a full disk.
    public func probeWrite() async throws(StoreError) {
        try await writes.observe { () async throws(StoreError) in try await store.probeWrite() }
        let standing = trouble.withLock { trouble -> StoreError? in
            if let trouble, trouble.error.code == .full, trouble.at.duration(to: .now) < troubleStands {
                return trouble.error
            }
            trouble = nil
            return nil
        }
        if let standing { throw standing }
    }

    public func close() async {
        reads.close()
        writes.close()
        await store.close()
    }

    // MARK: Reading

    public func ping() async throws(StoreError) {
        try await reads.observe { () async throws(StoreError) in try await store.ping() }
    }

    public func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState {
        try await reads.pass { () async throws(StoreError) in try await store.state(of: leadID, tenant: tenant) }
    }

    public func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState] {
        try await reads.pass { () async throws(StoreError) in try await store.states(of: leadIDs, tenant: tenant) }
    }

    public func score(of leadID: String, tenant: Tenant, asOf: Timestamp) async throws(StoreError) -> StoredScore? {
        try await reads.pass { () async throws(StoreError) in
            try await store.score(of: leadID, tenant: tenant, asOf: asOf)
        }
    }

    public func history(of leadID: String, tenant: Tenant, limit: Int) async throws(StoreError) -> [StoredScore] {
        try await reads.pass { () async throws(StoreError) in
            try await store.history(of: leadID, tenant: tenant, limit: limit)
        }
    }

    public func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage {
        try await reads.pass { () async throws(StoreError) in try await store.leads(query) }
    }

    public func idempotencyRecord(
        _ key: String, tenant: Tenant, since: Timestamp
    ) async throws(StoreError) -> IdempotencyRecord? {
        try await reads.pass { () async throws(StoreError) in
            try await store.idempotencyRecord(key, tenant: tenant, since: since)
        }
    }

    public func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport? {
        try await reads.pass { () async throws(StoreError) in try await store.export(leadID, tenant: tenant) }
    }

    public func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome] {
        try await reads.pass { () async throws(StoreError) in try await store.outcomes(of: leadID, tenant: tenant) }
    }

    public func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition {
        try await reads.pass { () async throws(StoreError) in try await store.position(of: tenant) }
    }

    public func events(after offset: UInt64, tenant: Tenant, limit: Int) async throws(StoreError) -> [LoggedEvent] {
        try await reads.pass { () async throws(StoreError) in
            try await store.events(after: offset, tenant: tenant, limit: limit)
        }
    }

    public func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics {
        try await reads.pass { () async throws(StoreError) in try await store.statistics(of: tenant) }
    }

    public func medianDaysToClose(timeline: String, tenant: Tenant, minimum: Int) async throws(StoreError) -> Int? {
        try await reads.pass { () async throws(StoreError) in
            try await store.medianDaysToClose(timeline: timeline, tenant: tenant, minimum: minimum)
        }
    }
}
