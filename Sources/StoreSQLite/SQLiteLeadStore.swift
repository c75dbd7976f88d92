import GRDB
public import Leads
public import Scoring

/// ``LeadStore`` in one SQLite file: WAL, one writing thread with group commit, a few reading connections.
///
/// - Commits wait in a bounded queue (``StoreConfiguration/maximumQueuedCommits``); over it they fail as `overloaded`. A
///   caller's cancellation does not take back a commit that is on its way.
/// - A commit whose events all stand in the log already is a repeat, answered from the log without writing.
/// - Opted-out leads, and leads erased at or after the moment a score, event, outcome or review carries, fail the whole
///   commit as `optedOut`; ``states(of:tenant:)`` says who opted out.
/// - ``state(of:tenant:)``, ``score(of:tenant:asOf:)``, history and export carry bodies; ``states(of:tenant:)`` and
///   ``leads(_:)`` don't. `needsReview` of any score says whether it stands in the review list now.
/// - The log is cut at its old end (``EventRetention``): ``events(after:tenant:limit:)`` then begins at a later offset
///   than `after + 1`. Nothing else makes a hole.
/// - A second store on the same file, in this process or another, is refused at opening.
public final class SQLiteLeadStore: LeadStore {
    let pool: DatabasePool
    let configuration: StoreConfiguration
    let writer: GroupWriter

    /// Opens the file, or creates it, readable by its owner only, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - path: of the database file; `-wal`, `-shm` and `.lock` stand beside it.
    ///   - configuration: limits and durability.
    ///   - sink: gets every new event after it is durable, each tenant's in offset order, from the writing thread and
    ///     before the caller's commit returns.
    /// - Throws: `unavailable` when the file is in use or can't be opened, `corrupt` when it is damaged, another
    ///   program's or from a newer Leadwire, `readOnly` when it can't be written.
    public init(
        path: String, configuration: StoreConfiguration = StoreConfiguration(), sink: (any EventSink)? = nil
    ) throws(StoreError) {
        self.configuration = configuration
        let lock = try LockFile(beside: path)
        let checkpointer: Checkpointer
        do {
            pool = try DatabaseFile.open(path: path, configuration: configuration)
            checkpointer = try Checkpointer(path: path)
        } catch {
            throw StoreError("open the database", error)
        }
        writer = GroupWriter(
            pool: pool, checkpointer: checkpointer, lock: lock, configuration: configuration, sink: sink)
    }

    deinit { writer.stop() }

    /// Commits that wait for the writer now; what it has taken into its transaction is not counted.
    public var queuedCommits: Int { writer.queuedJobs }

    public func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent] {
        try await writer.write(bytes: commit.approximateBytes) { try $0.commit(commit) }
    }

    public func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) {
        try await writer.write { try $0.optOut(leadID, tenant: tenant, at: at) }
    }

    /// The receipt comes when the bytes are out of the file and of the log. The store keeps no list of training sets, so
    /// `modelsTrainedOnIt` is empty: whoever keeps the models fills it in.
    public func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt? {
        try await writer.write(erases: true) { try $0.erase(leadID, tenant: tenant, at: at) }
    }

    public func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition {
        if let known = try await read("read a log's position", { try $0.position(of: tenant) }) { return known }
        return try await writer.write { transaction in
            let log = try transaction.log(of: tenant)
            return StreamPosition(epoch: log.epoch, offset: log.lastOffset)
        }
    }

    public func probeWrite() async throws(StoreError) {
        try await writer.write { transaction in
            try transaction.database.run("INSERT INTO probes DEFAULT VALUES", [])
            try transaction.database.run("DELETE FROM probes", [])
        }
    }

    public func close() async {
        await writer.finish()
    }

    /// Runs on one of the pool's reading connections, on its queue; the caller's thread is free meanwhile.
    func read<Value: Sendable>(
        _ action: StaticString, _ body: @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(action, error)
        }
    }
}
