import Features
public import Leads
import Learning
public import Scoring

extension PostgresLeadStore: RecentSource, TrialSource {
    public func labelRow(beforeNewest count: Int, of tenant: Tenant) async throws(StoreError) -> Int64? {
        let deadline = configuration.answerDeadline
        return try await read("read labels") { connection in
            let rows = try connection.run(
                Statement(Queries.newestScore).binding(tenant.name), within: deadline)
            return rows.integer(0, 0).map { $0 - Int64(count) }
        }
    }

    public func labelCandidates(
        of tenant: Tenant, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        let deadline = configuration.answerDeadline
        return try await read("read labels") { connection in
            try connection.labelPage(of: tenant, after: row, limit: limit, within: deadline)
        }
    }

    public func trialCandidates(
        of tenant: Tenant, challenger: String, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        let deadline = configuration.answerDeadline
        return try await read("read a trial") { connection in
            try connection.labelPage(
                of: tenant, challenger: challenger, after: row, limit: limit, within: deadline)
        }
    }
}

/// The tables of a database read over one connection of its own, beside the nodes that serve from it. Nothing is made,
/// migrated or changed.
public final class PostgresLabelReader: LabelSource {
    private let readers: Readers
    private let deadline: Duration

    /// Connects, and looks whether the tables are there and of this version.
    ///
    /// - Throws: `unavailable` with the server's reason when there is no connection, `notFound` where there are no
    ///   tables, `corrupt` where they are of another version of Leadwire.
    public static func open(
        _ address: PostgresAddress, configuration: PostgresConfiguration = PostgresConfiguration()
    ) async throws(StoreError) -> PostgresLabelReader {
        var configuration = configuration
        configuration.maximumReaders = 1
        // Nobody waits for an answer to a lead here: a page may take as long as a loaded server needs.
        configuration.queryDeadline = .seconds(30)
        configuration.patience = .seconds(60)
        let reader = PostgresLabelReader(configuration, address)
        do throws(StoreError) {
            try await reader.checkVersion(schema: configuration.schema)
        } catch {
            await reader.close()
            throw error
        }
        return reader
    }

    private init(_ configuration: PostgresConfiguration, _ address: PostgresAddress) {
        readers = Readers(
            Connector(address, configuration), configuration, Patience(limit: configuration.patience))
        deadline = configuration.answerDeadline
    }

    deinit { readers.stop() }

    private func checkVersion(schema: String) async throws(StoreError) {
        let deadline = deadline
        let applied = try await readers.read("open the database") { connection -> Int64? in
            let found = try connection.run(
                Statement("SELECT to_regclass($1) IS NOT NULL", isPrepared: false).binding("\(schema).migrations"),
                within: deadline)
            guard try found.needInteger(0, 0) == 1 else { return nil }
            return try connection.run(
                .once("SELECT coalesce(max(version), 0) FROM migrations"), within: deadline
            ).needInteger(0, 0)
        }
        guard let applied else {
            throw StoreError(.notFound, "the database holds no store: leadwire serve --database makes one")
        }
        let newest = Schema.migrations.last?.version ?? 0
        guard applied == newest else {
            throw StoreError(
                .corrupt,
                applied > newest
                    ? "open the database: a newer Leadwire wrote these tables; train with that version"
                    : "open the database: an older Leadwire wrote these tables; the next start of leadwire serve updates them"
            )
        }
    }

    public func labelCandidates(
        of tenant: Tenant, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage {
        let deadline = deadline
        return try await readers.read("read labels") { connection in
            try connection.labelPage(of: tenant, after: row, limit: limit, within: deadline)
        }
    }

    public func close() async { await readers.finish() }
}
