import Foundation
public import Scoring

/// Asks a database everything that serving from it needs, step by step, and changes nothing in it: what is written is
/// taken back. What fails ends the examination where nothing later could succeed.
public struct PostgresExamination: Sendable {
    private let address: PostgresAddress
    private let configuration: PostgresConfiguration

    private static let subject = "database"
    /// A score is three round trips; beyond this the network is most of its time.
    private static let slowRoundTrip = Duration.milliseconds(20)
    private static let tolerableClockDifference = 5.0

    public init(_ address: PostgresAddress, configuration: PostgresConfiguration = PostgresConfiguration()) {
        self.address = address
        self.configuration = configuration
    }

    /// Bounded by the resolver, the deadline for a connection, and some seconds of questions.
    public func run() async -> [Finding] {
        await OwnThread.run(named: "leadwire.pg.examine") { examine() }
    }

    private func examine() -> [Finding] {
        var findings: [Finding] = []
        func note(_ question: String, _ verdict: Finding.Verdict, _ found: String, _ advice: String? = nil) {
            findings.append(Finding(Self.subject, question, verdict, found, advice: advice))
        }
        let hosts = address.hosts
        for host in hosts where !host.isSocket {
            do {
                note("name", .well, "\(host.name) is \(try host.addresses().joined(separator: ", "))")
            } catch {
                note(
                    "name", hosts.count == 1 ? .broken : .warning,
                    "\(host.name): \(StoreError("look up", error).message)", "correct the host in --database")
            }
        }
        let connection: PostgresConnection
        do {
            let began = ContinuousClock.now
            connection = try PostgresConnection.open(address, configuration, writer: WriterIdentity())
            note("connection", .well, "\(address.description), logged in within \(began.duration(to: .now).shown)")
        } catch {
            let failure = StoreError("connect", error)
            note("connection", .broken, failure.message, Self.advice(failure.reason))
            return findings
        }
        do {
            let isLocal = hosts.allSatisfy(\.isLocal)
            note(
                "encryption", connection.isEncrypted || isLocal ? .well : .warning,
                connection.isEncrypted ? "TLS" : isLocal ? "none, and none needed on this machine" : "none",
                connection.isEncrypted || isLocal
                    ? nil : "add sslmode=verify-full to the address: leads cross a network")
            try askServer(connection, note)
            if try askSchema(connection, note) { askWriting(connection, note) }
        } catch {
            note("questions", .broken, StoreError("ask", error).message)
        }
        return findings
    }

    private typealias Note = (String, Finding.Verdict, String, String?) -> Void

    private func askServer(_ connection: PostgresConnection, _ note: Note) throws {
        let limit = configuration.queryDeadline
        let sql = """
            SELECT current_setting('server_version'), current_setting('server_version_num')::int8,
                pg_is_in_recovery(), current_setting('default_transaction_read_only'), current_setting('fsync'),
                current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8
                    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                extract(epoch FROM clock_timestamp())::float8
            """
        let row = try connection.run(.once(sql), within: limit)
        let (name, version) = (try row.needText(0, 0), try row.needInteger(0, 1))
        note(
            "version", version >= 130_000 ? .well : .warning, "PostgreSQL \(name)",
            version >= 130_000 ? nil : "upgrade it: this version gets no fixes any more")
        let isStandby = try row.needInteger(0, 2) == 1
        let readsOnly = try row.needText(0, 3) == "on"
        note(
            "writable", isStandby || readsOnly ? .broken : .well,
            isStandby ? "a standby" : readsOnly ? "default_transaction_read_only is on" : "it is the primary",
            isStandby
                ? "name the primary, or add target_session_attrs=read-write to an address of several hosts"
                : readsOnly ? "turn it off for this role or server" : nil)
        let isDurable = try row.needText(0, 4) == "on"
        note(
            "durability", isDurable ? .well : .warning, isDurable ? "fsync is on" : "fsync is off",
            isDurable ? nil : "turn it on: a loss of power may damage everything")
        let left = try row.needInteger(0, 5)
        let needed = Int64(configuration.maximumReaders + 1)
        note(
            "connections left", left >= needed ? .well : left > 0 ? .warning : .broken,
            "\(max(0, left)); a node holds \(needed)",
            left >= needed ? nil : "raise max_connections, or end sessions of others")
        let difference = abs(try row.needReal(0, 6) - Date().timeIntervalSince1970)
        note(
            "clock", difference < Self.tolerableClockDifference ? .well : .warning,
            difference < Self.tolerableClockDifference
                ? "agrees with this machine's" : "differs from this machine's by \(Int(difference.rounded())) s",
            difference < Self.tolerableClockDifference ? nil : "let both machines follow a time server")
        var times: [Duration] = []
        for _ in 0..<5 {
            let began = ContinuousClock.now
            _ = try connection.run(Statement("SELECT 1"), within: limit)
            times.append(began.duration(to: .now))
        }
        let median = times.sorted()[2]
        note(
            "round trip", median < Self.slowRoundTrip ? .well : .warning, "\(median.shown), the median of five",
            median < Self.slowRoundTrip ? nil : "put server and database nearer: each score takes three of them")
    }

    /// - Returns: whether the tables are there and ours to write.
    private func askSchema(_ connection: PostgresConnection, _ note: Note) throws -> Bool {
        let schema = configuration.schema
        let newest = Schema.migrations.last?.version ?? 0
        let sql = """
            SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL,
                has_database_privilege(current_database(), 'CREATE')
            """
        let found = try connection.run(
            Statement(sql, isPrepared: false).binding(schema).binding("\(schema).migrations"),
            within: configuration.queryDeadline)
        guard try found.needInteger(0, 1) == 1 else {
            let hasSchema = try found.needInteger(0, 0) == 1
            let may = try hasSchema || found.needInteger(0, 2) == 1
            note(
                "tables", may ? .well : .broken,
                may ? "not there yet; the first start makes them" : "not there, and this user may not make them",
                may ? nil : "let the database's owner run CREATE SCHEMA \(schema) AUTHORIZATION that user")
            return false
        }
        let applied = try connection.run(
            .once("SELECT coalesce(max(version), 0) FROM migrations"), within: configuration.queryDeadline
        ).needInteger(0, 0)
        switch applied {
        case newest: note("tables", .well, "up to date (version \(applied))", nil)
        case ..<newest:
            note(
                "tables", .warning, "version \(applied) of \(newest)",
                "back up; the next start brings them up to date")
        default:
            note(
                "tables", .broken, "version \(applied), newer than this program's \(newest)",
                "start the newer version, or restore a backup")
        }
        return applied == newest
    }

    private func askWriting(_ connection: PostgresConnection, _ note: Note) {
        do {
            let began = ContinuousClock.now
            _ = try connection.run(
                [.once("INSERT INTO probes DEFAULT VALUES"), .once("DELETE FROM probes")],
                within: configuration.queryDeadline)
            note("write", .well, "a row was written and taken back within \(began.duration(to: .now).shown)", nil)
        } catch {
            let failure = StoreError("write", error)
            note("write", .broken, failure.message, Self.advice(failure))
        }
    }

    private static func advice(_ failure: StoreError) -> String? {
        switch failure.code {
        case .full: "make room on the server's disk"
        case .readOnly: "grant the user INSERT and DELETE on schema leadwire's tables, and name the primary"
        default: advice(failure.reason)
        }
    }

    /// Where the message does not say it already.
    private static func advice(_ reason: StoreError.Reason?) -> String? {
        switch reason {
        case .connectionRefused: "start the server, or correct host and port"
        case .unknownHost: "correct the host, or this machine's name service"
        case .loginRefused: "correct user and password, or let the user in by pg_hba.conf"
        case .noSuchDatabase: "create the database, or correct its name"
        case .tooManyConnections: "raise max_connections, or end sessions of others"
        case .notAccepting: "wait until the server has started"
        case .connectionLost: "look at the server's log, and at what stands between"
        case .timeout: "look for a firewall that swallows, and for an overloaded server"
        case .locked, .ioError, nil: nil
        }
    }
}

extension Duration {
    /// `3.4 ms`, for people.
    fileprivate var shown: String {
        let milliseconds = Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
        return "\((milliseconds * 10).rounded() / 10) ms"
    }
}
