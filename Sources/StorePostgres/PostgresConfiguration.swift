public import Scoring

/// Every limit and deadline of the store, with its default.
public struct PostgresConfiguration: Sendable, Hashable {
    public var durability: Durability = .full
    public var eventRetention = EventRetention()
    /// Holds our tables; made if absent.
    public var schema = "leadwire"
    /// From the first packet until the session is ready, for each attempt. `connect_timeout` of the address, where it is
    /// given, counts instead.
    public var connectDeadline: Duration = .seconds(3)
    /// For each round trip of a read or a write, on the server (`statement_timeout`) and, a little later, here.
    public var queryDeadline: Duration = .seconds(2)
    /// How long an answer is waited for: the server's own deadline for a statement comes first, so that the connection
    /// survives it.
    var answerDeadline: Duration { queryDeadline + .milliseconds(250) }
    /// For all migrations together, waiting for another node's included.
    public var migrationDeadline: Duration = .seconds(60)
    /// The longest that a read takes, waiting included, and that a write waits before its turn.
    public var patience: Duration = .seconds(5)
    /// After a failed attempt the next waits so long, doubled at each failure up to the maximum, less up to a half at
    /// random; meanwhile every call fails at once.
    public var firstBackOff: Duration = .milliseconds(50)
    public var maximumBackOff: Duration = .seconds(1)
    /// Connections for reading, each on a thread of its own. One more writes.
    public var maximumReaders = 4
    /// Reads that may wait for a connection; over it a read fails as ``StoreError/Code/overloaded``.
    public var maximumQueuedReads = 4_096
    /// Commits that may wait for the writer; over it a commit fails as ``StoreError/Code/overloaded``.
    public var maximumQueuedCommits = 4_096
    /// Bytes of records that may wait for the writer; over it a commit fails as ``StoreError/Code/overloaded``. A
    /// commit that alone is larger passes when nothing else waits.
    public var maximumQueuedBytes = 64 << 20
    /// Commits that share one transaction.
    public var maximumGroupedCommits = 256
    /// Bytes of records that share one transaction; a commit that alone is larger gets its own.
    public var maximumGroupedBytes = 8 << 20
    /// A condition of the ranked list that at most so many leads of a class meet is read whole and sorted; the others are
    /// met on a walk down the ranks. Below 0 there is only the walk.
    public var maximumSortedLeads = 1_000

    public init() {}
}
