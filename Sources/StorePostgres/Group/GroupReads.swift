import Leads
import Scoring

/// The first round trip of a group: begins the transaction, locks the tenants' rows, and reads all that its works touch.
struct GroupReads {
    let scope: GroupScope
    /// The tenants' numbers, known before: they never change.
    let numbers: [Tenant: Int64]
    let writer: WriterIdentity

    static let transactionStart = Statement.once("BEGIN")

    /// Makes the rows of tenants that have none; outside the transaction, which only locks.
    static func makingTenants(_ tenants: some Collection<Tenant>) -> Statement {
        var names = ArrayBuilder(.text)
        var epochs = ArrayBuilder(.text)
        for tenant in tenants.sorted(by: { $0.name < $1.name }) {
            names.append(tenant.name)
            epochs.append(makeEpoch())
        }
        return Statement(
            """
            INSERT INTO tenants (name, epoch) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (name) DO NOTHING
            """
        ).binding(names).binding(epochs)
    }

    /// 128 random bits: no two are ever the same.
    static func makeEpoch() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next() as UInt64, radix: 36) + String(generator.next() as UInt64, radix: 36)
    }

    static func numbers(of tenants: some Collection<Tenant>) -> Statement {
        Statement("SELECT name, id FROM tenants WHERE name = ANY($1)").binding(tenants.map(\.name))
    }

    /// In the order that ``state(from:)`` reads the answers. The locks come first: what the statements after them see is
    /// what the last holder committed.
    func statements(number: Int64) -> [Statement] {
        let tenants = scope.tenants.map(\.name).sorted()
        return [
            Self.transactionStart, writer.noting(number),
            // In the order of their names, so that two nodes can't hold each other up.
            Statement(
                "SELECT \(LogRow.columns) FROM tenants WHERE name = ANY($1) ORDER BY name FOR NO KEY UPDATE"
            ).binding(tenants),
            keyed(
                """
                SELECT \(LeadRow.columns) FROM unnest($1::bigint[], $2::text[]) AS wanted (tenant, name)
                JOIN leads ON leads.tenant = wanted.tenant AND leads.lead_id = wanted.name
                """, scope.leads.map { ($0.tenant, $0.id) }),
            keyed(
                """
                SELECT events.tenant, events.event_id, log_offset
                FROM unnest($1::bigint[], $2::text[]) AS wanted (tenant, name)
                JOIN events ON events.tenant = wanted.tenant AND events.event_id = wanted.name
                """, scope.events.map { ($0.tenant, $0.name) }),
            keyed(
                """
                SELECT wanted.tenant, wanted.name, erasures.at
                FROM unnest($1::bigint[], $2::text[]) AS wanted (tenant, name)
                JOIN tenants ON tenants.id = wanted.tenant
                JOIN erasures ON erasures.tenant = wanted.tenant
                    AND erasures.digest = sha256(convert_to(tenants.epoch || wanted.name, 'UTF8'))
                """, scope.leads.map { ($0.tenant, $0.id) }),
            keyed(
                """
                SELECT idempotency.tenant, idempotency.key, idempotency.at
                FROM unnest($1::bigint[], $2::text[]) AS wanted (tenant, name)
                JOIN idempotency ON idempotency.tenant = wanted.tenant AND idempotency.key = wanted.name
                """, scope.idempotency.map { ($0.tenant, $0.name) }),
            keyed(
                """
                SELECT leads.tenant, leads.lead_id, outcomes.at, outcomes.result
                FROM unnest($1::bigint[], $2::text[]) AS wanted (tenant, name)
                JOIN leads ON leads.tenant = wanted.tenant AND leads.lead_id = wanted.name
                JOIN outcomes ON outcomes.tenant = leads.tenant AND outcomes.lead = leads.id
                """, scope.outcomeLeads.map { ($0.tenant, $0.id) }),
        ]
    }

    private func keyed(_ sql: String, _ keys: [(Tenant, String)]) -> Statement {
        var tenants = ArrayBuilder(.integer)
        var names = ArrayBuilder(.text)
        for (tenant, name) in keys {
            tenants.append(numbers[tenant])
            names.append(name)
        }
        return Statement(sql).binding(tenants).binding(names)
    }

    /// - Throws: `unexpectedAnswer` when a tenant's row is gone or has another number: the database is another one than
    ///   it was.
    func state(from answers: [PostgresRows]) throws -> GroupState {
        guard answers.count == 8 else { throw PostgresFailure.unexpectedAnswer }
        var state = GroupState()
        var tenants: [Int64: Tenant] = [:]
        for row in 0..<answers[2].count {
            let tenant = Tenant(try answers[2].needText(row, 0))
            let log = try LogRow(answers[2], row)
            tenants[log.id] = tenant
            state.logs[tenant] = log
        }
        for tenant in scope.tenants {
            guard let log = state.logs[tenant], log.id == numbers[tenant] else { throw TenantsChanged() }
        }
        func key(_ rows: PostgresRows, _ row: Int) throws -> NamedKey {
            guard let tenant = tenants[try rows.needInteger(row, 0)] else { throw PostgresFailure.unexpectedAnswer }
            return NamedKey(tenant: tenant, name: try rows.needText(row, 1))
        }
        func lead(_ rows: PostgresRows, _ row: Int) throws -> LeadKey {
            let key = try key(rows, row)
            return LeadKey(tenant: key.tenant, id: key.name)
        }
        for row in 0..<answers[3].count { state.leads[try lead(answers[3], row)] = try LeadRow(answers[3], row) }
        for row in 0..<answers[4].count {
            state.offsets[try key(answers[4], row)] = UInt64(clamping: try answers[4].needInteger(row, 2))
        }
        for row in 0..<answers[5].count {
            state.erasedAt[try lead(answers[5], row)] = try answers[5].needInteger(row, 2)
        }
        for row in 0..<answers[6].count {
            state.idempotencyAt[try key(answers[6], row)] = try answers[6].needInteger(row, 2)
        }
        for row in 0..<answers[7].count {
            state.knownOutcomes.insert(
                OutcomeKey(
                    lead: try lead(answers[7], row), at: try answers[7].needInteger(row, 2),
                    result: try answers[7].needText(row, 3)))
        }
        return state
    }
}

/// The tenants' rows are not those that were known: the database was restored or replaced.
struct TenantsChanged: Error {}
