public import Leads
public import Scoring

/// ``LeadStore`` in PostgreSQL, for one node or many: one writing connection with group commit, a few reading ones, each
/// on a thread of its own.
///
/// - Commits wait in a bounded queue (``PostgresConfiguration/maximumQueuedCommits``); over it they fail as `overloaded`.
///   A caller's cancellation does not take back a commit that is on its way.
/// - Every step has a deadline; when the server does not answer, calls fail as `unavailable`. A commit whose connection
///   broke is looked up on a new one, and fails as `outcomeUnknown` only if that can't be done in time.
/// - A commit whose events all stand in the log already is a repeat, answered from the log without writing.
/// - Opted-out leads, and leads erased within the last hour at or after the moment a score, event, outcome or review
///   carries, fail the whole commit as `optedOut`, on every node.
/// - ``state(of:tenant:)``, ``score(of:tenant:asOf:)``, history and export carry bodies; ``states(of:tenant:)`` and
///   ``leads(_:)`` don't. `needsReview` of any score says whether it stands in the review list now.
/// - The log is cut at its old end (``EventRetention``). Offsets are assigned under the lock of the tenant's row, so on
///   any number of nodes they are dense and in the order of the commits. The sink gets what this store commits.
/// - Names, sources and notes can't hold U+0000 in PostgreSQL: U+FFFD stands in its place. Bodies keep every byte.
public final class PostgresLeadStore: LeadStore {
    let configuration: PostgresConfiguration
    let writer: GroupWriter
    private let readers: Readers

    /// Connects, brings the tables up to date, and starts the threads.
    ///
    /// - Parameters:
    ///   - address: of the database, as psql takes it.
    ///   - configuration: limits, deadlines, durability.
    ///   - sink: gets every new event of this store after it is durable, each tenant's in offset order, from the writing
    ///     thread and before the caller's commit returns.
    /// - Returns: the store, ready; ``close()`` ends its threads.
    /// - Throws: `unavailable` with the server's reason when there is no connection, `readOnly` for a standby or a user
    ///   that may not make tables, `corrupt` for tables of a newer Leadwire or of another program, `other` for a
    ///   schema's name that can't be one.
    public static func open(
        _ address: PostgresAddress, configuration: PostgresConfiguration = PostgresConfiguration(),
        sink: (any EventSink)? = nil
    ) async throws(StoreError) -> PostgresLeadStore {
        guard configuration.schema.utf8.count <= 63, configuration.schema.wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil
        else { throw StoreError(.other, "the schema's name must be lower-case letters, digits and underscores") }
        try await prepare(address, configuration)
        return PostgresLeadStore(Connector(address, configuration), configuration, sink)
    }

    private init(_ connector: Connector, _ configuration: PostgresConfiguration, _ sink: (any EventSink)?) {
        self.configuration = configuration
        let patience = Patience(limit: configuration.patience)
        readers = Readers(connector, configuration, patience)
        writer = GroupWriter(connector, configuration, patience, sink)
    }

    deinit {
        writer.stop()
        readers.stop()
    }

    /// Migrates on a thread of its own.
    static func prepare(
        _ address: PostgresAddress, _ configuration: PostgresConfiguration
    ) async throws(StoreError) {
        let result = await OwnThread.run(named: "leadwire.pg.open") { () -> Result<Void, StoreError> in
            do {
                let connection = try PostgresConnection.open(address, configuration, writer: WriterIdentity())
                try SchemaMigrator(connection: connection, configuration: configuration).migrate()
                _ = try connection.run(WriterIdentity.forgetting, within: configuration.queryDeadline)
                return .success(())
            } catch {
                return .failure(StoreError("open the database", error))
            }
        }
        try result.get()
    }

    /// Commits that wait for the writer now; what it has taken into its transaction is not counted.
    public var queuedCommits: Int { writer.queuedJobs }

    public func commit(_ commit: Commit) async throws(StoreError) -> [CommittedEvent] {
        guard case .events(let events) = try await writer.write(.commit(commit), bytes: commit.approximateBytes) else {
            throw StoreError(.other, "commit: answered something else")
        }
        return events
    }

    public func optOut(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) {
        _ = try await writer.write(.optOut(LeadKey(tenant: tenant, id: leadID), at: at))
    }

    /// The rows are gone when it returns; PostgreSQL frees their bytes when it next vacuums the tables. The store keeps
    /// no list of training sets, so `modelsTrainedOnIt` is empty: whoever keeps the models fills it in.
    public func erase(_ leadID: String, tenant: Tenant, at: Timestamp) async throws(StoreError) -> ErasureReceipt? {
        guard case .receipt(let receipt) = try await writer.write(.erase(LeadKey(tenant: tenant, id: leadID), at: at))
        else { throw StoreError(.other, "erase: answered something else") }
        return receipt
    }

    public func position(of tenant: Tenant) async throws(StoreError) -> StreamPosition {
        if let known = try await storedPosition(of: tenant) { return known }
        guard case .position(let position) = try await writer.write(.position(tenant)) else {
            throw StoreError(.other, "read a log's position: answered something else")
        }
        return position
    }

    public func probeWrite() async throws(StoreError) {
        _ = try await writer.write(.probe)
    }

    public func close() async {
        writer.stop()
        readers.stop()
        await writer.finish()
        await readers.finish()
    }

    /// Runs on one of the reading threads; the caller's thread is free meanwhile.
    func read<Value: Sendable>(
        _ action: StaticString, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await readers.read(action, body)
    }
}
