import Features
public import Leads
public import Scoring

extension PostgresLeadStore {
    public func state(of leadID: String, tenant: Tenant) async throws(StoreError) -> LeadState {
        let states = try await states(of: [leadID], tenant: tenant, columns: StoredScore.columns)
        return states.values.first ?? LeadState(latest: nil, optedOut: false)
    }

    public func states(of leadIDs: [String], tenant: Tenant) async throws(StoreError) -> [String: LeadState] {
        try await states(of: leadIDs, tenant: tenant, columns: StoredScore.columnsWithoutBody)
    }

    private func states(
        of leadIDs: [String], tenant: Tenant, columns: String
    ) async throws(StoreError) -> [String: LeadState] {
        let limit = configuration.answerDeadline
        return try await read("read leads' states") { connection in
            let rows = try connection.run(
                Statement(Queries.states(columns)).binding(tenant.name).binding(leadIDs), within: limit)
            var states: [String: LeadState] = [:]
            for row in 0..<rows.count {
                let id = try rows.needText(row, StoredScore.columnCount)
                let latest = rows.isNull(row, 0) ? nil : try StoredScore(rows, row, leadID: id)
                states[id] = LeadState(latest: latest, optedOut: rows.integer(row, StoredScore.columnCount + 1) == 1)
            }
            return states
        }
    }

    public func score(
        of leadID: String, tenant: Tenant, asOf: Timestamp
    ) async throws(StoreError) -> StoredScore? {
        try await history("read a score", of: leadID, tenant: tenant, upTo: asOf, limit: 1).first
    }

    public func history(
        of leadID: String, tenant: Tenant, limit: Int
    ) async throws(StoreError) -> [StoredScore] {
        try await history(
            "read a lead's history", of: leadID, tenant: tenant, upTo: Timestamp(milliseconds: .max), limit: limit)
    }

    private func history(
        _ action: StaticString, of leadID: String, tenant: Tenant, upTo: Timestamp, limit: Int
    ) async throws(StoreError) -> [StoredScore] {
        let deadline = configuration.answerDeadline
        return try await read(action) { connection in
            let rows = try connection.run(
                Queries.history(of: leadID, tenant: tenant, upTo: upTo, limit: limit), within: deadline)
            return try (0..<rows.count).map { row in try StoredScore(rows, row, leadID: leadID) }
        }
    }

    public func idempotencyRecord(
        _ key: String, tenant: Tenant, since: Timestamp
    ) async throws(StoreError) -> IdempotencyRecord? {
        let limit = configuration.answerDeadline
        return try await read("read an idempotency record") { connection in
            let rows = try connection.run(
                Statement(Queries.idempotency).binding(tenant.name).binding(key).binding(since.milliseconds),
                within: limit)
            guard rows.count > 0 else { return nil }
            return IdempotencyRecord(
                tenant: tenant, key: key, requestDigest: try rows.needBytes(0, 0), answer: try rows.needBytes(0, 1),
                at: Timestamp(milliseconds: try rows.needInteger(0, 2)))
        }
    }

    func storedPosition(of tenant: Tenant) async throws(StoreError) -> StreamPosition? {
        let limit = configuration.answerDeadline
        return try await read("read a log's position") { connection in
            let rows = try connection.run(Statement(Queries.position).binding(tenant.name), within: limit)
            guard rows.count > 0 else { return nil }
            return StreamPosition(
                epoch: try rows.needText(0, 0), offset: UInt64(clamping: try rows.needInteger(0, 1)))
        }
    }

    public func events(
        after offset: UInt64, tenant: Tenant, limit: Int
    ) async throws(StoreError) -> [LoggedEvent] {
        let deadline = configuration.answerDeadline
        return try await read("read events") { connection in
            let rows = try connection.run(
                Statement(Queries.events).binding(tenant.name).binding(Int64(clamping: offset))
                    .binding(Int64(max(0, limit))), within: deadline)
            return try (0..<rows.count).map { row in try LoggedEvent(rows, row, tenant: tenant) }
        }
    }

    public func statistics(of tenant: Tenant) async throws(StoreError) -> StoreStatistics {
        let limit = configuration.answerDeadline
        return try await read("read statistics") { connection in
            let rows = try connection.run(Statement(Queries.statistics).binding(tenant.name), within: limit)
            guard rows.count > 0 else { return StoreStatistics(leads: 0, scores: 0, wonOutcomes: 0, otherOutcomes: 0) }
            return StoreStatistics(
                leads: Int(try rows.needInteger(0, 0)), scores: Int(try rows.needInteger(0, 1)),
                wonOutcomes: Int(try rows.needInteger(0, 2)), otherOutcomes: Int(try rows.needInteger(0, 3)))
        }
    }

    /// Half a day rounds up; with an even number of them the mean of the middle two counts. A win counts with the
    /// timeline that the lead's newest score had when the win was recorded.
    public func medianDaysToClose(
        timeline: String, tenant: Tenant, minimum: Int
    ) async throws(StoreError) -> Int? {
        let limit = configuration.answerDeadline
        return try await read("read days to close") { connection in
            let rows = try connection.run(
                Statement(Queries.median).binding(tenant.name).binding(timeline).binding(Int64(max(minimum, 1))),
                within: limit)
            guard rows.count > 0, let milliseconds = rows.real(0, 0) else { return nil }
            return Int((milliseconds / 86_400_000).rounded())
        }
    }

    public func ping() async throws(StoreError) {
        let limit = configuration.answerDeadline
        let one = try await read("ping") { try $0.run(Statement("SELECT 1"), within: limit).integer(0, 0) }
        guard one == 1 else { throw StoreError(.other, "ping: PostgreSQL answered something else") }
    }
}

extension LoggedEvent {
    fileprivate init(_ rows: PostgresRows, _ row: Int, tenant: Tenant) throws {
        let offset = UInt64(clamping: try rows.needInteger(row, 0))
        guard let name = rows.text(row, 1) else {
            self = .erased(offset: offset)
            return
        }
        guard let type = EventType(rawValue: name) else {
            throw StoreError(.corrupt, "read events: a stored type that this version does not know")
        }
        let event = NewEvent(
            tenant: tenant, type: type, id: try rows.needText(row, 2),
            timestamp: Timestamp(milliseconds: try rows.needInteger(row, 3)), data: try rows.needBytes(row, 4),
            leadID: rows.text(row, 5))
        self = .event(CommittedEvent(event: event, offset: offset, epoch: try rows.needText(row, 6)))
    }
}
