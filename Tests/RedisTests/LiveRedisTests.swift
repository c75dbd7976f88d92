import Foundation
import Redis
import RedisTestServer
import Testing

/// Against a real server, as the client's users meet it.
@Suite(.needsRedis) struct LiveRedisTests {
    private func client(
        _ text: String? = nil, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        var configuration = RedisConfiguration()
        // A busy machine is not what is tested here.
        configuration.commandDeadline = .seconds(20)
        configuration.connectDeadline = .seconds(10)
        change(&configuration)
        return try RedisClient(
            RedisAddress(text ?? #require(RedisProcess.sharedAddress)), configuration: configuration)
    }

    private func key() -> RedisArgument { .text("test:" + UUID().uuidString) }

    private func failure(_ body: () async throws -> Void) async -> RedisError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? RedisError
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a user of the server's list is let in, a wrong password is told by class and shown nowhere`() async throws {
        let address = try #require(RedisProcess.sharedAddress)
        let client = try client()
        #expect(try await client.send(RedisCommand("ACL", "WHOAMI")).text == "leadwire")
        #expect(try await client.send(RedisCommand("CLIENT", "GETNAME")).text == "leadwire")
        await client.close()
        let password = try #require(URLComponents(string: address)?.password)
        for wrong in [address.replacing(password, with: "wrong"), address.replacing("leadwire:\(password)@", with: "")]
        {
            let refused = try self.client(wrong)
            let error = await failure { _ = try await refused.send(RedisCommand("PING")) }
            #expect(error?.code == .auth && error?.word == "redis_auth")
            #expect(error?.description.contains("wrong") == false)
            await refused.close()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `TLS checks the certificate's root and its name`() async throws {
        let address = try #require(RedisProcess.sharedSecureAddress)
        let client = try client(address)
        #expect(try await client.send(RedisCommand("PING")).text == "PONG")
        await client.close()
        let other = address.replacing("localhost", with: "127.0.0.1")
        let unknownRoot = String(address.prefix { $0 != "?" })
        for wrong in [other, unknownRoot] {
            let refused = try self.client(wrong)
            let error = await failure { _ = try await refused.send(RedisCommand("PING")) }
            #expect(error?.code == .tls, "\(RedisAddress.masked(wrong)): \(String(describing: error))")
            await refused.close()
        }
        // A plain server waits for the end of a line that TLS never sends; a secure one answers in TLS.
        let plainPort = try #require(URLComponents(string: RedisProcess.sharedAddress ?? "")?.port)
        let securePort = try #require(URLComponents(string: address)?.port)
        let noTLS = try self.client(address.replacing(":\(securePort)/", with: ":\(plainPort)/")) {
            $0.connectDeadline = .milliseconds(500)
        }
        #expect(await failure { _ = try await noTLS.send(RedisCommand("PING")) }?.code == .deadline)
        let plain = try self.client("redis://127.0.0.1:\(securePort)")
        let misled = await failure { _ = try await plain.send(RedisCommand("PING")) }
        #expect(misled?.code == .malformed || misled?.code == .lost)
        await noTLS.close()
        await plain.close()
        let missing = await failure { _ = try self.client("rediss://localhost?cafile=/nowhere.pem") }
        #expect(missing?.code == .tls && missing?.message.contains("/nowhere.pem") == true)
    }

    @Test(.timeLimit(.minutes(5)))
    func `the database of the address is the one that is used`() async throws {
        let server = try RedisProcess()
        let third = try client("redis://127.0.0.1:\(server.port)/3")
        _ = try await third.send(RedisCommand("SET", "here", "yes"))
        #expect(try server.cli("-n", "3", "GET", "here") == "yes")
        #expect(try server.cli("GET", "here") == "")
        await third.close()
        let none = try client("redis://127.0.0.1:\(server.port)/99")
        let error = await failure { _ = try await none.send(RedisCommand("PING")) }
        #expect(error?.message.contains("database") == true)
        await none.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `ten thousand commands at once share one connection, and each gets its own answer`() async throws {
        let server = try RedisProcess()
        let client = try client(server.address)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask { try await client.send(RedisCommand("ECHO", .text("\(number)"))).text == "\(number)" }
            }
            for try await isRight in group where !isRight { Issue.record("an answer went to somebody else") }
        }
        let batch = (0..<10_000).map { RedisCommand("ECHO", .integer($0)) }
        let answers = try await client.send(batch)
        #expect(answers.map { try? $0.get().text } == (0..<10_000).map { "\($0)" })
        let clients = try server.cli("CLIENT", "LIST").split(separator: "\n")
        #expect(clients.count { $0.contains("name=leadwire") } == 1)
        // The last answer is handed over just before its place is given back.
        while client.commandsUnderWay > 0, !Task.isCancelled { await Task.yield() }
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `any bytes survive, a megabyte of them too`() async throws {
        let client = try client()
        let every = (0..<4_096).map { UInt8(truncatingIfNeeded: $0) }
        let large = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        for value in [[], [0], Array("\r\n".utf8), every, large] {
            let key = key()
            _ = try await client.send(RedisCommand("SET", key, .bytes(value), "PX", 60_000))
            #expect(try await client.send(RedisCommand("GET", key)) == .bulk(value))
        }
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `answers of RESP3 come as they are`() async throws {
        let client = try client()
        let key = key()
        _ = try await client.send(RedisCommand("HSET", key, "a", "1"))
        let fields = try await client.send(RedisCommand("HGETALL", key))
        #expect(fields == .map([RESPPair(key: .bulk([97]), value: .bulk([49]))]))
        _ = try await client.send(RedisCommand("EXPIRE", key, 60))
        #expect(try await client.send(RedisCommand("GET", .text(UUID().uuidString))) == .null)
        for (kind, expected) in [
            ("integer", RESPValue.integer(12_345)), ("double", .double(3.141)), ("null", .null),
            ("true", .boolean(true)),
            ("bignum", .bigNumber(Array("1234567999999999999999999999999999999".utf8))),
            ("set", .set([.integer(0), .integer(1), .integer(2)])),
            ("attrib", .bulk(Array("Some real reply following the attribute".utf8))),
            ("verbatim", .verbatim(format: Array("txt".utf8), Array("This is a verbatim\nstring".utf8))),
        ] {
            #expect(try await client.send(RedisCommand("DEBUG", "PROTOCOL", .text(kind))) == expected, "\(kind)")
        }
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a server that knows no HELLO is spoken to in RESP2`() async throws {
        let server = try RedisProcess(["--rename-command", "HELLO", "", "--requirepass", "secret"])
        let client = try client("redis://:secret@127.0.0.1:\(server.port)/2")
        _ = try await client.send(RedisCommand("HSET", "a", "field", "value"))
        let fields = try await client.send(RedisCommand("HGETALL", "a"))
        #expect(fields == .array([.bulk(Array("field".utf8)), .bulk(Array("value".utf8))]))
        #expect(fields.pairs?.first?.value.text == "value")
        #expect(try await client.send(RedisCommand("GET", "none")) == .null)
        #expect(try await client.send(RedisCommand("CLIENT", "GETNAME")).text == "leadwire")
        await client.close()
        let wrong = try self.client("redis://:wrong@127.0.0.1:\(server.port)")
        #expect(await failure { _ = try await wrong.send(RedisCommand("PING")) }?.code == .auth)
        await wrong.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a refused command is its caller's error, by class, and nobody else's`() async throws {
        let client = try client()
        let key = key()
        let answers = try await client.send([
            RedisCommand("SET", key, "secret", "PX", 60_000), RedisCommand("LPUSH", key, "x"),
            RedisCommand("NOSUCH", "secret"), RedisCommand("GET", key),
        ])
        #expect(try answers[0].get().text == "OK" && answers[3].get().text == "secret")
        for index in [1, 2] {
            guard case .failure(let error) = answers[index] else {
                Issue.record("answer \(index) is no failure")
                continue
            }
            #expect(error.code == .other && !error.description.contains("secret"))
        }
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a script the server has not seen is sent whole, once`() async throws {
        let server = try RedisProcess()
        let client = try client(server.address)
        let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
        #expect(script.digest == (try server.cli("SCRIPT", "LOAD", script.source)))
        for round in 1...3 as ClosedRange<Int64> {
            if round < 3 { try server.cli("SCRIPT", "FLUSH") }
            let answer = try await client.run(script, keys: ["counter"], arguments: ["argument"])
            #expect(answer.elements?.last == .integer(round))
        }
        try server.cli("SCRIPT", "FLUSH")
        let calls = (0..<50).map { RedisScript.Call(keys: [.text("key \($0)")], arguments: [.integer($0)]) }
        let answers = try await client.run(script, calls)
        #expect(answers.map { try? $0.get().elements?.last } == Array(repeating: .integer(1), count: 50))
        let refused = await failure {
            _ = try await client.run(RedisScript("return redis.call('NOSUCH')"), keys: [], arguments: [])
        }
        #expect(refused?.code == .other)
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `what the server can't do now has a class of its own`() async throws {
        let server = try RedisProcess()
        let client = try client(server.address)
        try server.cli("CONFIG", "SET", "maxmemory", "1")
        let full = await failure { _ = try await client.send(RedisCommand("SET", "a", "b")) }
        #expect(full?.word == "redis_oom")
        try server.cli("CONFIG", "SET", "maxmemory", "0")
        try server.cli("REPLICAOF", "127.0.0.1", "1")
        let replica = await failure { _ = try await client.send(RedisCommand("SET", "a", "b")) }
        #expect(replica?.word == "redis_readonly")
        try server.cli("REPLICAOF", "NO", "ONE")
        try server.cli("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read", "+ping")
        let reader = try self.client("redis://reader:pw@127.0.0.1:\(server.port)")
        let denied = await failure { _ = try await reader.send(RedisCommand("SET", "a", "b")) }
        #expect(denied?.word == "redis_denied")
        await reader.close()
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `over the limit commands are refused at once, and a closed client refuses all`() async throws {
        let server = try RedisProcess()
        let client = try client(server.address) { $0.maximumCommands = 100 }
        _ = try await client.send(RedisCommand("PING"))
        // The answer is given a moment before its place is.
        while client.commandsUnderWay > 0, !Task.isCancelled { await Task.yield() }
        server.freeze()
        let codes = await withTaskGroup(of: RedisError.Code?.self) { group in
            for _ in 0..<300 {
                group.addTask { await failure { _ = try await client.send(RedisCommand("PING")) }?.code }
            }
            var codes: [RedisError.Code?] = []
            for await code in group {
                codes.append(code)
                if codes.count == 200 { server.thaw() }
            }
            return codes
        }
        #expect(codes.count { $0 == .overloaded } == 200 && codes.count { $0 == nil } == 100)
        await client.close()
        #expect(await failure { _ = try await client.send(RedisCommand("PING")) }?.code == .closed)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a session blocks for itself alone, and can be woken`() async throws {
        let server = try RedisProcess()
        let client = try client(server.address)
        let session = try await client.openSession()
        let id = try #require(try await session.send(RedisCommand("CLIENT", "ID"), deadline: .seconds(10)).integer)
        async let popped = session.send(RedisCommand("BLPOP", "list", 0), deadline: .seconds(30))
        #expect(try await client.send(RedisCommand("PING")).text == "PONG")
        // It blocks some time after it was sent; until then there is nobody to wake.
        while try await client.send(RedisCommand("CLIENT", "UNBLOCK", .integer(id))) != .integer(1) {}
        #expect(try await popped == .null)
        _ = try await client.send(RedisCommand("RPUSH", "list", "x"))
        let next = try await session.send(RedisCommand("BLPOP", "list", 0), deadline: .seconds(30))
        #expect(next == .array([.bulk(Array("list".utf8)), .bulk(Array("x".utf8))]))
        let late = await failure {
            _ = try await session.send(RedisCommand("BLPOP", "list", 0), deadline: .milliseconds(50))
        }
        #expect(late?.code == .deadline)
        let after = await failure { _ = try await session.send(RedisCommand("PING"), deadline: .seconds(5)) }
        #expect(after?.code == .lost, "a session that was late is over")
        await client.close()
    }
}

@Suite struct RedisPresenceTests {
    @Test func `in CI the tests have a Redis server`() {
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        #expect(!isCI || RedisProcess.sharedAddress != nil, "LEADWIRE_TEST_REDIS is not set, and CI must have a server")
    }
}
