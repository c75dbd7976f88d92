import Scoring

/// Brings the tables of one schema up to date. Many nodes may start at once: one migrates, the others wait.
struct SchemaMigrator {
    let connection: PostgresConnection
    let configuration: PostgresConfiguration

    /// Any number that nobody else is likely to use: `LEADWIRE` as ASCII.
    private static let lock: Int64 = 0x4C45_4144_5749_5245

    /// - Throws: `readOnly` when the role may not make tables, `corrupt` for tables of a newer Leadwire or of another
    ///   program, `unavailable` when the lock or the server does not come in time.
    func migrate() throws {
        let limit = configuration.migrationDeadline
        let milliseconds = Int64(limit / .milliseconds(1))
        // One transaction: the lock and a half-done migration both end with it, however it ends.
        _ = try connection.run(
            [
                .once("BEGIN"), .once("SET LOCAL statement_timeout = \(milliseconds)"),
                .once("SET LOCAL idle_in_transaction_session_timeout = \(milliseconds)"),
                Statement("SELECT pg_advisory_xact_lock($1)", isPrepared: false).binding(Self.lock),
            ], within: limit)
        do {
            try make(within: limit)
            _ = try connection.run(.once("COMMIT"), within: limit)
        } catch {
            connection.rollBack(within: configuration.queryDeadline)
            throw error
        }
    }

    private func make(within limit: Duration) throws {
        let recovery = try connection.run(.once("SELECT pg_is_in_recovery()"), within: limit)
        guard recovery.integer(0, 0) == 0 else {
            throw StoreError(.readOnly, "open the database: the server is a standby; name the primary")
        }
        let applied = try appliedVersion(within: limit)
        guard applied <= Schema.migrations.last?.version ?? 0 else {
            throw StoreError(
                .corrupt,
                "open the database: a newer Leadwire wrote these tables; start that version, or restore a backup")
        }
        for migration in Schema.migrations where migration.version > applied {
            let noted = Statement("INSERT INTO migrations (version, name) VALUES ($1, $2)", isPrepared: false)
                .binding(migration.version).binding(migration.name)
            do {
                _ = try connection.run(migration.statements.map { .once($0) } + [noted], within: limit)
            } catch {
                guard error.sqlState == "42P07" else { throw error }
                throw StoreError(
                    .corrupt, "open the database: schema \(configuration.schema) holds tables of another program")
            }
        }
    }

    /// 0 in a schema that is new; makes the schema and the list of migrations where they are missing.
    private func appliedVersion(within limit: Duration) throws -> Int64 {
        let schema = configuration.schema
        let look = Statement("SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL", isPrepared: false)
            .binding(schema).binding("\(schema).migrations")
        let found = try connection.run(look, within: limit)
        var making: [Statement] = []
        // Not IF NOT EXISTS: that asks for the right to make one even where there is one.
        if found.integer(0, 0) == 0 { making.append(.once("CREATE SCHEMA \(schema)")) }
        if found.integer(0, 1) == 0 {
            making.append(
                .once(
                    """
                    CREATE TABLE migrations (version bigint PRIMARY KEY, name text NOT NULL,
                        at timestamptz NOT NULL DEFAULT now())
                    """))
        }
        do {
            _ = try connection.run(making, within: limit)
        } catch {
            guard error.sqlState == "42501" else { throw error }
            throw StoreError(
                .readOnly,
                """
                open the database: this user may not make tables; let the database's owner run \
                CREATE SCHEMA \(schema) AUTHORIZATION that user
                """)
        }
        return try connection.run(.once("SELECT coalesce(max(version), 0) FROM migrations"), within: limit)
            .needInteger(0, 0)
    }
}
