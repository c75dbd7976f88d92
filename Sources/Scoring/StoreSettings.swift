/// What an acknowledged commit survives.
public enum Durability: String, Sendable, Hashable, CaseIterable {
    /// Loss of power: SQLite `synchronous=FULL`, PostgreSQL `synchronous_commit=on`. One fsync a group of commits.
    case full
    /// The death of the process, `kill -9` included: SQLite `synchronous=NORMAL`, PostgreSQL `synchronous_commit=off`.
    case process
}

/// How much of each tenant's event log stays replayable. The log is cut from its oldest end, in small steps as new
/// events come; offsets go on counting. The newest event always stays.
public struct EventRetention: Sendable, Hashable {
    public var maximumEvents: UInt64
    /// Measured against the newest event's own time, so an idle log does not shrink.
    public var maximumAge: Duration

    public init(maximumEvents: UInt64 = 100_000, maximumAge: Duration = .seconds(7 * 86_400)) {
        self.maximumEvents = maximumEvents
        self.maximumAge = maximumAge
    }
}
