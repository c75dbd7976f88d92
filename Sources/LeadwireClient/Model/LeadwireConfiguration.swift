/// Times and limits of a stream. Everything is bounded; the defaults fit a server with default settings.
public struct LeadwireConfiguration: Sendable {
    /// From the start of an attempt to the answer to the subscription, the token included.
    public var handshakeDeadline = Duration.seconds(15)
    /// No byte for so long: the connection is dead. At half of it the client asks for a sign of life, so it may be less
    /// than the server's heartbeat (25 s) and still not cut a healthy connection.
    public var silence = Duration.seconds(60)
    /// Before attempt n in a row the client waits a random time between 0 and `firstDelay` × 2ⁿ ("full jitter"), at most
    /// `longestDelay`. What the server asks for (`going_away`, `Retry-After`) is kept instead.
    public var firstDelay = Duration.milliseconds(500)
    public var longestDelay = Duration.seconds(30)
    /// The longest wait that a server may ask for.
    public var longestRequestedDelay = Duration.seconds(300)
    /// A subscription that lived for so long makes the failures before it forgotten.
    public var settledAfter = Duration.seconds(10)
    /// A refresh that failed is tried again after it.
    public var refreshRetry = Duration.seconds(5)
    /// Items, and their bytes, that wait for the consumer before the socket is no longer read. Reading goes on when both
    /// are down to a quarter.
    public var bufferedItems = 256
    public var bufferedBytes = 4 << 20
    /// The largest message taken, in bytes.
    public var maximumMessageBytes = 256 << 10
    /// Where the jitter comes from. Each stream works on its own copy.
    public var randomness: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    /// For `wss` and `https`.
    public var transportSecurity: LeadwireTransportSecurity?

    public init() {}
}
