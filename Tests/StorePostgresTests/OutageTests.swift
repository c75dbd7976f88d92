import Foundation
import Scoring
import StoreConformance
import StorePostgres
import Testing

/// What a store does when the network or the server fails it, through a proxy that fails on command.
@Suite(.needsServer, .serialized) struct OutageTests {
    /// `query` is waited for where the server says nothing; elsewhere it only must not pass on a busy machine.
    private func harness(_ proxy: TestProxy, query: Duration = .seconds(3)) throws -> PostgresHarness {
        try PostgresHarness(
            {
                $0.queryDeadline = query
                $0.connectDeadline = query
                $0.patience = query * 3
                $0.maximumBackOff = .milliseconds(200)
            }, address: proxy.address(from: #require(PostgresHarness.address)))
    }

    private func failure(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    /// The back-off after an outage is short; until it has passed, calls fail at once.
    private func untilItWorks<Value>(_ body: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body()
            } catch let error as StoreError where error.code == .unavailable && ContinuousClock.now < end {
                await Task.yield()
            }
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [TestProxy.CommitFate.cutAfterAnswer, .cutAtOnce, .holdAnswer])
    func `a commit whose answer is lost is looked up, and acknowledged if it took place`(
        _ fate: TestProxy.CommitFate
    ) async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        let (harness, sink) = (try harness(proxy), RecordingSink())
        let store = try await harness.openStore(sink: sink)
        _ = try await store.commit(Sample.scored("before", at: Sample.at(0)))
        proxy.atNextCommit(fate)
        let result: [CommittedEvent]?
        do {
            result = try await store.commit(Sample.scored("a", at: Sample.at(1)))
        } catch {
            // Only a connection that was cut while the server still read may lose the transaction.
            #expect(fate == .cutAtOnce && error.code == .unavailable)
            result = nil
        }
        #expect(result?.map(\.offset) ?? [2] == [2])
        let stored = try await store.state(of: "a", tenant: Sample.tenant).latest != nil
        #expect(stored == (result != nil), "what was said is what is")
        let after = try await store.commit(Sample.scored("after", at: Sample.at(2)))
        #expect(after.map(\.offset) == [stored ? 3 : 2])
        #expect(sink.events.map(\.offset) == (stored ? [1, 2, 3] : [1, 2]))
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a commit that never arrived fails and leaves nothing behind`() async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        let (harness, sink) = (try harness(proxy), RecordingSink())
        let store = try await harness.openStore(sink: sink)
        proxy.atNextCommit(.cutBefore)
        let error = await failure { _ = try await store.commit(Sample.scored("a", at: Sample.at(0))) }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(try await store.state(of: "a", tenant: Sample.tenant).latest == nil)
        #expect(try await store.commit(Sample.scored("a", at: Sample.at(0))).map(\.offset) == [1])
        #expect(sink.events.map(\.offset) == [1])
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `an outcome that can't be looked up is said to be unknown, and settled before anything later`() async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        let (harness, sink) = (try harness(proxy), RecordingSink())
        let store = try await harness.openStore(sink: sink)
        _ = try await store.commit(Sample.scored("before", at: Sample.at(0)))
        proxy.atNextCommit(.cutAfterAnswer, then: .refuse)
        let error = await failure { _ = try await store.commit(Sample.scored("a", at: Sample.at(1))) }
        #expect(error?.code == .outcomeUnknown && error?.isRetryable == true)
        #expect(error?.message.contains("not known") == true)
        #expect(sink.events.map(\.offset) == [1])
        let later = await failure { _ = try await store.commit(Sample.scored("later", at: Sample.at(1))) }
        #expect(later?.code == .unavailable, "of this one it is known that it was not tried")
        proxy.set(.pass)
        // The same request again: it stands in the log, so it is answered from there.
        let repeated = try await untilItWorks { try await store.commit(Sample.scored("a", at: Sample.at(1))) }
        #expect(repeated.map(\.offset) == [2])
        #expect(try await store.history(of: "a", tenant: Sample.tenant, limit: 9).count == 1)
        _ = try await store.commit(Sample.scored("after", at: Sample.at(2)))
        #expect(sink.events.map(\.offset) == [1, 2, 3], "the sink has every event once and in order")
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a server that swallows everything holds no caller beyond the deadlines`() async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        let harness = try harness(proxy, query: .seconds(1))
        let store = try await harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        proxy.set(.hold)
        let slowest = await withTaskGroup(of: (StoreError.Code?, Duration).self) { group in
            for number in 0..<200 {
                group.addTask {
                    let start = ContinuousClock.now
                    let error = await failure {
                        if number % 2 == 0 {
                            _ = try await store.state(of: "a", tenant: Sample.tenant)
                        } else {
                            _ = try await store.commit(Sample.scored("\(number)", at: Sample.at(1)))
                        }
                    }
                    return (error?.code, start.duration(to: .now))
                }
            }
            var slowest = Duration.zero
            for await (code, time) in group {
                #expect(code == .unavailable)
                slowest = max(slowest, time)
            }
            return slowest
        }
        // A read: its patience. A write: that, or a round trip and a new connection. The proxy would hold for ever.
        #expect(slowest < .seconds(60), "\(slowest)")
        proxy.set(.pass)
        _ = try await untilItWorks { try await store.commit(Sample.scored("b", at: Sample.at(2))) }
        _ = try await untilItWorks { try await store.state(of: "b", tenant: Sample.tenant) }
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `while there is no server calls fail at once instead of queueing up`() async throws {
        let proxy = try TestProxy.toServer()
        defer { proxy.close() }
        let harness = try harness(proxy)
        let store = try await harness.openStore()
        proxy.set(.refuse)
        let first = await failure { try await store.ping() }
        #expect(first?.code == .unavailable)
        let before = proxy.acceptedConnections
        let start = ContinuousClock.now
        for _ in 0..<2_000 {
            let error = await failure { try await store.ping() }
            #expect(error?.code == .unavailable)
        }
        let spent = start.duration(to: .now)
        let attempts = proxy.acceptedConnections - before
        // Backing off from 50 ms to 200 ms, less up to a half: never more than one attempt in 25 ms.
        #expect(attempts <= Int(spent / .milliseconds(25)) + 2, "\(attempts) attempts in \(spent)")
        proxy.set(.pass)
        try await untilItWorks { try await store.ping() }
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `connections that the server closed while idle are replaced without anybody seeing it`() async throws {
        let name = "idle-\(UInt32.random(in: 0 ... .max))"
        let harness = try PostgresHarness(address: #require(PostgresHarness.address) + "&application_name=\(name)")
        let store = try await harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        _ = try await store.state(of: "a", tenant: Sample.tenant)
        for _ in 0..<3 {
            _ = try PostgresHarness.psql(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND application_name LIKE '\(name)%'
                """)
            _ = try await store.commit(Sample.scored("b", at: Sample.at(1)))
            #expect(try await store.state(of: "b", tenant: Sample.tenant).latest != nil)
        }
        await store.close()
    }
}
