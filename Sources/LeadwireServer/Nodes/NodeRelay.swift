import Leads
import Logging
import NIOConcurrencyHelpers
import Realtime
import Scoring

/// Brings the events of every node to this node's hub, in the order of the log.
///
/// The store's log is the truth: it numbers the events of all nodes. This node's own come from its writer at once. The
/// others' come by the fast way where there is one (``receive(_:)``), and whatever that loses, delays or repeats is made
/// good by asking the store where each log stands: soon after a hole is seen, and at every beat. So the fast way may fail
/// in any manner; then events of other nodes come a beat later.
final class NodeRelay: EventSink, Sendable {
    struct Settings: Sendable {
        /// How long a hole may stand before the store is read: other nodes' events are usually on their way.
        var patience: Duration = .milliseconds(20)
        /// Events of one reading; another follows while there are more.
        var page = 512
    }

    private struct State {
        var logs: [Tenant: EventSequencer] = [:]
        /// Tenants whose log is being read, or will be in a moment.
        var reading: Set<Tenant> = []
    }

    private let settings: Settings
    private let publisher: EventPublisher
    private let logger: Logger
    private let store = NIOLockedValueBox<(any SharedStore)?>(nil)
    private let exchange = NIOLockedValueBox<RedisExchange?>(nil)
    /// Held while events go on to the hub, so that two sources can't overtake each other.
    private let state = NIOLockedValueBox(State())

    init(publisher: EventPublisher, logger: Logger, settings: Settings = Settings()) {
        self.publisher = publisher
        self.logger = logger
        self.settings = settings
    }

    /// The store feeds the relay, and the relay reads the store: so it is known only after both exist.
    func connect(to store: any SharedStore, exchange: RedisExchange? = nil) {
        self.store.withLockedValue { $0 = store }
        self.exchange.withLockedValue { $0 = exchange }
    }

    // MARK: Events

    /// What this node committed. On the store's writer: it never waits.
    func deliver(_ events: [CommittedEvent]) {
        exchange.withLockedValue { $0 }?.publish(events)
        take(events) { $0.take(committed: $1) }
    }

    /// What another node passed on.
    func receive(_ events: [CommittedEvent]) {
        take(events) { $0.take(relayed: $1) }
    }

    /// The hub begins at this place; what comes after it is this relay's to bring.
    func begin(_ tenant: Tenant, at position: StreamPosition) {
        let isNew = state.withLockedValue { state in
            guard state.logs[tenant] == nil else { return false }
            state.logs[tenant] = EventSequencer(position)
            return true
        }
        // Not at the next beat: the first events would be as late.
        guard isNew, let exchange = exchange.withLockedValue({ $0 }) else { return }
        Task { await exchange.follow([tenant: position]) }
    }

    /// Up to where the hub has the logs of these tenants.
    func positions(of tenants: Set<Tenant>) -> [Tenant: StreamPosition] {
        state.withLockedValue { state in
            state.logs.filter { tenants.contains($0.key) }
                .mapValues { StreamPosition(epoch: $0.epoch, offset: $0.last) }
        }
    }

    private func take(
        _ events: [CommittedEvent], _ body: (inout EventSequencer, [CommittedEvent]) -> [CommittedEvent]
    ) {
        var holes: [Tenant] = []
        state.withLockedValue { state in
            var rest = events[...]
            while let first = rest.first {
                let tenant = first.event.tenant
                let run = Array(rest.prefix { $0.event.tenant == tenant })
                rest = rest.dropFirst(run.count)
                var log =
                    state.logs[tenant]
                    ?? EventSequencer(StreamPosition(epoch: first.epoch, offset: first.offset - min(1, first.offset)))
                let ready = body(&log, run)
                state.logs[tenant] = log
                if !ready.isEmpty { publisher.deliver(ready) }
                if log.mustRead, state.reading.insert(tenant).inserted { holes.append(tenant) }
            }
        }
        for tenant in holes {
            Task {
                // What is missing is usually on its way; reading would be for nothing.
                try? await Task.sleep(for: settings.patience)
                await read(tenant)
            }
        }
    }

    // MARK: The store's log

    /// Asks where each of these logs stands, and reads those that are ahead of what the hub has.
    ///
    /// - Throws: what the store throws; the next beat asks again.
    func look(at tenants: Set<Tenant>) async throws(StoreError) {
        guard let store = store.withLockedValue({ $0 }), !tenants.isEmpty else { return }
        let positions = try await store.positions(of: Array(tenants))
        for (tenant, position) in positions {
            let mustRead = state.withLockedValue { state in
                guard var log = state.logs[tenant] else {
                    state.logs[tenant] = EventSequencer(position)
                    return false
                }
                if log.epoch != position.epoch {
                    logger.warning("the event log has another epoch than before: it was restored or made anew")
                    // The newest event is given out again, so that readers hear of the new epoch.
                    log.begin(position.epoch, after: position.offset - min(1, position.offset))
                    state.logs[tenant] = log
                }
                return log.last < position.offset && state.reading.insert(tenant).inserted
            }
            if mustRead { await read(tenant) }
        }
    }

    /// Reads on from the newest event that the hub has, page by page. The tenant stands in `reading`.
    private func read(_ tenant: Tenant) async {
        defer { state.withLockedValue { _ = $0.reading.remove(tenant) } }
        guard let store = store.withLockedValue({ $0 }) else { return }
        while let last = state.withLockedValue({ $0.logs[tenant]?.last }), !Task.isCancelled {
            let page: [LoggedEvent]
            do {
                page = try await store.events(after: last, tenant: tenant, limit: settings.page)
            } catch {
                // The next beat asks again; that the store is away is for health to tell.
                return
            }
            state.withLockedValue { state in
                guard let ready = state.logs[tenant]?.take(logged: page), !ready.isEmpty else { return }
                publisher.deliver(ready)
            }
            guard page.count == settings.page else { return }
        }
    }
}
