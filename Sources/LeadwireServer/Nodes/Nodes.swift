import Leads
import Logging
import NIOConcurrencyHelpers
import Realtime
import Scoring
import ServiceLifecycle

/// This node among the others on one store: it hears at every beat where the others' logs stand and what they have to
/// say, and tells them what they must know.
final class Nodes: Sendable {
    /// A notice that is not kept for longer by its nature is over after an hour: nothing in a node's memory is older.
    private static let lifetime = Duration.seconds(3_600)

    /// A promotion whose notice was lost with the database is seen so late at most.
    private static let modelInterval = Duration.seconds(60)

    /// Names this process in its notices and connection ids.
    let id: String
    private let store: any SharedStore
    private let hub: Hub
    private let relay: NodeRelay
    private let reader: NoticeReader
    private let exchange: RedisExchange?
    private let logger: Logger
    private let interval: Duration
    /// While the fast way works, the store is asked only for what that may have lost.
    private var slowInterval: Duration { interval * 4 }
    private let bell = Bell()
    /// Of the newest notice that was read.
    private let newest: NIOLockedValueBox<Int64>

    init(
        id: String, store: any SharedStore, hub: Hub, relay: NodeRelay, reader: NoticeReader, exchange: RedisExchange?,
        newestNotice: Int64, interval: Duration, logger: Logger
    ) {
        self.id = id
        self.store = store
        self.hub = hub
        self.relay = relay
        self.reader = reader
        self.exchange = exchange
        self.interval = interval
        self.logger = logger
        newest = NIOLockedValueBox(newestNotice)
    }

    /// Posts a notice to all other nodes; they have it within a beat.
    ///
    /// - Throws: 503 when the store can't take it: the others do not know then.
    func tell(
        _ kind: Notice.Kind, tenant: Tenant, body: [UInt8] = [], at now: Timestamp, until: Timestamp? = nil
    ) async throws(APIError) {
        let notice = Notice(
            kind: kind, tenant: tenant, body: body, node: id, until: until ?? now.advanced(by: Self.lifetime))
        try await stored { () async throws(StoreError) in try await store.post(notice) }
        await exchange?.hurry()
    }

    /// What this node has just left in the store with an erasure takes effect here now, and on the others when they hear of
    /// it. Where the store can't be read at this moment the next beat does it: the erasure itself is done.
    func hear() async {
        do throws(StoreError) {
            try await readNotices()
        } catch {
            logger.warning("notices can't be read now; the next beat does it (\(error.code.rawValue))")
            bell.ring()
        }
        await exchange?.hurry()
    }

    /// One beat: the others' events, then what they say.
    ///
    /// - Throws: what the store throws; what was missed comes with the next beat.
    func beat() async throws(StoreError) {
        let followed = Set(await hub.followedTenants().map { Tenant($0) })
        try await relay.look(at: followed)
        await exchange?.follow(relay.positions(of: followed))
        try await readNotices()
        await reader.finish()
    }

    private func readNotices() async throws(StoreError) {
        while true {
            let posted = try await store.notices(after: newest.withLockedValue { $0 }, limit: NoticeReader.page)
            for entry in posted {
                if entry.notice.node != id { await reader.act(on: entry.notice) }
                newest.withLockedValue { $0 = max($0, entry.number) }
            }
            guard posted.count == NoticeReader.page else { break }
        }
    }

    /// Beats until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [self] in
                await Pace.beat(every: { exchange?.isAway == false ? slowInterval : interval }) { bell.ring() }
            }
            tasks.addTask { [self] in
                await Pace.beat(every: { Self.modelInterval }) {
                    reader.lookAtModels()
                    bell.ring()
                }
            }
            if let exchange {
                tasks.addTask { [relay, bell] in await exchange.run(into: relay, hurry: { bell.ring() }) }
            }
            tasks.addTask { [self] in
                var isAway = false
                for await _ in bell.rings {
                    do throws(StoreError) {
                        try await beat()
                        if isAway { logger.notice("the store answers again: other nodes' events were read") }
                        isAway = false
                    } catch {
                        if !isAway {
                            logger.warning("the store does not say what other nodes do (\(error.code.rawValue))")
                        }
                        isAway = true
                    }
                }
            }
            await tasks.waitForAll()
        }
    }
}

/// Beats for as long as the server runs.
struct NodeService: Service {
    let nodes: Nodes

    func run() async throws {
        await cancelWhenGracefulShutdown { await nodes.run() }
    }
}
