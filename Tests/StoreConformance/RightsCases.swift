import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let rights = [
        ConformanceCase("a lead that opted out is not scored, even by a commit that was on its way") { harness in
            let sink = RecordingSink()
            let store = try await harness.open(sink: sink)
            _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            try await store.optOut("a", tenant: Sample.tenant, at: Sample.at(1))
            try await store.optOut("never seen", tenant: Sample.tenant, at: Sample.at(1))
            for id in ["a", "never seen"] {
                #expect(try await store.state(of: id, tenant: Sample.tenant).optedOut)
                await expectFailure(.optedOut) { _ = try await store.commit(Sample.scored(id, at: Sample.at(2))) }
            }
            // One such lead in a batch fails the batch whole, and nothing of it is written.
            var batch = Sample.scored("b", at: Sample.at(2))
            batch.scores.append(Sample.record("a", at: Sample.at(2)))
            await expectFailure(.optedOut) { _ = try await store.commit(batch) }
            #expect(try await store.state(of: "b", tenant: Sample.tenant).latest == nil)
            #expect(sink.events.count == 1)
            #expect(try await store.position(of: Sample.tenant).offset == 1)
            // What people do is still written down.
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(3)))
            let export = try await store.export("a", tenant: Sample.tenant)
            #expect(export?.optedOutAt == Sample.at(1) && export?.outcomes.count == 1)
            await store.close()
        },
        ConformanceCase("erasing takes everything of the lead and leaves its events' places") { harness in
            let store = try await harness.open()
            var first = Sample.scored("a", at: Sample.at(0))
            first.idempotency = [Sample.idempotency("key a", answer: "about a", at: Sample.at(0))]
            _ = try await store.commit(first)
            _ = try await store.commit(Sample.scored("b", at: Sample.at(1)))
            _ = try await store.commit(Sample.scored("a", at: Sample.at(2)))
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(3)))
            _ = try await store.commit(Sample.review("a", at: Sample.at(4)))
            var batch = Commit(scores: [Sample.record("a", at: Sample.at(5)), Sample.record("b", at: Sample.at(5))])
            batch.idempotency = [Sample.idempotency("key batch", answer: "a and b", at: Sample.at(5))]
            _ = try await store.commit(batch)

            let receipt = try await store.erase("a", tenant: Sample.tenant, at: Sample.at(9))
            let expected = ErasureReceipt(
                leadID: "a", at: Sample.at(9), scores: 3, events: 2, outcomes: 1, idempotencyEntries: 2,
                modelsTrainedOnIt: [])
            #expect(receipt == expected)
            #expect(try await store.state(of: "a", tenant: Sample.tenant) == LeadState(latest: nil, optedOut: false))
            #expect(try await store.history(of: "a", tenant: Sample.tenant, limit: 9).isEmpty)
            #expect(try await store.score(of: "a", tenant: Sample.tenant, asOf: Sample.at(9)) == nil)
            #expect(try await store.export("a", tenant: Sample.tenant) == nil)
            for key in ["key a", "key batch"] {
                #expect(try await store.idempotencyRecord(key, tenant: Sample.tenant, since: Sample.at(0)) == nil)
            }
            let log = try await store.events(after: 0, tenant: Sample.tenant, limit: 9)
            #expect(log.map(\.offset) == [1, 2, 3])
            #expect(log[0] == .erased(offset: 1) && log[2] == .erased(offset: 3))
            #expect(try await store.leads(LeadQuery(tenant: Sample.tenant)).leads.map(\.leadID) == ["b"])
            #expect(
                try await store.statistics(of: Sample.tenant)
                    == StoreStatistics(leads: 1, scores: 2, wonOutcomes: 0, otherOutcomes: 0))
            #expect(try await store.erase("a", tenant: Sample.tenant, at: Sample.at(10)) == nil)
            await store.close()
        },
        ConformanceCase("an answer that was kept of a lead and nothing else goes with that lead, and with no other") {
            harness in
            let store = try await harness.open()
            func kept(_ key: String, of lead: String, scored: Int64) -> IdempotencyRecord {
                var entry = Sample.idempotency(key, answer: "about \(lead)", at: Sample.at(3))
                entry.subject = .init(leadID: lead, scoredAt: Sample.at(scored))
                return entry
            }
            func isThere(_ key: String) async throws -> Bool {
                try await store.idempotencyRecord(key, tenant: Sample.tenant, since: Sample.at(0)) != nil
            }
            _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            _ = try await store.commit(Sample.scored("b", at: Sample.at(1)))
            // As cache hits are: the first alone, the second with somebody else's score.
            _ = try await store.commit(Commit(idempotency: [kept("hit a", of: "a", scored: 0)]))
            var batch = Sample.scored("c", at: Sample.at(2))
            batch.idempotency = [kept("hit b", of: "b", scored: 1)]
            _ = try await store.commit(batch)
            #expect(try await store.erase("c", tenant: Sample.tenant, at: Sample.at(4))?.idempotencyEntries == 0)
            #expect(try await store.erase("a", tenant: Sample.tenant, at: Sample.at(5))?.idempotencyEntries == 1)
            #expect(try await !isThere("hit a"))
            #expect(try await isThere("hit b"))
            // What was on its way meanwhile does not bring the lead back.
            await expectFailure(.optedOut) {
                _ = try await store.commit(Commit(idempotency: [kept("late", of: "a", scored: 0)]))
            }
            #expect(try await !isThere("late"))
            await store.close()
        },
        ConformanceCase("what was on its way when its lead was erased is refused; what comes later is a new lead") {
            harness in
            let store = try await harness.open()
            _ = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            _ = try await store.erase("a", tenant: Sample.tenant, at: Sample.at(10))
            _ = try await store.erase("unknown", tenant: Sample.tenant, at: Sample.at(10))
            for id in ["a", "unknown"] {
                await expectFailure(.optedOut) { _ = try await store.commit(Sample.scored(id, at: Sample.at(9))) }
                await expectFailure(.optedOut) { _ = try await store.commit(Sample.scored(id, at: Sample.at(10))) }
                await expectFailure(.optedOut) {
                    let event = Sample.event("of \(id)", lead: id, at: Sample.at(10))
                    _ = try await store.commit(Commit(events: [event]))
                }
                _ = try await store.commit(Sample.scored(id, at: Sample.at(11)))
                #expect(try await store.history(of: id, tenant: Sample.tenant, limit: 9).count == 1)
            }
            #expect(try await store.position(of: Sample.tenant).offset == 3)
            await store.close()
        },
        ConformanceCase("an export holds the lead as accepted and all that was made of it") { harness in
            let store = try await harness.open()
            for (moment, json) in [(0, "{\"v\":1}"), (5, "{\"v\":2}")] as [(Int64, String)] {
                _ = try await store.commit(
                    Commit(scores: [Sample.record("a", at: Sample.at(moment), lead: Array(json.utf8))]))
            }
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(6)))
            _ = try await store.commit(Sample.review("a", at: Sample.at(7)))
            let export = try #require(try await store.export("a", tenant: Sample.tenant))
            #expect(export.lead == Array("{\"v\":2}".utf8))
            #expect(export.scores.map(\.scoredAt) == [Sample.at(5), Sample.at(0)])
            #expect(export.outcomes == Sample.outcome("a", .won, at: Sample.at(6)).outcomes)
            #expect(export.reviews == Sample.review("a", at: Sample.at(7)).reviews)
            #expect(export.optedOutAt == nil)
            await store.close()
        },
    ]
}
