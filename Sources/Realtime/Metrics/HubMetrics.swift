/// What one loop knows of one tenant.
struct StreamSnapshot: Sendable {
    let tenant: String
    let figures: StreamFigures
    let position: StreamPosition?
    let history: [HubMetrics.History]
    let groups: Int
}

/// What one loop knows.
struct ShardSnapshot: Sendable {
    /// The loop's clock, in seconds.
    let at: Double
    var streams: [StreamSnapshot] = []
    var lagging = 0
    var stalled = 0
    var bufferedBytes = 0
    var maximumLagMilliseconds = 0.0
    var filters = 0

    init(at: Double) { self.at = at }
}

/// The administrator's view of the hub: every figure was counted or timed, none is a constant. A quantile or mean is
/// nil until there was something to measure.
public struct HubMetrics: Sendable {
    public struct Connections: Sendable {
        public internal(set) var active = 0
        public internal(set) var peak = 0
        public internal(set) var total: UInt64 = 0
        public internal(set) var byRole: [Role: Int] = [:]
        /// `websocket`, `sse`.
        public internal(set) var byTransport: [String: Int] = [:]
        public internal(set) var refused: [String: Int] = [:]
        /// Of all connections there ever were, the open ones with their age.
        public internal(set) var durationMeanSeconds: Double?
        var durationSumSeconds = 0.0
    }

    /// Per second, over a window that has passed in whole.
    public struct Rates: Sendable {
        public internal(set) var published = 0.0
        public internal(set) var delivered = 0.0
        public internal(set) var bytesOut = 0.0
        public internal(set) var received = 0.0
    }

    /// What of an event name is in memory.
    public struct History: Sendable {
        public internal(set) var name: EventName
        public internal(set) var first: UInt64
        public internal(set) var last: UInt64
        public internal(set) var count: Int
        public internal(set) var bytes: Int
    }

    /// Nil: of all tenants.
    public let tenant: String?
    /// Milliseconds since 1970 UTC.
    public let at: Int64
    public internal(set) var connections = Connections()
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var messagesReceived: UInt64 = 0
    public internal(set) var eventsDelivered: UInt64 = 0
    public internal(set) var bytesSent: UInt64 = 0
    public internal(set) var errorsSent: UInt64 = 0
    /// Connections that subscribed to each name.
    public internal(set) var subscriptions: [EventName: Int] = [:]
    public internal(set) var distinctSubscriptions = 0
    public internal(set) var distinctFilters = 0
    /// By window in seconds.
    public internal(set) var rates: [Int: Rates] = [:]
    public internal(set) var lagging = 0
    public internal(set) var stalled = 0
    public internal(set) var maximumLagMilliseconds = 0.0
    public internal(set) var bufferedBytes = 0
    public internal(set) var fellBehind: UInt64 = 0
    public internal(set) var slowCloses: UInt64 = 0
    public internal(set) var gaps: UInt64 = 0
    public internal(set) var conflated: UInt64 = 0
    public internal(set) var recoveryAttempts: UInt64 = 0
    public internal(set) var recovered: UInt64 = 0
    public internal(set) var notRecovered: UInt64 = 0
    public internal(set) var replayed: UInt64 = 0
    /// By number of the close frame; 1006 for none.
    public internal(set) var closes: [UInt16: UInt64] = [:]
    /// Of one tenant only: nil and empty for all tenants when there is more than one.
    public internal(set) var epoch: String?
    public internal(set) var offset: UInt64?
    public internal(set) var history: [History] = []
    var publishToFlush = Histogram()
    var pingRoundTrip = Histogram()
    private var positions: [String: StreamPosition] = [:]

    init(tenant: String?, at: Int64) {
        self.tenant = tenant
        self.at = at
    }

    mutating func merge(_ shard: ShardSnapshot) {
        lagging += shard.lagging
        stalled += shard.stalled
        bufferedBytes += shard.bufferedBytes
        maximumLagMilliseconds = max(maximumLagMilliseconds, shard.maximumLagMilliseconds)
        distinctFilters = max(distinctFilters, shard.filters)
        for stream in shard.streams { merge(stream, at: shard.at) }
        connections.durationMeanSeconds =
            connections.total == 0 ? nil : connections.durationSumSeconds / Double(connections.total)
    }

    private mutating func merge(_ stream: StreamSnapshot, at: Double) {
        let figures = stream.figures
        connections.active += figures.active
        connections.total += figures.accepted
        connections.durationSumSeconds += figures.closedSeconds + Double(figures.active) * at - figures.openSince
        connections.byRole.merge(figures.byRole, uniquingKeysWith: +)
        connections.byTransport.merge(figures.byTransport, uniquingKeysWith: +)
        messagesSent += figures.messagesSent
        messagesReceived += figures.messagesReceived
        eventsDelivered += figures.volume.delivered
        bytesSent += figures.volume.bytesOut
        errorsSent += figures.errors
        for name in EventName.allCases where figures.subscriptions[name.index] > 0 {
            subscriptions[name, default: 0] += figures.subscriptions[name.index]
        }
        distinctSubscriptions = max(distinctSubscriptions, stream.groups)
        mergeRates(figures)
        publishToFlush.merge(figures.publishToFlush)
        pingRoundTrip.merge(figures.pingRoundTrip)
        fellBehind += figures.fellBehind
        slowCloses += figures.slowCloses
        gaps += figures.gaps
        conflated += figures.conflated
        recoveryAttempts += figures.recoveryAttempts
        recovered += figures.recovered
        notRecovered += figures.notRecovered
        replayed += figures.replayed
        closes.merge(figures.closes, uniquingKeysWith: +)
        mergePosition(of: stream)
    }

    private mutating func mergeRates(_ figures: StreamFigures) {
        for window in StreamFigures.windows {
            let (volume, seconds) = figures.recent(seconds: window)
            guard seconds > 0 else { continue }
            let share = 1 / Double(seconds)
            var rate = rates[window] ?? Rates()
            // Every loop sees every publication.
            rate.published = max(rate.published, Double(volume.published) * share)
            rate.delivered += Double(volume.delivered) * share
            rate.bytesOut += Double(volume.bytesOut) * share
            rate.received += Double(volume.received) * share
            rates[window] = rate
        }
    }

    /// Every loop has the log; the one that is furthest speaks.
    private mutating func mergePosition(of stream: StreamSnapshot) {
        guard let position = stream.position else { return }
        let known = positions[stream.tenant]
        if known == nil || known.map({ $0.offset <= position.offset }) == true {
            positions[stream.tenant] = position
            history = stream.history
        }
        let only = positions.count == 1 ? positions.first?.value : nil
        epoch = only?.epoch
        offset = only?.offset
        if only == nil { history = [] }
    }
}
