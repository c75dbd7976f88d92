public import Leads
public import Scoring
import Synchronization

/// A store that forgets everything with the process: for tests of what is above the store. It keeps the contract's
/// meaning (all or nothing, dense offsets, newest score), and can be told to fail or to hold a commit.
public final class MemoryLeadStore: LeadStore {
    private struct LeadKey: Hashable {
        var tenant: Tenant
        var leadID: String
    }

    private struct State {
        var commits: [Commit] = []
        var scores: [LeadKey: [ScoreRecord]] = [:]
        var optedOut: Set<LeadKey> = []
        var events: [Tenant: [CommittedEvent]] = [:]
        var idempotency: [String: IdempotencyRecord] = [:]
        var closeDays: [String: Int] = [:]
        var closeDaysReads = 0
        var stateReads = 0
        var commitAttempts = 0
        var failure: StoreError?
        var held: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
        var awaitingHeld: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    public init() {}

    // MARK: What a test asks and sets

    public var commits: [Commit] { state.withLock { $0.commits } }
    /// Commits that were asked for, those that failed included.
    public var commitAttempts: Int { state.withLock { $0.commitAttempts } }
    public var stateReads: Int { state.withLock { $0.stateReads } }
    public var closeDaysReads: Int { state.withLock { $0.closeDaysReads } }
    public func setCloseDays(_ days: Int, timeline: String) { state.withLock { $0.closeDays[timeline] = days } }
    /// Every commit and every write probe from now on throws it; nil heals.
    public func failCommits(_ error: StoreError?) { state.withLock { $0.failure = error } }
    /// Commits wait until ``release()``.
    public func hold() { state.withLock { $0.isHolding = true } }

    /// Returns once a commit waits.
    public func commitIsHeld() async {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.held.isEmpty { state.awaitingHeld.append(continuation) }
                return !state.held.isEmpty
            }
            if isHeld { continuation.resume() }
        }
    }

    public func release() {
        let held = state.withLock { state in
            state.isHolding = false
            let held = state.held
            state.held = []
            return held
        }
        for continuation in held { continuation.resume() }
    }

    // MARK: LeadStore

    public func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent] {
        await withCheckedContinuation { continuation in
            let waiting: [CheckedContinuation<Void, Never>]? = state.withLock { state in
                guard state.isHolding else { return nil }
                state.held.append(continuation)
                let waiting = state.awaitingHeld
                state.awaitingHeld = []
                return waiting
            }
            guard let waiting else {
                continuation.resume()
                return
            }
            for other in waiting { other.resume() }
        }
        let result: Result<[CommittedEvent], StoreError> = state.withLock { state in
            state.commitAttempts += 1
            if let failure = state.failure { return .failure(failure) }
            for record in commit.scores
            where state.optedOut.contains(LeadKey(tenant: record.tenant, leadID: record.score.leadID)) {
                return .failure(StoreError(.optedOut, "commit"))
            }
            state.commits.append(commit)
            for record in commit.scores {
                state.scores[LeadKey(tenant: record.tenant, leadID: record.score.leadID), default: []].append(record)
            }
            for kept in commit.idempotency { state.idempotency["\(kept.tenant)/\(kept.key)"] = kept }
            return .success(
                commit.events.map { event in
                    let offset = UInt64(state.events[event.tenant]?.count ?? 0) + 1
                    let committed = CommittedEvent(event: event, offset: offset, epoch: "test")
                    state.events[event.tenant, default: []].append(committed)
                    return committed
                })
        }
        return try result.get()
    }

    public func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState {
        state.withLock { state in
            state.stateReads += 1
            let key = LeadKey(tenant: tenant, leadID: leadID)
            return LeadState(
                latest: state.scores[key]?.last.map(Self.stored), optedOut: state.optedOut.contains(key))
        }
    }

    public func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState] {
        state.withLock { state in
            state.stateReads += 1
            var result: [String: LeadState] = [:]
            for leadID in leadIDs {
                let key = LeadKey(tenant: tenant, leadID: leadID)
                let latest = state.scores[key]?.last.map(Self.stored)
                let isOut = state.optedOut.contains(key)
                if latest != nil || isOut { result[leadID] = LeadState(latest: latest, optedOut: isOut) }
            }
            return result
        }
    }

    public func score(of leadID: String, tenant: Tenant, asOf: Timestamp) async throws(StoreError) -> StoredScore? {
        state.withLock { state in
            state.scores[LeadKey(tenant: tenant, leadID: leadID)]?.last { $0.score.scoredAt <= asOf }.map(Self.stored)
        }
    }

    public func history(of leadID: String, tenant: Tenant, limit: Int) async throws(StoreError) -> [StoredScore] {
        state.withLock { state in
            (state.scores[LeadKey(tenant: tenant, leadID: leadID)] ?? []).reversed().prefix(limit).map(Self.stored)
        }
    }

    public func leads(_ query: LeadQuery) async throws(StoreError) -> LeadPage {
        state.withLock { state in
            let newest = state.scores.filter { $0.key.tenant == query.tenant }.compactMap(\.value.last)
                .filter { query.needsReview == nil || $0.needsReview == query.needsReview }
                .sorted { ($0.score.mlScore ?? -1) > ($1.score.mlScore ?? -1) }
            return LeadPage(leads: newest.prefix(query.limit).map(Self.stored), nextCursor: nil)
        }
    }

    public func idempotencyRecord(
        _ key: String, tenant: Tenant, since: Timestamp
    ) async throws(StoreError) -> IdempotencyRecord? {
        state.withLock { state in
            state.idempotency["\(tenant)/\(key)"].flatMap { $0.at >= since ? $0 : nil }
        }
    }

    public func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) {
        state.withLock { _ = $0.optedOut.insert(LeadKey(tenant: tenant, leadID: leadID)) }
    }

    public func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt? {
        let removed = state.withLock { $0.scores.removeValue(forKey: LeadKey(tenant: tenant, leadID: leadID)) }
        return removed.map {
            ErasureReceipt(
                leadID: leadID, at: at, scores: $0.count, events: 0, outcomes: 0, idempotencyEntries: 0,
                modelsTrainedOnIt: [])
        }
    }

    public func export(_ leadID: String, tenant: Tenant) async throws(StoreError) -> LeadExport? { nil }

    public func outcomes(of leadID: String, tenant: Tenant) async throws(StoreError) -> [TenantOutcome] {
        state.withLock { state in
            state.commits.flatMap(\.outcomes).filter { $0.tenant == tenant && $0.outcome.leadID == leadID }
        }
    }

    public func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition {
        state.withLock { StreamPosition(epoch: "test", offset: UInt64($0.events[tenant]?.count ?? 0)) }
    }

    public func events(
        after offset: UInt64, tenant: Tenant, limit: Int
    ) async throws(StoreError) -> [LoggedEvent] {
        state.withLock { state in
            (state.events[tenant] ?? []).filter { $0.offset > offset }.prefix(limit).map { .event($0) }
        }
    }

    public func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics {
        StoreStatistics(leads: 0, scores: 0, wonOutcomes: 0, otherOutcomes: 0)
    }

    public func medianDaysToClose(timeline: String, tenant: Tenant, minimum: Int) async throws(StoreError) -> Int? {
        state.withLock { state in
            state.closeDaysReads += 1
            return state.closeDays[timeline]
        }
    }

    public func ping() async throws(StoreError) {}
    public func probeWrite() async throws(StoreError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    public func close() async {}

    private static func stored(_ record: ScoreRecord) -> StoredScore {
        StoredScore(
            leadID: record.score.leadID, leadName: record.leadName, leadSource: record.leadSource,
            mlScore: record.score.mlScore, conversionProbability: record.score.conversionProbability,
            confidence: record.score.confidence, classification: record.score.classification,
            estimatedCommission: record.score.estimatedCommission, needsReview: record.needsReview,
            modelSHA256: record.score.model.sha256, scoredAt: record.score.scoredAt, features: record.features,
            body: record.body)
    }
}
