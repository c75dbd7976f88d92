import Redis
import RedisTestServer
import Testing

/// What the client does when its server hangs, dies and comes back.
@Suite(.needsRedis, .serialized) struct RedisOutageTests {
    private func client(_ server: RedisProcess, deadline: Duration = .milliseconds(300)) throws -> RedisClient {
        var configuration = RedisConfiguration()
        configuration.commandDeadline = deadline
        configuration.maximumBackOff = .milliseconds(200)
        return try RedisClient(RedisAddress(server.address), configuration: configuration)
    }

    private func failure(_ body: () async throws -> Void) async -> RedisError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RedisError)?.code
        }
    }

    /// Until the client is through again, commands fail at once.
    private func untilItWorks(_ client: RedisClient, within limit: Duration = .seconds(60)) async throws {
        let end = ContinuousClock.now + limit
        while await failure({ _ = try await client.send(RedisCommand("PING")) }) != nil {
            try #require(ContinuousClock.now < end, "it does not come back by itself")
            await Task.yield()
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["DEBUG SLEEP", "CLIENT PAUSE", "SIGSTOP"])
    func `a server that hangs holds nobody beyond the deadline`(_ way: String) async throws {
        let server = try RedisProcess()
        let client = try client(server)
        try await untilItWorks(client)
        switch way {
        case "SIGSTOP": server.freeze()
        case "CLIENT PAUSE": try server.cli("CLIENT", "PAUSE", "600000", "ALL")
        default:
            let held = await failure { _ = try await client.send(RedisCommand("DEBUG", "SLEEP", "600")) }
            #expect(held == .deadline)
        }
        let slowest = await withTaskGroup(of: (RedisError.Code?, Duration).self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let start = ContinuousClock.now
                    let code = await failure { _ = try await client.send(RedisCommand("GET", "a")) }
                    return (code, start.duration(to: .now))
                }
            }
            var slowest = Duration.zero
            for await (code, time) in group {
                #expect(code == .deadline || code == .lost)
                slowest = max(slowest, time)
            }
            return slowest
        }
        // The deadline is 300 ms, the hang has no end; the rest is room for a busy machine.
        #expect(slowest < .seconds(60), "\(slowest)")
        if way == "SIGSTOP" {
            server.thaw()
        } else {
            server.kill()
            try server.start()
        }
        try await untilItWorks(client)
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a server that was killed and started again is found again, and meanwhile commands fail at once`()
        async throws
    {
        let server = try RedisProcess()
        let client = try client(server)
        try await untilItWorks(client)
        server.kill()
        while await failure({ _ = try await client.send(RedisCommand("PING")) }) != .refused, !Task.isCancelled {
            await Task.yield()
        }
        // While it is away a command costs nothing: it fails at once.
        let start = ContinuousClock.now
        for _ in 0..<1_000 { #expect(await failure { _ = try await client.send(RedisCommand("PING")) } == .refused) }
        #expect(start.duration(to: .now) < .seconds(60), "a deadline each would be five minutes")
        try server.start()
        try await untilItWorks(client)
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `nobody waits for a server that is not there`() async throws {
        let server = try RedisProcess()
        server.kill()
        let client = try client(server, deadline: .seconds(20))
        let start = ContinuousClock.now
        #expect(await failure { _ = try await client.send(RedisCommand("PING")) } == .refused)
        #expect(await failure { _ = try await client.openSession() } == .refused)
        #expect(start.duration(to: .now) < .seconds(5))
        try server.start()
        try await untilItWorks(client)
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a connection that the server closed is replaced without anybody seeing it`() async throws {
        let server = try RedisProcess()
        let client = try client(server, deadline: .seconds(10))
        for round in 0..<3 {
            _ = try await client.send(RedisCommand("PING"))
            // The client must have heard of it before it sends again, or the command is lost with the connection.
            let session = try await client.openSession()
            let killed = try await session.send(
                RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), deadline: .seconds(10))
            #expect(killed == .integer(1))
            let code = await failure { _ = try await client.send(RedisCommand("PING")) }
            #expect(code == nil || code == .lost, "round \(round)")
            _ = try await client.send(RedisCommand("PING"))
        }
        await client.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a cancelled caller leaves at once, and the others get their own answers`() async throws {
        let server = try RedisProcess()
        let client = try client(server, deadline: .seconds(20))
        _ = try await client.send(RedisCommand("PING"))
        server.freeze()
        let cancelled = Task { await failure { _ = try await client.send(RedisCommand("ECHO", "cancelled")) } }
        while client.commandsUnderWay == 0, !Task.isCancelled { await Task.yield() }
        async let other = client.send(RedisCommand("ECHO", "other"))
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        server.thaw()
        #expect(try await other.text == "other")
        let before = Task { await failure { _ = try await client.send(RedisCommand("PING")) } }
        before.cancel()
        _ = await before.value
        #expect(try await client.send(RedisCommand("ECHO", "last")).text == "last")
        await client.close()
    }
}
