import Leads
import Scoring

/// Turns groups of works into transactions on one connection, and knows of each what became of it.
///
/// A group costs two round trips: one that locks and reads, one that writes and commits. Whatever breaks before the
/// second leaves nothing behind. What breaks after COMMIT was sent is looked up (``WriterIdentity``); until that is
/// possible no further group is written, so the sink never gets a later event before an earlier one.
struct GroupTransactions {
    typealias Answers = [Result<WriteAnswer, StoreError>]

    /// A transaction that may have been committed.
    private struct Doubt {
        var number: Int64
        var serverProcess: Int32
        var events: [CommittedEvent]
    }

    private let configuration: PostgresConfiguration
    private let sink: (any EventSink)?
    private let writer = WriterIdentity()
    private var session: Session
    private var lastNumber: Int64 = 0
    private var doubt: Doubt?
    /// Numbers of tenants; they never change while the database is the same.
    private var numbers: [Tenant: Int64] = [:]

    /// More tenants than this are looked up again.
    private static let maximumRememberedTenants = 4_096

    init(_ connector: Connector, _ configuration: PostgresConfiguration, _ sink: (any EventSink)?) {
        self.configuration = configuration
        self.sink = sink
        session = Session(connector, configuration, writer: writer)
    }

    private var limit: Duration { configuration.queryDeadline }
    private var patientLimit: Duration { configuration.answerDeadline }

    /// Writes all of it in one transaction. The events have been delivered when it returns.
    ///
    /// - Returns: one answer a work; a refused work does not fail the others.
    /// - Throws: when nothing of the group was stored, or as `outcomeUnknown`.
    mutating func run(_ works: [WriteWork]) throws -> Answers {
        // If that fails, nothing of these works has been tried.
        try settleDoubt()
        do {
            return try attempt(works)
        } catch is TenantsChanged {
            numbers.removeAll()
            return try attempt(works)
        }
    }

    mutating func close() { session.close() }

    private mutating func attempt(_ works: [WriteWork]) throws -> Answers {
        let scope = GroupScope(works)
        try learnNumbers(of: scope.tenants)
        lastNumber += 1
        let reads = GroupReads(scope: scope, numbers: numbers, writer: writer)
        let (number, limit) = (lastNumber, patientLimit)
        let prepared: (PostgresConnection, GroupState) = try session.perform { connection in
            let answers = try connection.run(reads.statements(number: number), within: limit)
            return (connection, try reads.state(from: answers))
        }
        let (connection, state) = prepared
        do {
            if works.count == 1, !works[0].isGrouped { return [.success(try alone(works[0], state, connection))] }
            return try grouped(works, state, connection)
        } catch {
            connection.rollBack(within: limit)
            throw error
        }
    }

    private mutating func grouped(
        _ works: [WriteWork], _ read: GroupState, _ connection: PostgresConnection
    ) throws -> Answers {
        var state = read
        var answers: Answers = []
        for work in works {
            do {
                answers.append(.success(try state.apply(work)))
            } catch let refusal as StoreError {
                answers.append(.failure(refusal))
            }
        }
        guard state.isChanged else {
            // Repeats, refusals and positions only.
            connection.rollBack(within: limit)
            return answers
        }
        let writes = GroupWrites(state: state, retention: configuration.eventRetention)
        _ = try commit(try writes.statements(), connection, state.events)
        return answers
    }

    private mutating func alone(
        _ work: WriteWork, _ state: GroupState, _ connection: PostgresConnection
    ) throws -> WriteAnswer {
        switch work {
        case .erase(let key, let at):
            let log = try state.log(of: key.tenant)
            let erasure = Erasure(key: key, at: at, log: log, lead: state.leads[key])
            guard erasure.lead != nil else {
                _ = try commit(erasure.notes, connection, [])
                return .receipt(nil)
            }
            let removals = [NoticeQueries.lock, NoticeQueries.forgetting, erasure.announcement] + erasure.removals
            let answers = try connection.run(removals, within: patientLimit)
            let (receipt, won) = try erasure.receipt(from: Array(answers.dropFirst(3)))
            _ = try commit(erasure.notes + [erasure.counting(receipt, won: won)], connection, [])
            return .receipt(receipt)
        case .probe:
            _ = try commit(
                [Statement("INSERT INTO probes DEFAULT VALUES"), Statement("DELETE FROM probes")], connection, [])
            return .done
        case .statements(let statements):
            return .touched(try commit(statements, connection, []).first?.touched)
        case .commit, .optOut, .position:
            throw PostgresFailure.unexpectedAnswer
        }
    }

    /// Writes and commits in one round trip, then delivers.
    private mutating func commit(
        _ statements: [Statement], _ connection: PostgresConnection, _ events: [CommittedEvent]
    ) throws -> [PostgresRows] {
        let open = Doubt(number: lastNumber, serverProcess: connection.serverProcess, events: events)
        let answers: [PostgresRows]
        do {
            answers = try connection.run(statements + [.once("COMMIT")], within: patientLimit)
        } catch {
            // If the server said no, it did not commit. (57P is its farewell, which may come at any moment.)
            if let state = error.sqlState, !state.hasPrefix("57P") { throw error }
            doubt = open
            guard try isSettledAsCommitted() else { throw error }
            return []
        }
        if !events.isEmpty { sink?.deliver(events) }
        return answers
    }

    // MARK: Doubt

    private mutating func isSettledAsCommitted() throws -> Bool {
        do { return try settleDoubt() } catch { throw PostgresFailure.outcomeUnknown }
    }

    /// Finds out what became of the transaction in doubt, if there is one, and delivers its events if it was committed.
    ///
    /// - Returns: true if it was committed.
    /// - Throws: when the server can't be asked; the doubt then stays.
    @discardableResult
    private mutating func settleDoubt() throws -> Bool {
        guard let doubt else { return false }
        let (writer, limit) = (writer, patientLimit)
        session.close()
        let committed = try session.perform { connection in
            // A server may refuse this (a pooler between us, say); then the row's lock is waited for.
            _ = try? connection.run(writer.ending(doubt.serverProcess), within: limit)
            return try connection.run(writer.lastCommitted, within: limit).needInteger(0, 0)
        }
        self.doubt = nil
        // Not `>=`: numbers only grow, and this was the last. After a restore the row may be older, never newer.
        guard committed == doubt.number else { return false }
        if !doubt.events.isEmpty { sink?.deliver(doubt.events) }
        return true
    }

    // MARK: Tenants

    private mutating func learnNumbers(of tenants: Set<Tenant>) throws {
        let unknown = tenants.filter { numbers[$0] == nil }
        guard !unknown.isEmpty else { return }
        if numbers.count + unknown.count > Self.maximumRememberedTenants { numbers.removeAll() }
        let wanted = numbers.isEmpty ? tenants : unknown
        let limit = patientLimit
        let answers = try session.perform { connection in
            try connection.run([GroupReads.makingTenants(wanted), GroupReads.numbers(of: wanted)], within: limit)
        }
        guard answers.count == 2 else { throw PostgresFailure.unexpectedAnswer }
        for row in 0..<answers[1].count {
            numbers[Tenant(try answers[1].needText(row, 0))] = try answers[1].needInteger(row, 1)
        }
    }
}
