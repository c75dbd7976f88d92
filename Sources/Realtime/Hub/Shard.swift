import NIOCore

/// Everything of the hub that lives on one event loop. Nothing in it is locked and nothing of it leaves the loop.
final class Shard {
    let loop: any EventLoop
    let configuration: HubConfiguration
    let admission: Admission
    let history: (any HistorySource)?
    let refresher: (any TokenRefresher)?
    let allocator = ByteBufferAllocator()
    let filters = FilterTable()
    /// This loop's share of the bounds that the loops hold together.
    let maximumBufferedBytes: Int
    let maximumHistoryBytes: Int

    private(set) var streams: [String: TenantStream] = [:]
    /// In the order of their numbers, so that a page of them is a short walk.
    private(set) var consumers: [Consumer] = []
    /// Readers by the second of their heartbeat, so that each second touches its share only.
    private var wheel: [[Consumer]]
    /// Behind, or not writable: looked at every second.
    private(set) var watched: [Consumer] = []
    /// Their token ends one day.
    private(set) var expiring: [Consumer] = []
    var seconds = 0
    /// Reads of the history under way, by tenant and offset: readers that resume from one place share one read.
    var reads: [HistoryRead: [(Consumer, CatchUp)]] = [:]
    /// Cleared every second.
    var recentPages: [HistoryRead: HistoryPage] = [:]
    private(set) var isDraining = false
    private var emptied: EventLoopPromise<Void>?

    init(
        loop: any EventLoop, loopCount: Int, configuration: HubConfiguration, admission: Admission,
        history: (any HistorySource)?, refresher: (any TokenRefresher)?
    ) {
        precondition((1..<configuration.heartbeatSeconds).contains(configuration.pongSeconds))
        self.loop = loop
        self.configuration = configuration
        self.admission = admission
        self.history = history
        self.refresher = refresher
        maximumBufferedBytes = configuration.maximumBufferedBytes / max(1, loopCount)
        // Rings of all loops share one copy of the bytes, so each may hold all of them.
        maximumHistoryBytes = configuration.totalHistoryBytes
        wheel = Array(repeating: [], count: configuration.heartbeatSeconds)
    }

    func stream(of tenant: String) -> TenantStream {
        if let stream = streams[tenant] { return stream }
        let stream = TenantStream(tenant: tenant)
        streams[tenant] = stream
        return stream
    }

    /// Nil for a tenant that nobody has connected to, once there are enough tenants: nothing is kept for it.
    func streamForPublishing(_ tenant: String) -> TenantStream? {
        if streams[tenant] == nil, streams.count >= configuration.maximumTenants { return nil }
        return stream(of: tenant)
    }

    // MARK: Coming and going

    func add(_ consumer: Consumer) {
        consumer.isListed = true
        consumers.insert(consumer, at: position(after: consumer.number))
        consumer.wheelSlot = seconds % wheel.count
        consumer.wheelIndex = wheel[consumer.wheelSlot].count
        wheel[consumer.wheelSlot].append(consumer)
        watchExpiry(consumer)
        let role = consumer.principal.role
        consumer.stream.figures.active += 1
        consumer.stream.figures.accepted += 1
        consumer.stream.figures.byRole[role, default: 0] += 1
        if let sink = consumer.sink { consumer.stream.figures.byTransport[sink.transport.name, default: 0] += 1 }
        consumer.stream.figures.openSince += Self.seconds(consumer.connectedAt)
        if isDraining { leave(consumer, after: .zero) }
    }

    func remove(_ consumer: Consumer, closeNumber: UInt16?) {
        admission.leave(consumer.principalAtEntry, address: consumer.address)
        guard consumer.isListed else { return }
        setSubscription(consumer, to: nil)
        consumer.isListed = false
        consumers.remove(at: position(after: consumer.number) - 1)
        Self.take(consumer, \.wheelIndex, outOf: &wheel[consumer.wheelSlot])
        Self.take(consumer, \.watchIndex, outOf: &watched)
        Self.take(consumer, \.expiryIndex, outOf: &expiring)
        consumer.catchUp = nil
        let stream = consumer.stream
        stream.figures.active -= 1
        stream.figures.byRole[consumer.principal.role, default: 0] -= 1
        if let sink = consumer.sink { stream.figures.byTransport[sink.transport.name, default: 0] -= 1 }
        stream.figures.openSince -= Self.seconds(consumer.connectedAt)
        stream.figures.closedSeconds += Double((loop.now - consumer.connectedAt).nanoseconds) / 1e9
        // 1006 is what the other side's libraries call it, too: no close frame.
        stream.figures.closes[closeNumber ?? 1006, default: 0] += 1
        if consumers.isEmpty { emptied?.succeed() }
    }

    private static func seconds(_ moment: NIODeadline) -> Double { Double(moment.uptimeNanoseconds) / 1e9 }

    /// Swap-remove by the index that the consumer itself carries.
    private static func take(
        _ consumer: Consumer, _ index: ReferenceWritableKeyPath<Consumer, Int>, outOf list: inout [Consumer]
    ) {
        let place = consumer[keyPath: index]
        guard place >= 0 else { return }
        list.swapAt(place, list.count - 1)
        list[place][keyPath: index] = place
        list.removeLast()
        consumer[keyPath: index] = -1
    }

    // MARK: Lists

    /// The place in `consumers` of the first one above a number. Numbers only grow, so a new one mostly goes to the end.
    func position(after number: UInt64) -> Int {
        guard let last = consumers.last, last.number > number else { return consumers.count }
        var low = 0
        var high = consumers.count
        while low < high {
            let middle = (low + high) / 2
            if consumers[middle].number > number { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func beating(inSlot slot: Int) -> [Consumer] { wheel[slot % wheel.count] }

    func watchIfNeeded(_ consumer: Consumer) {
        let needed = consumer.isListed && (consumer.catchUp != nil || consumer.unwritableSince != nil)
        if needed && consumer.watchIndex < 0 {
            consumer.watchIndex = watched.count
            watched.append(consumer)
        } else if !needed {
            Self.take(consumer, \.watchIndex, outOf: &watched)
        }
    }

    func watchExpiry(_ consumer: Consumer) {
        consumer.hasWarnedOfExpiry = false
        if consumer.principal.expiresAt != nil, consumer.expiryIndex < 0 {
            consumer.expiryIndex = expiring.count
            expiring.append(consumer)
        } else if consumer.principal.expiresAt == nil {
            Self.take(consumer, \.expiryIndex, outOf: &expiring)
        }
    }

    // MARK: Subscriptions

    /// Puts the reader where its principal and wishes belong. The wishes' filters must have been retained for it.
    func regroup(_ consumer: Consumer, events: EventSet, filters: [FilterEntry?]) {
        let principal = consumer.principal
        // Never refused for want of room: at most one a connection, and without it the reader would see too much.
        let mandatory = principal.filter.flatMap { self.filters.retain($0.filter, limit: .max) }
        setSubscription(
            consumer,
            to: SubscriptionGroup.Key(
                transport: consumer.sink?.transport ?? .webSocket, role: principal.role,
                allowed: principal.allowedEvents, mandatory: mandatory, events: events,
                filters: filters.contains { $0 != nil } ? filters : []))
    }

    private func setSubscription(_ consumer: Consumer, to key: SubscriptionGroup.Key?) {
        if let old = consumer.group {
            old.leave(consumer)
            for name in old.key.events.names { consumer.stream.figures.subscriptions[name.index] -= 1 }
            for entry in old.key.filters { if let entry { filters.release(entry) } }
            if let mandatory = old.key.mandatory { filters.release(mandatory) }
            consumer.stream.dropIfEmpty(old)
        }
        guard let key else { return }
        consumer.stream.group(key).join(consumer)
        for name in key.events.names { consumer.stream.figures.subscriptions[name.index] += 1 }
    }

    // MARK: Leaving

    /// Tells every reader, each at a moment of its own, and completes when all are gone.
    func drain(window: TimeAmount, deadline: TimeAmount) -> EventLoopFuture<Void> {
        if let emptied { return emptied.futureResult }
        isDraining = true
        let promise = loop.makePromise(of: Void.self)
        emptied = promise
        if consumers.isEmpty {
            promise.succeed()
            return promise.futureResult
        }
        for consumer in consumers {
            let wait = TimeAmount.nanoseconds(.random(in: 0...max(0, window.nanoseconds)))
            leave(consumer, after: wait, rest: window - wait)
        }
        // The shard lives on its loop, and NIO traps where that is not so.
        loop.assumeIsolated().scheduleTask(in: deadline) { for consumer in self.consumers { consumer.abort() } }
        return promise.futureResult
    }

    /// One channel is asked to go, while the hub is not: at once.
    func quiesce(_ consumer: Consumer) {
        if !isDraining { leave(consumer, after: .zero) }
    }

    /// `rest` is how much later than this goodbye the last one may come.
    private func leave(_ consumer: Consumer, after wait: TimeAmount, rest: TimeAmount = .zero) {
        let spread = TimeAmount.nanoseconds(.random(in: 0...max(0, configuration.returnSpread.nanoseconds)))
        let away = rest + configuration.restartTime + spread
        // The shard lives on its loop, and NIO traps where that is not so.
        loop.assumeIsolated().scheduleTask(in: wait) { [weak consumer] in
            guard let consumer, consumer.isListed else { return }
            // A reader that never spoke is sent nothing but the close frame.
            if consumer.group != nil {
                consumer.send(ServerMessage.goingAway(afterMilliseconds: Int(away.nanoseconds / 1_000_000)))
            }
            consumer.close(.goingAway)
        }
    }
}

@available(*, unavailable)
extension Shard: Sendable {}
