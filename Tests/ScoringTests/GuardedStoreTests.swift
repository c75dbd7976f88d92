import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite(.timeLimit(.minutes(5))) struct GuardedStoreTests {
    private let store = MemoryLeadStore()
    private let guarded: GuardedStore

    init() {
        guarded = GuardedStore(
            store, settings: CircuitBreaker.Settings(failuresToOpen: 3, probeInterval: .milliseconds(1)),
            troubleStands: .seconds(86_400))
    }

    private func failure() async -> StoreError? {
        do {
            _ = try await guarded.commit(Commit())
            return nil
        } catch {
            return error
        }
    }

    private func open() async {
        store.failCommits(StoreError(.unavailable, "commit", reason: .connectionLost))
        for _ in 0..<3 { _ = await failure() }
    }

    @Test func `writing that can't reach the store is soon not tried any more, while reading goes on`() async throws {
        await open()
        #expect(guarded.writeCircuit.isOpen && !guarded.readCircuit.isOpen)
        let asked = store.commitAttempts
        for _ in 0..<1_000 { #expect(await failure()?.reason == .connectionLost) }
        #expect(store.commitAttempts == asked, "no caller is spent on finding out")
        #expect(guarded.writeCircuit.refusals >= 1_000)
        _ = try await guarded.state(of: "a", tenant: .local)
        await guarded.close()
    }

    @Test func `probes find the store again without a caller`() async throws {
        await open()
        store.failCommits(nil)
        while guarded.writeCircuit.isOpen, !Task.isCancelled { await Task.yield() }
        #expect(await failure() == nil)
        #expect(guarded.writeCircuit.openings == 1)
        #expect(!guarded.lastWriteFailed)
        await guarded.close()
    }

    @Test(arguments: [
        StoreError.Code.optedOut, .badCursor, .notFound, .overloaded, .erasureIncomplete, .full, .readOnly,
    ])
    func `answers of the store never stop the asking`(code: StoreError.Code) async {
        store.failCommits(StoreError(code, "commit"))
        for _ in 0..<10 { #expect(await failure()?.code == code) }
        #expect(!guarded.writeCircuit.isOpen && store.commitAttempts == 10)
        #expect(guarded.lastWriteFailed == [.full, .readOnly].contains(code))
    }

    @Test func `who goes away counts for nothing`() async {
        store.failCommits(StoreError(.unavailable, "commit: cancelled by the caller"))
        for _ in 0..<5 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure()
            }
            #expect(await task.value?.code == .unavailable)
        }
        #expect(!guarded.writeCircuit.isOpen)
    }

    @Test func `on a full disk a probe that fits does not speak for a caller who did not`() async throws {
        store.failCommits(StoreError(.full, "commit"))
        _ = await failure()
        store.failCommits(nil)
        await #expect(throws: StoreError.self) { try await guarded.probeWrite() }
        #expect(await failure() == nil)
        try await guarded.probeWrite()
    }
}
