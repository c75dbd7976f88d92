import Leads
import NIOConcurrencyHelpers
import Realtime
import Scoring

/// Carries committed events to the hub, in the order of the log. Called on the store's writer, among others: it renders
/// and hands over, and never waits.
final class EventPublisher: Sendable {
    private let hub: NIOLockedValueBox<Hub?> = NIOLockedValueBox(nil)
    private struct Delivered {
        /// By tenant: the newest offset that the hub was given.
        var offsets: [Tenant: UInt64] = [:]
        /// The tenants that were given something last, newest last.
        var recent: [Tenant] = []
    }

    /// How many tenants' logs the health check looks at.
    private static let watchedTenants = 4

    /// For the event log's lag; bounded by forgetting who was quiet longest.
    private let delivered = NIOLockedValueBox(Delivered())

    /// The hub reads the store's log, and the store's writer feeds the hub: so it is known only after both exist.
    func connect(to hub: Hub) {
        self.hub.withLockedValue { $0 = hub }
    }

    func deliver(_ events: [CommittedEvent]) {
        guard let hub = hub.withLockedValue({ $0 }) else { return }
        let publications = events.compactMap(Self.publication)
        hub.publish(publications)
        delivered.withLockedValue { delivered in
            for event in events {
                let tenant = event.event.tenant
                delivered.offsets[tenant] = event.offset
                guard delivered.recent.last != tenant else { continue }
                delivered.recent.removeAll { $0 == tenant }
                delivered.recent.append(tenant)
                guard delivered.recent.count > Self.watchedTenants else { continue }
                delivered.offsets[delivered.recent.removeFirst()] = nil
            }
        }
    }

    /// The newest offset that the hub was given, of the tenants that had events last.
    var deliveredOffsets: [Tenant: UInt64] { delivered.withLockedValue { $0.offsets } }

    /// The event as every connection gets it: live, replayed, on every transport.
    static func publication(_ committed: CommittedEvent) -> Publication? {
        let event = committed.event
        guard let name = EventName(rawValue: event.type.rawValue) else { return nil }
        let (data, audience) = BroadcastEnvelope.open(event.data, type: event.type)
        return Publication(
            tenant: event.tenant.name, name: name, epoch: committed.epoch, offset: committed.offset, id: event.id,
            timestamp: event.timestamp.description, data: data, audience: audience, subject: event.leadID)
    }
}

/// The store's log as the hub's replay reads it.
struct StoreHistory: HistorySource {
    let store: any LeadStore
    /// Told where the hub begins.
    let relay: NodeRelay

    func position(of tenant: String) async throws -> (epoch: String, offset: UInt64) {
        let position = try await store.position(of: Tenant(tenant))
        relay.begin(Tenant(tenant), at: position)
        return (position.epoch, position.offset)
    }

    func events(after offset: UInt64, tenant: String, limit: Int) async throws -> [HistoryItem] {
        try await store.events(after: offset, tenant: Tenant(tenant), limit: limit).compactMap { logged in
            switch logged {
            case .erased(let offset): .erased(offset: offset)
            case .event(let committed): EventPublisher.publication(committed).map(HistoryItem.event)
            }
        }
    }
}
