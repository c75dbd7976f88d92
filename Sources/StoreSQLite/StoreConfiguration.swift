public import Scoring

/// Every limit of the store, with its default.
public struct StoreConfiguration: Sendable, Hashable {
    public var durability: Durability = .full
    public var eventRetention = EventRetention()
    /// Commits that may wait for the writer; over it a commit fails as ``StoreError/Code/overloaded``.
    public var maximumQueuedCommits = 4_096
    /// Bytes of records that may wait for the writer; over it a commit fails as ``StoreError/Code/overloaded``. A
    /// commit that alone is larger passes when nothing else waits.
    public var maximumQueuedBytes = 64 << 20
    /// Commits that share one transaction and one fsync.
    public var maximumGroupedCommits = 256
    /// How long SQLite waits for a lock that another program holds.
    public var busyTimeout: Duration = .seconds(5)
    public var maximumReaders = 4
    /// Page cache of the writer; each reader has a quarter of it.
    public var cacheBytes = 32 << 20
    /// A condition of the ranked list that at most so many leads of a class meet is read whole and sorted; the others are
    /// met on a walk down the ranks. Below 0 there is only the walk.
    public var maximumSortedLeads = 1_000
    /// The write-ahead log is copied into the file about each quarter of this size beside the writer, what is left at this
    /// size by the writer, and its file is cut back to it.
    public var walBytes = 32 << 20
    /// A quota for the file; nil leaves it to the disk. At the quota a write fails as ``StoreError/Code/full``.
    public var maximumFileBytes: Int?

    public init() {}
}
