import CPQ
import Glibc
import Scoring

extension PostgresConnection {
    /// Connects and prepares the session. Blocks the calling thread, at most until the deadline; looking a host name up
    /// has the resolver's own deadline.
    static func open(
        _ address: PostgresAddress, _ configuration: PostgresConfiguration, writer: WriterIdentity?
    ) throws(PostgresFailure) -> PostgresConnection {
        let deadline = ContinuousClock.now + configuration.connectDeadline(for: address)
        let handle = try start(address, deadline)
        let connection: PostgresConnection
        do {
            connection = try PostgresConnection(handle)
        } catch {
            PQfinish(handle)
            throw error
        }
        let place = place(handle)
        let answer: PostgresRows
        do {
            answer = try connection.run(
                session(configuration, writer), within: ContinuousClock.now.duration(to: deadline))
        } catch {
            throw .connectFailed("\(place): \(words(error))", StoreError("connect", error).reason)
        }
        guard answer.text(0, 0) == "UTF8" else {
            throw .connectFailed("\(place): the database's encoding is \(answer.text(0, 0) ?? "unknown"), not UTF8")
        }
        guard let version = answer.integer(0, 1), version >= 120_000 else {
            throw .connectFailed("\(place): PostgreSQL is older than 12")
        }
        return connection
    }

    private static func start(
        _ address: PostgresAddress, _ deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> OpaquePointer {
        // `dbname` is expanded as psql does it; what stands after it counts more than the address.
        let keys = ["fallback_application_name", "dbname", "client_encoding"]
        let values = ["leadwire", address.text, "UTF8"]
        let keyStrings = keys.map { strdup($0) }
        let valueStrings = values.map { strdup($0) }
        defer { for string in keyStrings + valueStrings { free(string) } }
        let keyPointers = keyStrings.map { UnsafePointer<CChar>($0) } + [nil]
        let valuePointers = valueStrings.map { UnsafePointer<CChar>($0) } + [nil]
        guard let handle = PQconnectStartParams(keyPointers, valuePointers, 1) else {
            throw .connectFailed("PostgreSQL: out of memory")
        }
        // Puts the SQLSTATE into what is said of a refused login; there is no other way to learn it.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        do {
            try establish(handle, deadline)
            return handle
        } catch {
            PQfinish(handle)
            throw error
        }
    }

    private static func establish(
        _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        var wanted = PGRES_POLLING_WRITING
        guard PQstatus(handle) != CONNECTION_BAD else { throw refusal(handle) }
        while wanted != PGRES_POLLING_OK {
            guard wanted == PGRES_POLLING_READING || wanted == PGRES_POLLING_WRITING else { throw refusal(handle) }
            do {
                _ = try wait(PQsocket(handle), wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)
            } catch {
                throw .connectFailed("\(place(handle)): \(words(error))", StoreError("connect", error).reason)
            }
            wanted = PQconnectPoll(handle)
        }
    }

    /// Host, database and user, with what came from the environment; never the password.
    private static func place(_ handle: OpaquePointer) -> String {
        func text(_ value: UnsafeMutablePointer<CChar>?) -> String {
            let text = value.map { String(cString: $0) } ?? ""
            return text.isEmpty ? "?" : text
        }
        return "PostgreSQL at \(text(PQhost(handle))):\(text(PQport(handle))), "
            + "database \(text(PQdb(handle))), user \(text(PQuser(handle)))"
    }

    private static func words(_ failure: PostgresFailure) -> String {
        switch failure {
        case .deadline: "no answer within the deadline"
        case .refused(let state): "refused the session (\(state))"
        default: "the connection broke"
        }
    }

    /// libpq's own words for why there is no connection, on one line, with what to look at. They name host, role and
    /// database, and no stored value.
    private static func refusal(_ handle: OpaquePointer) -> PostgresFailure {
        let lines = String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.hasPrefix("LOCATION:") }
        let words = lines.joined(separator: "; ")
        // `FATAL:  28P01: password ...`: the state is for us, the rest for people.
        let state = words.firstMatch(of: /: {1,2}([0-9A-Z]{5}):/).map { String($0.1) }
        let shown = state.map { words.replacing("\($0): ", with: "") } ?? words
        let known = advice(shown)
        return .connectFailed(
            "\(place(handle)): \(shown)\(known.map { " (\($0.text))" } ?? "")",
            state.flatMap(StoreError.reason(ofState:)) ?? known?.reason)
    }

    private struct Advice {
        var words: String
        var text: String
        var reason: StoreError.Reason?

        init(_ words: String, _ text: String, _ reason: StoreError.Reason? = nil) {
            self.words = words
            self.text = text
            self.reason = reason
        }
    }

    private static func advice(_ words: String) -> Advice? {
        let known = [
            Advice(
                "Connection refused", "nothing listens there: is the server started, and the port right?",
                .connectionRefused),
            Advice("No such file or directory", "no server has its socket there: is it started?", .connectionRefused),
            Advice("password authentication failed", "the password is wrong for this user", .loginRefused),
            Advice(
                "no password supplied", "give a password in the address, in PGPASSWORD or in ~/.pgpass", .loginRefused),
            Advice("does not exist", "create it, or correct its name"),
            Advice("could not translate host name", "the host's name is unknown here", .unknownHost),
            Advice(
                "no pg_hba.conf entry", "the server's pg_hba.conf does not let this user in from here", .loginRefused),
            Advice("too many c", "raise max_connections, or lower what others hold", .tooManyConnections),
            Advice("connection slots", "raise max_connections, or lower what others hold", .tooManyConnections),
            Advice("closed the connection unexpectedly", "it stopped, or what stands between cut it", .connectionLost),
            Advice("Connection reset", "it stopped, or what stands between cut it", .connectionLost),
            Advice("certificate", "look at sslmode and sslrootcert"), Advice("SSL", "look at sslmode"),
        ]
        return known.first { words.contains($0.words) }
    }

    /// One statement sets the session and tells what it is.
    private static func session(_ configuration: PostgresConfiguration, _ writer: WriterIdentity?) -> Statement {
        let milliseconds = Int64(configuration.queryDeadline / .milliseconds(1))
        var settings: [(String, String)] = [
            ("search_path", "\"\(configuration.schema)\""), ("statement_timeout", "\(milliseconds)"),
            ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "\(milliseconds * 2)"),
            ("client_min_messages", "error"), ("extra_float_digits", "1"), ("DateStyle", "ISO"),
            // Every statement of ours finds its rows by an index. A plan made while the tables were small would scan
            // them, and stay in use until the server looks at its statistics again.
            ("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off"), ("jit", "off"),
        ]
        if writer == nil { settings.append(("default_transaction_read_only", "on")) }
        var sets = settings.map { "set_config('\($0)', '\($1)', false)" }
        if let writer {
            let name = "left(current_setting('application_name'), 40) || ' \(writer.label)'"
            sets.append("set_config('application_name', \(name), false)")
        }
        // What the server demands beyond a local fsync (a standby's) stays.
        let commit =
            configuration.durability == .full
            ? "CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' "
                + "ELSE current_setting('synchronous_commit') END" : "'off'"
        let sql = """
            SELECT current_setting('server_encoding'), current_setting('server_version_num')::int8,
            set_config('synchronous_commit', \(commit), false), \(sets.joined(separator: ", "))
            """
        return .once(sql)
    }
}

extension PostgresConfiguration {
    /// The address's own `connect_timeout` (or `PGCONNECT_TIMEOUT`) counts more; as for psql, 1 means 2.
    func connectDeadline(for address: PostgresAddress) -> Duration {
        guard let options = PQconninfoParse(address.text, nil) else { return connectDeadline }
        defer { PQconninfoFree(options) }
        var next = options
        while let keyword = next.pointee.keyword {
            if String(cString: keyword) == "connect_timeout" {
                let given =
                    next.pointee.val.map { String(cString: $0) }
                    ?? getenv("PGCONNECT_TIMEOUT").map { String(cString: $0) }
                guard let seconds = given.flatMap({ Int($0) }), seconds > 0 else { return connectDeadline }
                return .seconds(max(2, seconds))
            }
            next += 1
        }
        return connectDeadline
    }
}
