import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let scores = [
        ConformanceCase("a moment is answered with the newest score at or before it, the later commit on a tie") {
            harness in
            let store = try await harness.open()
            for (score, moment) in [(10.0, 100), (20, 200), (30, 200), (40, 300)] as [(Double, Int64)] {
                _ = try await store.commit(
                    Commit(scores: [Sample.record("a", score: score, at: Sample.at(moment))]))
            }
            let expected: [(moment: Int64, score: Double?)] = [
                (99, nil), (100, 10), (101, 10), (199, 10), (200, 30), (299, 30), (300, 40), (9_999, 40),
            ]
            for (moment, score) in expected {
                let found = try await store.score(of: "a", tenant: Sample.tenant, asOf: Sample.at(moment))
                #expect(found?.mlScore == score, "at \(moment) ms")
            }
            await store.close()
        },
        ConformanceCase("history is newest first, tied moments by commit, and cut at the limit") { harness in
            let store = try await harness.open()
            for (score, moment) in [(1.0, 5), (2, 7), (3, 7), (4, 6)] as [(Double, Int64)] {
                _ = try await store.commit(
                    Commit(scores: [Sample.record("a", score: score, at: Sample.at(moment))]))
            }
            let all = try await store.history(of: "a", tenant: Sample.tenant, limit: 10)
            #expect(all.map(\.mlScore) == [3, 2, 4, 1])
            #expect(all.allSatisfy { !$0.body.isEmpty && $0.features != nil })
            #expect(try await store.history(of: "a", tenant: Sample.tenant, limit: 2).map(\.mlScore) == [3, 2])
            await store.close()
        },
        ConformanceCase("the newest score by its own time ranks, whatever order the commits came in") { harness in
            let store = try await harness.open()
            _ = try await store.commit(Commit(scores: [Sample.record("a", score: 80, at: Sample.at(10))]))
            _ = try await store.commit(
                Commit(scores: [Sample.record("a", score: 20, at: Sample.at(9), needsReview: true)]))
            let state = try await store.state(of: "a", tenant: Sample.tenant)
            #expect(state.latest?.mlScore == 80 && state.latest?.needsReview == false)
            #expect(try await store.leads(LeadQuery(tenant: Sample.tenant)).leads.map(\.mlScore) == [80])
            #expect(try await store.statistics(of: Sample.tenant).leads == 1)
            await store.close()
        },
        ConformanceCase("a batch's states come in one read, without the leads never seen") { harness in
            let store = try await harness.open()
            _ = try await store.commit(
                Commit(scores: [Sample.record("a", at: Sample.at(0)), Sample.record("b", score: 5, at: Sample.at(0))]))
            try await store.optOut("c", tenant: Sample.tenant, at: Sample.at(1))
            let states = try await store.states(of: ["a", "b", "c", "d", "a"], tenant: Sample.tenant)
            #expect(states.keys.sorted() == ["a", "b", "c"])
            #expect(states["b"]?.latest?.mlScore == 5 && states["b"]?.optedOut == false)
            #expect(states["c"] == LeadState(latest: nil, optedOut: true))
            await store.close()
        },
    ]
}
