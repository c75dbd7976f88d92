import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let commits = [
        ConformanceCase("what a commit held is read back to the last bit") { harness in
            let store = try await harness.open()
            let record = Sample.record(
                "lead 1 ü", at: Sample.at(0), needsReview: true, timeline: "2_months", body: [0, 1, 254, 255])
            _ = try await store.commit(Commit(scores: [record]))
            let found = try #require(try await store.state(of: "lead 1 ü", tenant: Sample.tenant).latest)
            let expected = StoredScore(
                leadID: "lead 1 ü", leadName: "Ada Example", leadSource: "zillow", mlScore: 71.4,
                conversionProbability: 0.212, confidence: 0.91, classification: .warm, estimatedCommission: 28_500,
                needsReview: true, modelSHA256: record.score.model.sha256, scoredAt: Sample.at(0),
                features: record.features, body: [0, 1, 254, 255])
            #expect(found == expected)
            await store.close()
        },
        ConformanceCase("what may be absent is read back as absent") { harness in
            let store = try await harness.open()
            var record = Sample.record("a", score: nil, at: Sample.at(0), commission: nil, source: nil, name: nil)
            record.features = nil
            _ = try await store.commit(Commit(scores: [record]))
            let found = try #require(try await store.state(of: "a", tenant: Sample.tenant).latest)
            #expect(found.mlScore == nil && found.estimatedCommission == nil && found.features == nil)
            #expect(found.leadName == nil && found.leadSource == nil)
            await store.close()
        },
        ConformanceCase("a lead never seen has no score and has not opted out") { harness in
            let store = try await harness.open()
            let state = try await store.state(of: "nobody", tenant: Sample.tenant)
            #expect(state == LeadState(latest: nil, optedOut: false))
            #expect(try await store.export("nobody", tenant: Sample.tenant) == nil)
            #expect(try await store.states(of: ["nobody"], tenant: Sample.tenant).isEmpty)
            await store.close()
        },
        ConformanceCase("everything acknowledged is there after a restart, under the same epoch") { harness in
            let store = try await harness.open()
            let committed = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            await store.close()
            let again = try await harness.open()
            #expect(try await again.state(of: "a", tenant: Sample.tenant).latest?.mlScore == 71.4)
            #expect(try await again.events(after: 0, tenant: Sample.tenant, limit: 10) == committed.map { .event($0) })
            let position = try await again.position(of: Sample.tenant)
            #expect(position == StreamPosition(epoch: committed[0].epoch, offset: 1))
            let next = try await again.commit(Sample.scored("a", at: Sample.at(1)))
            #expect(next.map(\.offset) == [2] && next[0].epoch == committed[0].epoch)
            await again.close()
        },
        ConformanceCase("a commit with an event that stands in the log is a repeat and writes nothing") { harness in
            let sink = RecordingSink()
            let store = try await harness.open(sink: sink)
            let first = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            let second = try await store.commit(Sample.scored("a", at: Sample.at(0)))
            #expect(first == second)
            #expect(try await store.history(of: "a", tenant: Sample.tenant, limit: 10).count == 1)
            #expect(sink.events == first)
            await store.close()
        },
        ConformanceCase("kept answers that are older than a day go faster than new ones come") { harness in
            let store = try await harness.open()
            for day in 0..<6 {
                let at = Sample.at(Int64(day) * 90_000_000)
                let kept = (0..<100).map { Sample.idempotency("\(day) \($0)", answer: "x", at: at) }
                _ = try await store.commit(Commit(idempotency: kept))
            }
            var left = 0
            for number in 0..<100 {
                let record = try await store.idempotencyRecord(
                    "3 \(number)", tenant: Sample.tenant, since: Sample.at(0))
                left += record == nil ? 0 : 1
            }
            #expect(left == 0)
            await store.close()
        },
        ConformanceCase("two spellings of one character are two leads, in one commit too") { harness in
            let store = try await harness.open()
            let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
            _ = try await store.commit(
                Commit(scores: [
                    Sample.record(composed, score: 1, at: Sample.at(0)),
                    Sample.record(decomposed, score: 2, at: Sample.at(0)),
                ]))
            #expect(try await store.statistics(of: Sample.tenant).leads == 2)
            #expect(try await store.state(of: composed, tenant: Sample.tenant).latest?.mlScore == 1)
            #expect(try await store.state(of: decomposed, tenant: Sample.tenant).latest?.mlScore == 2)
            await store.close()
        },
        ConformanceCase("the first answer under a key stays for 24 hours, and is found by key, tenant and age") {
            harness in
            let store = try await harness.open()
            func keep(_ answer: String, at moment: Timestamp) async throws {
                _ = try await store.commit(
                    Commit(idempotency: [Sample.idempotency("key", answer: answer, at: moment)]))
            }
            func found(since: Timestamp, tenant: Tenant = Sample.tenant) async throws -> [UInt8]? {
                let record = try await store.idempotencyRecord("key", tenant: tenant, since: since)
                return record?.answer
            }
            try await keep("one", at: Sample.at(1_000))
            try await keep("two", at: Sample.at(2_000))
            let record = try await store.idempotencyRecord("key", tenant: Sample.tenant, since: Sample.at(1_000))
            #expect(record == Sample.idempotency("key", answer: "one", at: Sample.at(1_000)))
            #expect(try await found(since: Sample.at(1_001)) == nil)
            #expect(try await found(since: Sample.at(0), tenant: Sample.otherTenant) == nil)
            try await keep("next day", at: Sample.at(1_000 + 86_400_000))
            #expect(try await found(since: Sample.at(0)) == Array("next day".utf8))
            await store.close()
        },
        ConformanceCase("tenants share a lead's id and nothing else") { harness in
            let store = try await harness.open()
            let first = try await store.commit(Sample.scored("a", score: 10, at: Sample.at(0)))
            let second = try await store.commit(
                Sample.scored("a", score: 90, at: Sample.at(0), tenant: Sample.otherTenant))
            #expect(first.map(\.offset) == [1] && second.map(\.offset) == [1])
            #expect(first[0].epoch != second[0].epoch)
            #expect(try await store.state(of: "a", tenant: Sample.tenant).latest?.mlScore == 10)
            #expect(try await store.leads(LeadQuery(tenant: Sample.otherTenant)).leads.map(\.mlScore) == [90])
            #expect(try await store.erase("a", tenant: Sample.otherTenant, at: Sample.at(1))?.scores == 1)
            #expect(try await store.state(of: "a", tenant: Sample.tenant).latest?.mlScore == 10)
            #expect(try await store.statistics(of: Sample.tenant).scores == 1)
            await store.close()
        },
        ConformanceCase("the probes work, and a closed store refuses work, however often it is closed") { harness in
            let store = try await harness.open()
            try await store.ping()
            try await store.probeWrite()
            await store.close()
            await store.close()
            await expectFailure(.unavailable) { _ = try await store.commit(Sample.scored("a", at: Sample.at(0))) }
            await expectFailure(.unavailable) { try await store.ping() }
        },
    ]
}
