import Leads
import Synchronization

/// Median days to close by timeline, asked of the store at most once a minute each: outcomes come by the day.
final class CloseDays: Sendable {
    private static let maximumEntries = 4_096

    private struct Key: Hashable {
        var tenant: Tenant
        var timeline: String
    }

    private struct Entry {
        var median: Int?
        var readAt: Timestamp
    }

    private let store: any LeadStore
    private let minimum: Int
    private let freshness: Duration
    private let entries = Mutex<[Key: Entry]>([:])

    init(store: any LeadStore, minimum: Int, freshness: Duration) {
        self.store = store
        self.minimum = minimum
        self.freshness = freshness
    }

    /// nil without a timeline, and below the minimum of won leads.
    func median(timeline: String?, tenant: Tenant, at now: Timestamp) async throws(StoreError) -> Int? {
        guard let timeline else { return nil }
        let key = Key(tenant: tenant, timeline: timeline)
        if let entry = entries.withLock({ $0[key] }) {
            let age = now.duration(since: entry.readAt)
            if age >= .zero, age < freshness { return entry.median }
        }
        let median = try await store.medianDaysToClose(timeline: timeline, tenant: tenant, minimum: minimum)
        entries.withLock { entries in
            if entries.count >= Self.maximumEntries { entries.removeAll() }
            entries[key] = Entry(median: median, readAt: now)
        }
        return median
    }
}
