public import Scoring

extension PostgresLeadStore {
    /// Gives each tenant's log a new epoch: after an older state of the database was restored its offsets would be given
    /// again, to other events. Clients then hear `reset` instead of missing what they believe to have. Nodes that run
    /// must be started anew.
    ///
    /// - Returns: how many logs.
    /// - Throws: as ``open(_:configuration:sink:)`` does.
    public static func renewEpochs(
        _ address: PostgresAddress, configuration: PostgresConfiguration = PostgresConfiguration()
    ) async throws(StoreError) -> Int {
        try await prepare(address, configuration)
        let result = await OwnThread.run(named: "leadwire.pg.epoch") { () -> Result<Int, StoreError> in
            do {
                let connection = try PostgresConnection.open(address, configuration, writer: WriterIdentity())
                return .success(try renewEpochs(connection, within: configuration.queryDeadline))
            } catch {
                return .failure(StoreError("begin new epochs", error))
            }
        }
        return try result.get()
    }

    private static func renewEpochs(_ connection: PostgresConnection, within limit: Duration) throws -> Int {
        // The rows' locks are those that commits take, in the same order.
        let locked = try connection.run(
            [.once("BEGIN"), .once("SELECT name FROM tenants ORDER BY name FOR NO KEY UPDATE")], within: limit)
        guard let rows = locked.last else { throw PostgresFailure.unexpectedAnswer }
        var (names, epochs) = (ArrayBuilder(.text), ArrayBuilder(.text))
        for row in 0..<rows.count {
            names.append(try rows.needText(row, 0))
            epochs.append(GroupReads.makeEpoch())
        }
        let update = Statement(
            """
            UPDATE tenants SET epoch = fresh.epoch FROM unnest($1::text[], $2::text[]) AS fresh (name, epoch)
            WHERE tenants.name = fresh.name
            """, isPrepared: false
        ).binding(names).binding(epochs)
        _ = try connection.run([update, .once("COMMIT")], within: limit)
        return rows.count
    }
}
