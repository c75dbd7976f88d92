public import NIOCore

/// Limits and times of a ``Hub``. Everything is bounded; the defaults fit one machine with some ten thousand readers.
public struct HubConfiguration: Sendable {
    /// In front of every connection id; one word a node.
    public var node = "n1"
    /// The epoch of a log that nobody knows anything of; only without a history.
    public var firstEpoch = "e\(UInt64.random(in: 0 ... .max))"

    // Connections. At a limit ``Hub/refusal(of:remoteAddress:)`` says why.
    public var maximumConnections = 20_000
    public var maximumConnectionsPerUser = 20_000
    public var maximumConnectionsPerAddress = 20_000
    public var maximumTenants = 1_000
    /// Connections that have yet to say who they are; they count among all connections too.
    public var maximumPending = 1_000
    /// How long they have for it.
    public var authenticationTime: TimeAmount = .seconds(15)

    // What a client may send.
    public var maximumFrameBytes = 16 << 10
    public var maximumMessageBytes = 16 << 10
    public var maximumFragments = 64
    /// From the first byte of a message to its last.
    public var messageTimeout: TimeAmount = .seconds(30)
    public var commandsPerSecond = 20.0
    public var commandBurst = 40.0
    /// Malformed or refused messages, one a second forgiven; with the last one the connection is closed.
    public var errorBurst = 60.0
    /// Distinct filters of all connections of one event loop.
    public var maximumFilters = 10_000

    // Time.
    /// Between two `hb`, and between two pings. Whole seconds.
    public var heartbeatSeconds = 25
    /// From a ping to the first byte of any kind. Whole seconds, less than `heartbeatSeconds`.
    public var pongSeconds = 10
    public var closeHandshake: TimeAmount = .seconds(5)
    /// Of an event stream, which has no pongs: how long the kernel waits for what it sent to be acknowledged, from each
    /// heartbeat on. Linux only.
    public var acknowledgement: TimeAmount = .seconds(30)
    /// At a shutdown: from the last goodbye until a restarted server is expected to listen. Nobody is asked back
    /// before it, so that a client's first attempt does not meet a closed port.
    public var restartTime: TimeAmount = .seconds(1)
    /// At a shutdown: the time after ``restartTime`` over which the clients are asked back, each at a moment of its own.
    public var returnSpread: TimeAmount = .seconds(4)
    /// How long after a token's end a `refresh` is waited for.
    public var tokenGrace: TimeAmount = .seconds(25)

    // Slow consumers.
    /// Nothing taken for so long: closed.
    public var maximumStall: TimeAmount = .seconds(10)
    /// Behind without a pause for so long: closed. A replay that the client asked for does not count.
    public var maximumLag: TimeAmount = .seconds(60)
    /// Bytes waiting in the user space of all connections together; above it the worst are closed.
    public var maximumBufferedBytes = 256 << 20

    // History in memory, per tenant and event name.
    public var historyCount = 1_024
    public var historyBytes = 4 << 20
    public var historyAge: TimeAmount = .minutes(5)
    /// All rings of all tenants.
    public var totalHistoryBytes = 256 << 20
    /// The furthest a `since` may reach back; the part before it is announced as a gap.
    public var maximumReplay: UInt64 = 100_000

    // Publishing.
    /// Waiting for one event loop; above it the oldest are dropped from memory, found missing, and read from the
    /// history or announced as a gap.
    public var inboxCount = 65_536
    public var inboxBytes = 64 << 20

    /// Milliseconds since 1970 UTC.
    public var wallClock: @Sendable () -> Int64 = { WallTime.now() }

    public init() {}
}

extension HubConfiguration {
    var frameLimits: FrameParser.Limits {
        FrameParser.Limits(
            maximumFrameBytes: maximumFrameBytes, maximumMessageBytes: maximumMessageBytes,
            maximumFragments: maximumFragments)
    }
}
