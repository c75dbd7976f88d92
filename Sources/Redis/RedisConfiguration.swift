/// Every limit and deadline of the client, with its default.
public struct RedisConfiguration: Sendable, Hashable {
    /// From the name's look-up until the session is ready, TLS and AUTH included.
    public var connectDeadline: Duration = .seconds(2)
    /// For each command, waiting for its turn included. A caller may ask for another one.
    public var commandDeadline: Duration = .milliseconds(500)
    /// After a connection that failed or broke the next attempt waits a random time between nothing and this, doubled
    /// at each failure up to the maximum.
    public var firstBackOff: Duration = .milliseconds(50)
    public var maximumBackOff: Duration = .seconds(2)
    /// A connection that broke earlier than this counts as a failed attempt.
    public var settledAfter: Duration = .seconds(5)
    /// Commands that may be under way, on the wire or waiting for a connection; over it ``RedisError/Code/overloaded``.
    public var maximumCommands = 16_384
    /// Their bytes. Commands that alone are larger pass when nothing else is under way.
    public var maximumBytes = 64 << 20
    /// What `CLIENT LIST` shows.
    public var clientName = "leadwire"
    public var limits = RESPLimits()

    public init() {}
}
