import Leads
import Synchronization

/// How many uncertain leads may ask for a second look: a share of the leads of a rolling day, nearest to the cut first.
///
/// A stream has to be judged lead by lead, so "nearest first" means: a lead is admitted while fewer leads of the window
/// than the budget lay nearer to the cut, and while the budget is not used up. The first lead of a day is always within
/// it. The window is this process's memory: it starts empty, in 24 slots of an hour, for at most 1,024 tenants.
final class EscalationBudget: Sendable {
    private static let slots = 24
    private static let slotMilliseconds: Int64 = 3_600_000
    private static let bins = 64
    /// Distances in log-odds are told apart to 1/16, up to 4.
    private static let binsPerLogOdd = 16.0
    private static let maximumTenants = 1_024

    private struct Slot {
        var hour: Int64
        var leads = 0
        var escalated = 0
        var uncertainByDistance = [Int](repeating: 0, count: bins)
    }

    private struct Window {
        var slots: [Slot] = []
        var lastUsed: Timestamp
    }

    private let share: Double
    private let windows = Mutex<[Tenant: Window]>([:])

    /// - Parameter share: of the leads of a rolling day, 0...1.
    init(share: Double) {
        precondition((0...1).contains(share), "a share is 0...1")
        self.share = share
    }

    /// Counts one lead and says whether it may be escalated. `distance` is an uncertain lead's from the cut, in
    /// log-odds; nil for a lead that does not ask.
    func admit(distance: Double?, tenant: Tenant, at now: Timestamp) -> Bool {
        windows.withLock { windows in
            if windows[tenant] == nil, windows.count >= Self.maximumTenants,
                let idlest = windows.min(by: { $0.value.lastUsed < $1.value.lastUsed })
            {
                windows[idlest.key] = nil
            }
            return Self.admit(
                distance: distance, share: share, in: &windows[tenant, default: Window(lastUsed: now)], now)
        }
    }

    private static func admit(distance: Double?, share: Double, in window: inout Window, _ now: Timestamp) -> Bool {
        let hour = now.milliseconds / slotMilliseconds
        window.lastUsed = now
        window.slots.removeAll { $0.hour <= hour - Int64(slots) || $0.hour > hour }
        if window.slots.last?.hour != hour { window.slots.append(Slot(hour: hour)) }
        let current = window.slots.count - 1
        window.slots[current].leads += 1
        guard let distance else { return false }

        let bin = min(bins - 1, max(0, Int(min(distance, 1_000) * binsPerLogOdd)))
        var leads = 0
        var escalated = 0
        var nearer = 0
        for slot in window.slots {
            leads += slot.leads
            escalated += slot.escalated
            for place in 0..<bin { nearer += slot.uncertainByDistance[place] }
        }
        window.slots[current].uncertainByDistance[bin] += 1
        let budget = Int((share * Double(leads)).rounded(.up))
        guard escalated < budget, nearer < budget else { return false }
        window.slots[current].escalated += 1
        return true
    }
}
