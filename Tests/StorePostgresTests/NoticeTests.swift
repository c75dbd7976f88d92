import Leads
import Scoring
import StoreConformance
import StorePostgres
import Testing

/// What nodes of one database tell each other.
@Suite(.needsServer) struct NoticeTests {
    private func notice(_ number: Int, node: String = "n1", until: Timestamp = .init(milliseconds: .max)) -> Notice {
        Notice(
            kind: .disconnected, tenant: Sample.tenant, body: Array("{\"number\":\(number)}".utf8), node: node,
            until: until)
    }

    @Test(.timeLimit(.minutes(5)))
    func `notices of many nodes are read in one order, and none is seen after a later one`() async throws {
        let harness = try PostgresHarness()
        var stores: [PostgresLeadStore] = []
        for _ in 0..<3 { stores.append(try await harness.openStore()) }
        #expect(try await stores[0].newestNotice() == 0)
        // A reader that asks all the time, as a node does: what it skips it never gets.
        let reader = Task { [store = stores[2]] in
            var seen: [PostedNotice] = []
            while seen.count < 200, !Task.isCancelled {
                seen += try await store.notices(after: seen.last?.number ?? 0, limit: 7)
            }
            return seen
        }
        defer { reader.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                let store = stores[number % 2]
                group.addTask { try await store.post(notice(number, node: "n\(number % 2)")) }
            }
            try await group.waitForAll()
        }
        let seen = try await reader.value
        let newest = try await stores[1].newestNotice()
        #expect(Set(seen.map { String(decoding: $0.notice.body, as: UTF8.self) }).count == 200)
        #expect(seen.map(\.number) == seen.map(\.number).sorted() && newest == seen.last?.number)
        #expect(seen.allSatisfy { $0.notice.tenant == Sample.tenant && $0.notice.kind == .disconnected })
        for store in stores { await store.close() }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an erasure names the offsets that are gone, and not whose they were`() async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        for (second, lead) in ["a", "b", "a"].enumerated() {
            _ = try await store.commit(Sample.scored(lead, at: Sample.at(Int64(second))))
        }
        _ = try await store.erase("a", tenant: Sample.tenant, at: Sample.at(9))
        _ = try await store.erase("never seen", tenant: Sample.tenant, at: Sample.at(9))
        let notices = try await store.notices(after: 0, limit: 9).map(\.notice)
        #expect(notices.map(\.kind) == [.erased])
        #expect(notices.first.map { String(decoding: $0.body, as: UTF8.self) } == "1,3")
        await store.close()
    }

    @Test(.timeLimit(.minutes(5))) func `an erasure's notice of long ago goes with the next erasure`() async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        for lead in ["a", "b"] {
            _ = try await store.commit(Sample.scored(lead, at: Sample.at(0)))
            _ = try await store.erase(lead, tenant: Sample.tenant, at: Sample.at(9))
        }
        // Both are of a clock that is years behind the database's.
        let left = try await store.notices(after: 0, limit: 9).map { String(decoding: $0.notice.body, as: UTF8.self) }
        #expect(left == ["2"])
        await store.close()
    }

    @Test(.timeLimit(.minutes(5))) func `a notice that is over goes, and its number is not given again`() async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        try await store.post(notice(1, until: Timestamp(milliseconds: 0)))
        try await store.post(notice(2))
        #expect(try await store.notices(after: 0, limit: 9).map(\.notice) == [notice(2)])
        #expect(try await store.newestNotice() == 2)
        await store.close()
    }

    @Test(.timeLimit(.minutes(5))) func `many logs' positions are one read`() async throws {
        let harness = try PostgresHarness()
        let store = try await harness.openStore()
        _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
        let known = try await store.position(of: Sample.otherTenant)
        let positions = try await store.positions(of: [Sample.tenant, Sample.otherTenant, Tenant("nobody")])
        #expect(positions.count == 2 && positions[Sample.otherTenant] == known)
        #expect(positions[Sample.tenant]?.offset == 1)
        await store.close()
    }
}
