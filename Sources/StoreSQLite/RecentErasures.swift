import Leads
import Scoring

/// Who was erased of late, so that a score that was on its way does not bring the lead back. Memory only: nothing is
/// on its way over a restart, and a list on disk would keep what was to be forgotten.
struct RecentErasures {
    private let capacity: Int
    private var erasedAt: [LeadKey: Timestamp] = [:]
    private var order: [LeadKey] = []
    private var next = 0
    /// Once names are dropped for room, nothing older than the newest dropped one is let through, whoever it is.
    private var floor = Timestamp(milliseconds: .min)

    init(capacity: Int = 4_096) {
        self.capacity = capacity
    }

    mutating func note(_ leadID: String, tenant: Tenant, at: Timestamp) {
        let key = LeadKey(tenant: tenant, id: leadID)
        if let earlier = erasedAt.updateValue(at, forKey: key) {
            erasedAt[key] = max(earlier, at)
            return
        }
        guard order.count == capacity else {
            order.append(key)
            return
        }
        if let dropped = erasedAt.removeValue(forKey: order[next]) { floor = max(floor, dropped) }
        order[next] = key
        next = (next + 1) % capacity
    }

    /// The same where the lead is remembered; what is below the floor is not told.
    func names(_ leadID: String, tenant: Tenant, at moment: Timestamp) -> Bool {
        erasedAt[LeadKey(tenant: tenant, id: leadID)].map { moment <= $0 } ?? false
    }

    /// True when `moment` is not later than the lead's erasure: what was computed then must not be stored.
    func cover(_ leadID: String, tenant: Tenant, at moment: Timestamp) -> Bool {
        if moment <= floor { return true }
        guard !erasedAt.isEmpty, let erased = erasedAt[LeadKey(tenant: tenant, id: leadID)] else { return false }
        return moment <= erased
    }
}
