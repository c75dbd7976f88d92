import CacheRedis
import Leads
import Logging
import NIOConcurrencyHelpers
import Redis
import Scoring

/// The fast way between nodes: what this node commits goes into Redis at once, and what others put there comes out.
///
/// The store stays the truth, so this may fail in any manner: what is not published is read from the store a beat later,
/// and what was missed is not missed for long. While Redis is away beats come faster.
final class RedisExchange: Sendable {
    /// Health's word for it.
    static let away = "redis_away"
    /// Events that wait to be published; over it the oldest are left to the beats of the other nodes.
    static let maximumWaiting = 8_192
    /// Erased offsets that wait for Redis; over it they end with the streams' age.
    static let maximumErasures = 4_096
    /// Another node's events, published a moment later, usually fill a hole.
    private static let patience = Duration.milliseconds(5)
    private static let attempts = 4

    private struct State {
        var waiting: [CommittedEvent] = []
        var erasures: [Tenant: Set<UInt64>] = [:]
        var followed: Set<Tenant> = []
        /// Why the last publication failed; nil when it went well.
        var failure: String?
        var isAway = false
    }

    private let log: RedisEventLog
    private let tail: RedisEventTail
    private let store: any SharedStore
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    /// There is something to carry.
    private let bell = Bell()

    init(_ client: RedisClient, store: any SharedStore, logger: Logger) {
        log = RedisEventLog(client)
        tail = RedisEventTail(log)
        self.store = store
        self.logger = logger
    }

    /// Whether other nodes' events come this way now.
    var isAway: Bool { state.withLockedValue { $0.isAway } }

    /// A bounded word for health: why events go the slow way; nil when they don't.
    var finding: String? {
        state.withLockedValue { $0.isAway ? Self.away : $0.failure }
    }

    // MARK: Out

    /// Events that this node committed, each tenant's in order. Never waits.
    func publish(_ events: [CommittedEvent]) {
        state.withLockedValue { state in
            state.waiting += events
            let surplus = state.waiting.count - Self.maximumWaiting
            if surplus > 0 { state.waiting.removeFirst(surplus) }
        }
        bell.ring()
    }

    /// Events that were erased in the store.
    func erase(offsets: Set<UInt64>, tenant: Tenant) {
        state.withLockedValue { state in
            state.waiting.removeAll { $0.event.tenant == tenant && offsets.contains($0.offset) }
            guard state.erasures.values.reduce(offsets.count, { $0 + $1.count }) <= Self.maximumErasures else {
                logger.warning("Redis is away for too long to take an erasure; its copy ends within ten minutes")
                return
            }
            state.erasures[tenant, default: []].formUnion(offsets)
        }
        bell.ring()
    }

    /// Other nodes shall beat now. If they don't hear it, they do at their next beat.
    func hurry() async { try? await log.notify([]) }

    private func drain() async {
        let (events, erasures) = state.withLockedValue { state in
            defer { state.waiting = [] }
            return (state.waiting, state.erasures)
        }
        do throws(RedisError) {
            if !events.isEmpty { try await carry(events) }
            for (tenant, offsets) in erasures {
                try await log.erase(offsets: Array(offsets), tenant: tenant)
                state.withLockedValue { state in
                    let left = (state.erasures[tenant] ?? []).subtracting(offsets)
                    state.erasures[tenant] = left.isEmpty ? nil : left
                }
            }
            state.withLockedValue { $0.failure = nil }
        } catch {
            // The events stay where they are safe; whoever publishes next finds the hole and fills it.
            state.withLockedValue { $0.failure = error.word }
        }
    }

    /// Publishes; waits a little for other nodes' events that belong before, and then steps over those that don't come.
    private func carry(_ events: [CommittedEvent]) async throws(RedisError) {
        var rest = events
        var rotating: Set<Tenant> = []
        for attempt in 1...Self.attempts {
            let isLast = attempt == Self.attempts
            var open: [RedisEventLog.Publication] = []
            for (mustRotate, part) in Self.split(rest, by: rotating) where !part.isEmpty {
                open += try await log.publish(part, rotate: mustRotate, skipsHoles: isLast)
                    .filter { $0.result != .complete }
            }
            guard !open.isEmpty, !isLast else { return }
            for answer in open where answer.result == .otherEpoch {
                // The store knows which epoch counts. Events of the other are of no use to anybody.
                guard let position = try? await store.position(of: answer.tenant) else { return }
                rest.removeAll { $0.event.tenant == answer.tenant && $0.epoch != position.epoch }
                if position.epoch != answer.position.epoch { rotating.insert(answer.tenant) }
            }
            rest.removeAll { event in !open.contains { $0.tenant == event.event.tenant } }
            // What is missing before these is usually on its way, from another node.
            if open.contains(where: { $0.result == .hole }) { try? await Task.sleep(for: Self.patience) }
        }
    }

    private static func split(
        _ events: [CommittedEvent], by tenants: Set<Tenant>
    ) -> [(mustRotate: Bool, events: [CommittedEvent])] {
        guard !tenants.isEmpty else { return [(false, events)] }
        return [false, true].map { mustRotate in
            (mustRotate, events.filter { tenants.contains($0.event.tenant) == mustRotate })
        }
    }

    // MARK: In

    /// Reads what other nodes publish about these tenants, from where this node's relay stands.
    func follow(_ positions: [Tenant: StreamPosition]) async {
        let new = state.withLockedValue { state in
            defer { state.followed.formUnion(positions.keys) }
            return positions.filter { !state.followed.contains($0.key) }
        }
        for (tenant, position) in new {
            do throws(RedisError) {
                try await tail.follow(tenant, after: position)
            } catch {
                // More tenants than one reading may ask about: theirs come with the beats.
                logger.notice("events of further tenants come from the store (\(error.word))")
            }
        }
    }

    /// Publishes and reads until the task is cancelled.
    ///
    /// - Parameters:
    ///   - relay: gets the events of other nodes.
    ///   - hurry: called when only the store can tell what is missing, or a node has left a notice there.
    func run(into relay: NodeRelay, hurry: @escaping @Sendable () -> Void) async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [self] in
                for await _ in bell.rings { await drain() }
            }
            tasks.addTask { [self] in
                await tail.run { item in
                    switch item {
                    case .events(let events): relay.receive(events)
                    case .missing, .epoch, .unknown, .notification: hurry()
                    case .away(let error): note(away: true, error.word, hurry)
                    case .back: note(away: false, "", hurry)
                    }
                }
            }
            await tasks.waitForAll()
        }
    }

    private func note(away: Bool, _ reason: String, _ hurry: () -> Void) {
        state.withLockedValue { $0.isAway = away }
        if away {
            logger.warning("Redis is away (\(reason)): events of other nodes come from the store")
        } else {
            logger.notice("Redis is back")
            bell.ring()
        }
        hurry()
    }
}
