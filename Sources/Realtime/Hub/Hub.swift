public import NIOCore
import NIOConcurrencyHelpers
import Synchronization

/// Everybody who listens: connections, subscriptions, fan-out, recovery, figures.
///
/// One ``Shard`` per event loop of the group holds the connections of that loop and everything they need; nothing but
/// the mailboxes is shared. `publish` may be called from any thread and never waits.
public final class Hub: Sendable {
    public let configuration: HubConfiguration
    let admission: Admission
    let refresher: (any TokenRefresher)?
    let mailboxes: [ShardMailbox]
    private let nextID = Atomic<UInt64>(1)
    /// Held while a batch is handed to all loops, so that all see the same order.
    private let order = NIOLock()

    /// `group` has the event loops that accepted channels live on; a connection of another loop is a trap. `history` is
    /// the durable log; without one a resume reaches as far as the rings. `refresher` checks the token of `refresh`;
    /// without one the command answers an error.
    public init(
        group: any EventLoopGroup, configuration: HubConfiguration = HubConfiguration(),
        history: (any HistorySource)? = nil, refresher: (any TokenRefresher)? = nil
    ) {
        self.configuration = configuration
        let admission = Admission(configuration: configuration)
        self.admission = admission
        self.refresher = refresher
        let loops = Array(group.makeIterator())
        mailboxes = loops.map { loop in
            ShardMailbox(
                loop: loop, loopCount: loops.count, configuration: configuration, admission: admission,
                history: history, refresher: refresher)
        }
    }

    // MARK: Publishing

    /// Hands committed events to every loop. From any thread; never waits. Each tenant's events must come in offset
    /// order (the store's writer sees to that); a repeated offset is dropped, a missing one is read from the history
    /// or announced as a gap.
    public func publish(_ publications: [Publication]) {
        guard !publications.isEmpty else { return }
        order.withLock {
            for mailbox in mailboxes { mailbox.post(publications.map(ShardMailbox.Item.publication)) }
        }
    }

    /// Tells where a tenant's log stands before anything is published, when the caller knows; otherwise the history
    /// is asked at the first subscription.
    public func setPosition(of tenant: String, epoch: String, offset: UInt64) {
        order.withLock {
            for mailbox in mailboxes { mailbox.post([.position(tenant: tenant, epoch: epoch, offset: offset)]) }
        }
    }

    /// Forgets every event about a subject: rings, replays under way, and events still waiting to be sent. Call it
    /// after the durable log has erased them. What the kernel already has can't be taken back.
    public func erase(subject: String, tenant: String) {
        order.withLock {
            for mailbox in mailboxes { mailbox.post([.erase(tenant: tenant, .subject(subject))]) }
        }
    }

    /// The same by place in the log.
    public func erase(offsets: Set<UInt64>, tenant: String) {
        order.withLock {
            for mailbox in mailboxes { mailbox.post([.erase(tenant: tenant, .offsets(offsets))]) }
        }
    }

    /// Tenants whose log this hub follows: somebody has connected, or something was published.
    public func followedTenants() async -> Set<String> {
        var tenants = Set<String>()
        for mailbox in mailboxes { tenants.formUnion(await mailbox.ask { Array($0.streams.keys) } ?? []) }
        return tenants
    }

    // MARK: Connections

    /// Whether a connection may come in now; ask before the upgrade, so that the answer can be an HTTP status. A
    /// refusal is counted in the figures.
    public func refusal(of principal: Principal, remoteAddress: SocketAddress?) -> HubRefusal? {
        admission.refusal(of: principal, address: Admission.address(of: remoteAddress))
    }

    /// The same for a connection that will send its token as its first message.
    public func refusalOfPending(remoteAddress: SocketAddress?) -> HubRefusal? {
        admission.refusalOfPending(address: Admission.address(of: remoteAddress))
    }

    /// Ends a connection. False if there is none of that id, or it belongs to another tenant. `tenant` is the
    /// administrator's own, nil only for a caller that may see all; the class of `code` tells the client whether to
    /// come back.
    public func disconnect(id: String, tenant: String? = nil, code: CloseCode = .disconnected) async -> Bool {
        guard let number = ConnectionID.number(id, node: configuration.node) else { return false }
        for mailbox in mailboxes {
            if await mailbox.ask({ $0.disconnect(number, tenant: tenant, code: code) }) ?? false { return true }
        }
        return false
    }

    /// Ends every connection that the selection is about; their number. `tenant` is the administrator's own, nil only for
    /// a caller that may see all.
    public func disconnect(_ selection: ConnectionSelection, tenant: String?, code: CloseCode) async -> Int {
        var count = 0
        for mailbox in mailboxes {
            count += await mailbox.ask { $0.disconnect(selection, tenant: tenant, code: code) } ?? 0
        }
        return count
    }

    /// Whether a text is a `nextCursor` that ``connections(_:)`` could have given.
    public func accepts(cursor: String) -> Bool { ConnectionID.number(cursor, node: configuration.node) != nil }

    /// Connections in order of their id, one page. Each loop is asked on its own, for a few at a time; none is stopped.
    public func connections(_ query: ConnectionQuery) async -> ConnectionPage {
        let limit = min(max(query.limit, 1), ConnectionQuery.maximumLimit)
        let after = query.cursor.flatMap { ConnectionID.number($0, node: configuration.node) } ?? 0
        var walks = mailboxes.map { ConnectionWalk($0, after: after) }
        var page: [ConnectionInfo] = []
        while true {
            var nearest: (walk: Int, number: UInt64)?
            for index in walks.indices {
                await walks[index].fetch(query)
                guard let number = walks[index].number, number < nearest?.number ?? .max else { continue }
                nearest = (index, number)
            }
            guard let nearest else { return ConnectionPage(connections: page, nextCursor: nil) }
            guard page.count < limit else { return ConnectionPage(connections: page, nextCursor: page.last?.id) }
            page.append(walks[nearest.walk].take())
        }
    }

    /// Every figure of the contract, section 4, merged from the loops' own counters.
    /// `tenant` is the administrator's own; nil only for a caller that may see all.
    public func metrics(tenant: String? = nil) async -> HubMetrics {
        var metrics = HubMetrics(tenant: tenant, at: configuration.wallClock())
        for mailbox in mailboxes {
            if let snapshot = await mailbox.ask({ $0.snapshot(tenant: tenant) }) { metrics.merge(snapshot) }
        }
        let figures = admission.figures
        metrics.connections.peak = tenant.map { figures.peak[$0] ?? 0 } ?? figures.totalPeak
        for (name, refused) in figures.refused where tenant == nil || tenant == name {
            for (reason, count) in refused { metrics.connections.refused[reason.rawValue, default: 0] += count }
        }
        return metrics
    }

    /// Takes no more connections, tells each that it is going away at a moment of its own within `window` and closes
    /// it with 1001, cuts what is left at `deadline`, and returns when every connection is gone. Idempotent.
    public func shutDown(window: Duration, deadline: Duration) async {
        admission.close()
        await withTaskGroup(of: Void.self) { tasks in
            for mailbox in mailboxes {
                tasks.addTask { await mailbox.shutDown(window: TimeAmount(window), deadline: TimeAmount(deadline)) }
            }
        }
    }

    /// A new connection of the loop that it lives on.
    func admit(
        _ principal: Principal, remoteAddress: SocketAddress?, on loop: any EventLoop
    ) throws(HubRefusal) -> Consumer {
        guard let mailbox = mailboxes.first(where: { $0.loop === loop }) else {
            preconditionFailure("the channel's event loop is not of the hub's group")
        }
        let address = Admission.address(of: remoteAddress)
        try admission.enter(principal, address: address)
        let number = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        return mailbox.makeConsumer(number: number, principal: principal, address: address)
    }
}
