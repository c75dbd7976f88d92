import Foundation
import GRDB
import Leads
import Scoring
import StoreConformance
import Testing

@testable import StoreSQLite

@Suite struct ErasureTests {
    private func name(_ number: Int) -> String { "Zaphod\(number)Beeblebrox" }
    private func id(_ number: Int) -> String { "lead-\(number * 7_919 % 1_000)-of-\(name(number))" }

    private func fill(_ store: SQLiteLeadStore, rounds: Int) async throws {
        for round in 0..<rounds {
            for start in stride(from: 0, to: 300, by: 30) {
                var commit = Commit()
                for number in start..<start + 30 {
                    let filler = String(repeating: name(number), count: 1 + (number * 31 + round * 17) % 60)
                    let moment = Sample.at(Int64(round))
                    commit.scores.append(
                        Sample.record(
                            id(number), score: Double(number * (round + 3) % 97), at: moment, source: name(number),
                            name: name(number), lead: Array(filler.utf8), body: Array(filler.utf8)))
                    commit.events.append(
                        Sample.event("\(round) \(name(number))", lead: id(number), at: moment))
                }
                commit.idempotency = [
                    Sample.idempotency("\(round).\(start)", answer: name(start), at: Sample.at(Int64(round)))
                ]
                _ = try await store.commit(commit)
            }
        }
    }

    /// The needles stand alone: a number is followed by a letter, so that 1 is not found in 12.
    private func found(_ numbers: [Int], in harness: SQLiteHarness) throws -> [Int] {
        let bytes = try harness.bytes()
        return numbers.filter { bytes.range(of: Data(name($0).utf8)) != nil }
    }

    @Test(.timeLimit(.minutes(5)))
    func `after an erasure no byte of the lead stands in any file`() async throws {
        let harness = try SQLiteHarness()
        let store = try harness.openStore()
        try await fill(store, rounds: 4)
        let erased = Array(stride(from: 1, to: 300, by: 9))
        #expect(try found(erased, in: harness) == erased, "the search itself works")
        for number in erased {
            let receipt = try await store.erase(id(number), tenant: Sample.tenant, at: Sample.at(100))
            #expect(receipt?.scores == 4 && receipt?.events == 4)
        }
        #expect(try found(erased, in: harness) == [])
        #expect(try found([0, 2, 3], in: harness) == [0, 2, 3])
        await store.close()
        #expect(try found(erased, in: harness) == [])
    }

    @Test(.timeLimit(.minutes(5)))
    func `an erasure waits for the log's copying beside the writer and is not refused for it`() async throws {
        let harness = try SQLiteHarness()
        let store = try harness.openStore()
        // One copying after the other, as on a disk that is slow to sync.
        let copying = Task {
            while !Task.isCancelled {
                store.writer.checkpointer.begin()
                await Task.yield()
            }
        }
        defer { copying.cancel() }
        for round in 0..<100 {
            let records = (0..<100).map { Sample.record("\(round).\($0)", at: Sample.at(0)) }
            _ = try await store.commit(Commit(scores: records))
            #expect(try await store.erase("\(round).0", tenant: Sample.tenant, at: Sample.at(100)) != nil)
        }
        copying.cancel()
        await copying.value
        await store.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `an erasure waits for a reader of the old state, says so, and is made good later`() async throws {
        var configuration = StoreConfiguration()
        configuration.busyTimeout = .milliseconds(50)
        let harness = try SQLiteHarness(configuration)
        let store = try harness.openStore()
        try await fill(store, rounds: 1)
        let snapshot = try store.pool.makeSnapshot()
        #expect(try await snapshot.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM leads") } == 300)
        do {
            _ = try await store.erase(id(1), tenant: Sample.tenant, at: Sample.at(100))
            Issue.record("acknowledged with old pages in the log")
        } catch {
            #expect(error.code == .erasureIncomplete && error.isRetryable)
        }
        #expect(try await store.state(of: id(1), tenant: Sample.tenant).latest == nil)
        // Work goes on meanwhile, and the next group after the reader has gone cuts the log.
        try await store.probeWrite()
        try snapshot.close()
        try await store.probeWrite()
        #expect(try found([1], in: harness) == [])
        await store.close()
    }
}
