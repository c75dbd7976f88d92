import Foundation
import GRDB
import Leads
import Scoring
import StoreConformance
import Synchronization
import Testing

@testable import StoreSQLite

/// Holds the writer's thread inside `deliver` until it is let go: what is sent meanwhile must queue.
private final class Gate: EventSink {
    private let hasEntered = Mutex(false)
    private let leave = DispatchSemaphore(value: 0)
    private let isFirst = Mutex(true)
    let groups = Mutex<[Int]>([])

    func deliver(_ events: [CommittedEvent]) {
        groups.withLock { $0.append(events.count) }
        let waits = isFirst.withLock { first in
            defer { first = false }
            return first
        }
        guard waits else { return }
        hasEntered.withLock { $0 = true }
        leave.wait()
    }

    func awaitEntry() async {
        while !hasEntered.withLock({ $0 }), !Task.isCancelled { await Task.yield() }
    }

    func open() { leave.signal() }
}

@Suite struct GroupWriterTests {
    private func store(
        _ harness: SQLiteHarness, _ gate: Gate
    ) async throws -> (SQLiteLeadStore, Task<Void, any Error>) {
        let store = try SQLiteLeadStore(path: harness.path, configuration: harness.configuration, sink: gate)
        let first = Task { _ = try await store.commit(Sample.scored("first", at: Sample.at(0))) }
        await gate.awaitEntry()
        return (store, first)
    }

    /// Sends so many commits while the writer is held, and waits until they stand in the queue.
    private func send(
        _ count: Int, to store: SQLiteLeadStore, _ commit: @escaping @Sendable (Int) -> Commit
    ) async -> [Task<StoreError.Code?, Never>] {
        var tasks: [Task<StoreError.Code?, Never>] = []
        for number in 0..<count {
            let before = store.queuedCommits
            tasks.append(
                Task {
                    do {
                        _ = try await store.commit(commit(number))
                        return nil
                    } catch {
                        return (error as? StoreError)?.code
                    }
                })
            while store.queuedCommits == before, !Task.isCancelled { await Task.yield() }
        }
        return tasks
    }

    @Test(.timeLimit(.minutes(5)))
    func `commits that come while one is written share the next transaction`() async throws {
        let gate = Gate()
        let harness = try SQLiteHarness()
        let (store, first) = try await store(harness, gate)
        let tasks = await send(40, to: store) { Sample.scored("\($0)", at: Sample.at(1)) }
        gate.open()
        for task in tasks { #expect(await task.value == nil) }
        try await first.value
        #expect(gate.groups.withLock { $0 } == [1, 40])
        await store.close()
        withExtendedLifetime(harness) {}
    }

    @Test(.timeLimit(.minutes(5)))
    func `over the queue's limit a commit is refused at once, and the queued ones go through`() async throws {
        var configuration = StoreConfiguration()
        configuration.maximumQueuedCommits = 5
        let gate = Gate()
        let harness = try SQLiteHarness(configuration)
        let (store, first) = try await store(harness, gate)
        let tasks = await send(5, to: store) { Sample.scored("\($0)", at: Sample.at(1)) }
        do {
            _ = try await store.commit(Sample.scored("too many", at: Sample.at(1)))
            Issue.record("the limit did not hold")
        } catch {
            #expect(error.code == .overloaded && error.isRetryable)
        }
        gate.open()
        for task in tasks { #expect(await task.value == nil) }
        try await first.value
        #expect(try await store.statistics(of: Sample.tenant).leads == 6)
        await store.close()
        withExtendedLifetime(harness) {}
    }

    @Test(.timeLimit(.minutes(5)))
    func `over the queue's bytes a commit is refused too`() async throws {
        var configuration = StoreConfiguration()
        configuration.maximumQueuedBytes = 100_000
        let gate = Gate()
        let harness = try SQLiteHarness(configuration)
        let (store, first) = try await store(harness, gate)
        let big = Sample.record("big", at: Sample.at(1), body: [UInt8](repeating: 32, count: 200_000))
        let tasks = await send(1, to: store) { _ in Commit(scores: [big]) }
        await #expect(throws: StoreError.self) { try await store.commit(Commit(scores: [big])) }
        gate.open()
        for task in tasks { #expect(await task.value == nil) }
        try await first.value
        await store.close()
        withExtendedLifetime(harness) {}
    }

    /// A quota that the big commit does not fit into: SQLite rolls the group back, and each commit gets its own try.
    @Test(.timeLimit(.minutes(5)))
    func `an error that one commit causes does not fail its neighbours`() async throws {
        var configuration = StoreConfiguration()
        configuration.maximumFileBytes = 1 << 20
        let gate = Gate()
        let harness = try SQLiteHarness(configuration)
        let (store, first) = try await store(harness, gate)
        let tasks = await send(9, to: store) { number in
            var commit = Sample.scored("\(number)", at: Sample.at(1))
            if number == 4 { commit.scores[0].body = [UInt8](repeating: 32, count: 4 << 20) }
            return commit
        }
        gate.open()
        var codes: [StoreError.Code?] = []
        for task in tasks { codes.append(await task.value) }
        try await first.value
        #expect(codes == [nil, nil, nil, nil, .full, nil, nil, nil, nil])
        let log = try await store.events(after: 0, tenant: Sample.tenant, limit: 99)
        #expect(log.map(\.offset) == Array(1...9), "the rolled-back group used no offset")
        #expect(gate.groups.withLock { $0 } == Array(repeating: 1, count: 9), "nothing was delivered twice")
        await store.close()
        withExtendedLifetime(harness) {}
    }
}
