import Leads
import Synchronization

/// The leads that are being computed, so that one which is forgotten meanwhile does not stay in the cache.
final class LeadsInFlight: Sendable {
    private struct Key: Hashable {
        var tenant: Tenant
        var leadID: String
    }

    private struct Flight {
        var computations = 0
        var isForgotten = false
    }

    private let flights = Mutex<[Key: Flight]>([:])

    func enter(leadID: String, tenant: Tenant) {
        flights.withLock { $0[Key(tenant: tenant, leadID: leadID), default: Flight()].computations += 1 }
    }

    /// - Returns: whether the lead was forgotten since the computation began.
    func leave(leadID: String, tenant: Tenant) -> Bool {
        flights.withLock { flights in
            let key = Key(tenant: tenant, leadID: leadID)
            guard var flight = flights[key] else { return false }
            flight.computations -= 1
            flights[key] = flight.computations > 0 ? flight : nil
            return flight.isForgotten
        }
    }

    func forget(leadID: String, tenant: Tenant) {
        flights.withLock { $0[Key(tenant: tenant, leadID: leadID)]?.isForgotten = true }
    }

    /// The same for every lead of a tenant.
    func forgetAll(of tenant: Tenant) {
        flights.withLock { flights in
            for key in flights.keys where key.tenant == tenant { flights[key]?.isForgotten = true }
        }
    }
}
