import Foundation
import Scoring
import StoreConformance
import StorePostgres
import Testing

/// Opening a store: what goes wrong is named, and what psql takes is taken.
@Suite(.needsServer) struct OpeningTests {
    private func failure(
        _ address: String, _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> StoreError {
        let harness = try PostgresHarness(change, address: address)
        do {
            let store = try await harness.openStore()
            await store.close()
            throw NoServer(why: "it opened")
        } catch let error as StoreError {
            return error
        }
    }

    private func parts() throws -> URLComponents {
        let address = try #require(PostgresHarness.address)
        return try #require(URLComponents(string: address))
    }

    private func address(_ change: (inout URLComponents) -> Void) throws -> String {
        var parts = try parts()
        change(&parts)
        return try #require(parts.string)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a wrong password, user, database, port or host is named as such`() async throws {
        let cases: [(String, [String])] = [
            (try address { $0.password = "wrong-password" }, ["password is wrong", "user postgres"]),
            (try address { $0.user = "nobody" }, ["nobody"]),
            (try address { $0.path = "/nowhere" }, ["\"nowhere\" does not exist", "create it"]),
            (try address { $0.port = 1 }, [":1,", "Connection refused", "is the server started"]),
            (try address { $0.host = "no-such-host.invalid" }, ["no-such-host.invalid", "unknown here"]),
        ]
        for (address, hints) in cases {
            let error = try await failure(address)
            #expect(error.code == .unavailable, "\(error)")
            for hint in hints { #expect(error.message.contains(hint), "\(error.message)") }
            #expect(!error.message.contains("wrong-password"))
            let password = try #require(parts().password)
            #expect(!error.message.contains(password))
        }
    }

    @Test(.timeLimit(.minutes(5))) func `a host that accepts and says nothing costs one deadline`() async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        proxy.set(.hold)
        let error = try await failure(proxy.address(from: address { _ in })) { $0.connectDeadline = .milliseconds(300) }
        #expect(error.code == .unavailable && error.message.contains("no answer within the deadline"))
        #expect(proxy.acceptedConnections <= 1, "it is not tried again")
    }

    @Test(.timeLimit(.minutes(5))) func `TLS is as strict as the address asks for`() async throws {
        func mode(_ mode: String, host: String? = nil) throws -> String {
            try address { parts in
                parts.queryItems = parts.queryItems?.map {
                    $0.name == "sslmode" ? URLQueryItem(name: "sslmode", value: mode) : $0
                }
                // The certificate is for this name; hostaddr keeps the resolver out of it.
                if let host {
                    parts.host = host
                    parts.queryItems?.append(URLQueryItem(name: "hostaddr", value: "127.0.0.1"))
                }
            }
        }
        for (address, encrypted) in [
            (try mode("disable"), "f"), (try mode("require"), "t"), (try mode("verify-ca"), "t"),
            (try mode("verify-full", host: "localhost"), "t"),
        ] {
            let own = "tls-\(UInt32.random(in: 0 ... .max))"
            let harness = try PostgresHarness(address: address + "&application_name=\(own)")
            let store = try await harness.openStore()
            try await store.probeWrite()
            let found = try PostgresHarness.psql(
                """
                SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE application_name LIKE '\(own)%'
                """)
            #expect(found == [encrypted], "\(PostgresAddress.masked(address))")
            await store.close()
        }
        let error = try await failure(mode("verify-full"))
        #expect(error.code == .unavailable && error.message.contains("sslmode"))
    }

    /// The environment belongs to a whole process, so this one is another.
    @Test(.timeLimit(.minutes(5)))
    func `PG variables and the password file fill what the address leaves out`() async throws {
        let parts = try parts()
        let (host, port) = (try #require(parts.host), try #require(parts.port))
        let folder = FileManager.default.temporaryDirectory.appending(path: "leadwire-pg-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "pgpass")
        let password = try #require(parts.password)
        try "\(host):\(port):*:postgres:\(password)\n".write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        for address in ["postgres://", "user=postgres"] {
            let harness = try PostgresHarness()
            var run = CrashRun(seed: 1)
            try await run.runAndKill(
                [address, "0", "full", harness.configuration.schema],
                environment: [
                    "PGHOST": host, "PGPORT": "\(port)", "PGUSER": "postgres", "PGDATABASE": "postgres",
                    "PGPASSFILE": file.path, "PGSSLMODE": "disable",
                ], after: 1)
            #expect(!run.acknowledged.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `many nodes may start at once over an empty database`() async throws {
        let harness = try PostgresHarness()
        let stores = try await withThrowingTaskGroup(of: PostgresLeadStore.self) { group in
            for _ in 0..<6 { group.addTask { try await harness.openStore() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try harness.sql("SELECT version FROM migrations") == ["1", "2", "3", "4"])
        let positions = try await withThrowingTaskGroup(of: StreamPosition.self) { group in
            for store in stores { group.addTask { try await store.position(of: Sample.tenant) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(positions.count == 1, "one epoch for all")
        for store in stores { await store.close() }
    }

    @Test(.timeLimit(.minutes(5)))
    func `tables of a newer version, or of another program, are refused and left alone`() async throws {
        let harness = try PostgresHarness()
        await (try await harness.openStore()).close()
        _ = try harness.sql("INSERT INTO migrations VALUES (99, 'what comes later')")
        await #expect(throws: StoreError.self) { _ = try await harness.openStore() }
        do {
            _ = try await harness.openStore()
        } catch {
            #expect((error as? StoreError)?.code == .corrupt && "\(error)".contains("newer"))
        }
        let foreign = try PostgresHarness()
        _ = try PostgresHarness.psql(
            """
            CREATE SCHEMA \(foreign.configuration.schema);
            CREATE TABLE \(foreign.configuration.schema).scores (theirs int)
            """)
        do {
            _ = try await foreign.openStore()
            Issue.record("it opened")
        } catch {
            #expect((error as? StoreError)?.code == .corrupt && "\(error)".contains("another program"))
        }
        #expect(
            try PostgresHarness.psql(
                "SELECT count(*) FROM pg_tables WHERE schemaname = '\(foreign.configuration.schema)'") == ["1"],
            "nothing of ours was left there")
    }

    @Test(.timeLimit(.minutes(5))) func `a user who may not make tables is told what to ask for`() async throws {
        let role = "r_\(UInt32.random(in: 0 ... .max))"
        let owned = try PostgresHarness()
        _ = try PostgresHarness.psql("CREATE ROLE \(role) LOGIN PASSWORD 'pw'")
        defer { _ = try? PostgresHarness.psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)") }
        let address = try address {
            $0.user = role
            $0.password = "pw"
        }
        let error = try await failure(address)
        #expect(error.code == .readOnly && error.message.contains("CREATE SCHEMA"))
        // With the schema made for it, it needs no further rights.
        _ = try PostgresHarness.psql("CREATE SCHEMA \(owned.configuration.schema) AUTHORIZATION \(role)")
        let store = try await PostgresLeadStore.open(PostgresAddress(address), configuration: owned.configuration)
        #expect(try await store.commit(Sample.scored("a", at: Sample.at(0))).map(\.offset) == [1])
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)), arguments: [(Durability.full, "on"), (.process, "off")])
    func `the writer really has the durability that was asked for`(
        _ durability: Durability, _ commit: String
    ) async throws {
        let harness = try PostgresHarness { $0.durability = durability }
        let store = try await harness.openStore()
        try await store.probeWrite()
        // A trigger writes down what the transaction runs with.
        _ = try harness.sql(
            """
            CREATE TABLE seen (setting text);
            CREATE FUNCTION \(harness.configuration.schema).note() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
            CREATE TRIGGER note AFTER INSERT ON probes EXECUTE FUNCTION note()
            """)
        try await store.probeWrite()
        #expect(try harness.sql("SELECT setting FROM seen") == [commit])
        await store.close()
    }
}
