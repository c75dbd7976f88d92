import CPQ
import Glibc

/// One connection, used by one thread at a time. libpq runs non-blocking and in pipeline mode throughout: a call sends
/// its statements in one go, polls the socket, and gives up at its deadline whatever the server does or doesn't do.
///
/// The handle lives and dies with this object, and no pointer of libpq leaves it and ``PostgresRows``.
final class PostgresConnection {
    private let handle: OpaquePointer
    /// Statements that the server has planned, and their names there.
    private var names: [String: String] = [:]
    private var namesGiven = 0
    /// False once it broke or was given up; then every call fails.
    private(set) var isUsable = true
    /// Of the server's process that serves this connection.
    let serverProcess: Int32

    /// More statements than this are planned anew. Ours are some dozens.
    private static let maximumNames = 512

    /// Takes an open connection over.
    init(_ handle: OpaquePointer) throws(PostgresFailure) {
        self.handle = handle
        serverProcess = PQbackendPID(handle)
        // A notice may quote values, and libpq would print it.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw .connectFailed("PostgreSQL: the connection can't be used without blocking")
        }
    }

    deinit { PQfinish(handle) }

    /// True when the connection stands in a transaction, a failed one included.
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// True when what is sent can't be read on its way.
    var isEncrypted: Bool { PQsslInUse(handle) == 1 }

    /// Sends all, then reads all, in one round trip. Statements run one after the other; the first that the server
    /// refuses ends the call, and none after it runs.
    ///
    /// - Returns: one answer a statement.
    /// - Throws: `refused` with the connection in order; anything else leaves it unusable.
    func run(_ statements: [Statement], within limit: Duration) throws(PostgresFailure) -> [PostgresRows] {
        guard isUsable else { throw .connectionLost }
        do {
            let deadline = ContinuousClock.now + limit
            let expected = try send(statements)
            return try receive(expected, deadline)
        } catch {
            if case .refused = error { throw error }
            isUsable = false
            throw error
        }
    }

    func run(_ statement: Statement, within limit: Duration) throws(PostgresFailure) -> PostgresRows {
        let answers = try run([statement], within: limit)
        guard let answer = answers.first else { throw .unexpectedAnswer }
        return answer
    }

    /// Ends a transaction that a refusal left open, so that the connection can be used again.
    func rollBack(within limit: Duration) {
        guard isUsable, isInTransaction else { return }
        // If it fails, the connection is unusable, and the server rolls back by itself.
        _ = try? run(.once("ROLLBACK"), within: limit)
    }

    /// True if the server has closed its end while nothing was asked.
    func isStale() -> Bool {
        guard isUsable else { return true }
        var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        guard poll(&socket, 1, 0) > 0 else { return false }
        // A notice or a parameter's change may wait there too; only a broken connection is stale.
        if PQconsumeInput(handle) == 0 || PQstatus(handle) != CONNECTION_OK { isUsable = false }
        return !isUsable
    }

    // MARK: Sending

    private enum Expected {
        case plan(sql: String, name: String)
        case rows
    }

    private func send(_ statements: [Statement]) throws(PostgresFailure) -> [Expected] {
        var expected: [Expected] = []
        var isNew: [String: String] = [:]
        for statement in statements {
            let count = Int32(statement.arguments.count)
            guard statement.isPrepared else {
                let sent = statement.withArguments { values, lengths, formats in
                    PQsendQueryParams(handle, statement.sql, count, statement.types, values, lengths, formats, 1)
                }
                guard sent == 1 else { throw .connectionLost }
                expected.append(.rows)
                continue
            }
            let name: String
            if let known = names[statement.sql] ?? isNew[statement.sql] {
                name = known
            } else {
                name = "s\(namesGiven)"
                namesGiven += 1
                guard PQsendPrepare(handle, name, statement.sql, count, statement.types) == 1 else {
                    throw .connectionLost
                }
                isNew[statement.sql] = name
                expected.append(.plan(sql: statement.sql, name: name))
            }
            let sent = statement.withArguments { values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            }
            guard sent == 1 else { throw .connectionLost }
            expected.append(.rows)
        }
        guard PQpipelineSync(handle) == 1 else { throw .connectionLost }
        return expected
    }

    // MARK: Receiving

    private func receive(
        _ expected: [Expected], _ deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> [PostgresRows] {
        var rows: [PostgresRows] = []
        var refusal: PostgresFailure?
        for expectation in expected {
            let answer = try result(deadline)
            let status = PQresultStatus(answer)
            switch status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                switch expectation {
                case .plan(let sql, let name):
                    remember(sql, name)
                    PQclear(answer)
                case .rows: rows.append(PostgresRows(answer))
                }
            case PGRES_FATAL_ERROR:
                let state = PQresultErrorField(answer, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
                PQclear(answer)
                // Without a state libpq itself made the result: the connection is gone.
                guard let state, PQstatus(handle) == CONNECTION_OK else { throw .connectionLost }
                refusal = refusal ?? .refused(sqlState: state)
            case PGRES_PIPELINE_ABORTED:
                PQclear(answer)
            default:
                PQclear(answer)
                throw .unexpectedAnswer
            }
            // A null follows each statement's result.
            guard try next(deadline) == nil else { throw .unexpectedAnswer }
        }
        let end = try result(deadline)
        let status = PQresultStatus(end)
        PQclear(end)
        guard status == PGRES_PIPELINE_SYNC else { throw .unexpectedAnswer }
        if let refusal { throw refusal }
        return rows
    }

    private func remember(_ sql: String, _ name: String) {
        if names.count >= Self.maximumNames { names.removeAll() }
        names[sql] = name
    }

    private func result(_ deadline: ContinuousClock.Instant) throws(PostgresFailure) -> OpaquePointer {
        guard let result = try next(deadline) else { throw .unexpectedAnswer }
        return result
    }

    /// The next result, or nil where one statement's results end. Writes what is still unsent meanwhile: a server that
    /// waits for us to read stops reading itself.
    private func next(_ deadline: ContinuousClock.Instant) throws(PostgresFailure) -> OpaquePointer? {
        while true {
            let unsent = PQflush(handle)
            guard unsent >= 0 else { throw .connectionLost }
            if unsent == 0, PQisBusy(handle) == 0 { return PQgetResult(handle) }
            let events = POLLIN | (unsent == 1 ? POLLOUT : 0)
            let ready = try PostgresConnection.wait(PQsocket(handle), events, deadline)
            if ready & (POLLIN | POLLHUP | POLLERR) != 0 {
                guard PQconsumeInput(handle) == 1 else { throw .connectionLost }
                if unsent == 1, PQisBusy(handle) == 0 { return PQgetResult(handle) }
            }
        }
    }

    /// Polls one socket until it is ready or the deadline has passed.
    static func wait(
        _ socket: CInt, _ events: CInt, _ deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> CInt {
        guard socket >= 0 else { throw .connectionLost }
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .deadline }
            var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
            let found = poll(&entry, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1))
            if found > 0 { return CInt(entry.revents) }
            guard found == 0 || errno == EINTR else { throw .connectionLost }
        }
    }
}

extension Statement {
    /// The arguments as libpq takes them, for as long as the body runs.
    fileprivate func withArguments<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        var whole: [UInt8] = []
        for argument in arguments { whole += argument ?? [] }
        // So that an empty argument at the end has an address too.
        whole.append(0)
        let lengths = arguments.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: arguments.count)
        return whole.withUnsafeBytes { bytes in
            var offset = 0
            let values = arguments.map { argument -> UnsafePointer<CChar>? in
                guard let argument, let base = bytes.baseAddress else { return nil }
                defer { offset += argument.count }
                return (base + offset).assumingMemoryBound(to: CChar.self)
            }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}
