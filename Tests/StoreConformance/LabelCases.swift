import Leads
import Learning
import Scoring
import Testing

extension ConformanceCase {
    private static func page(
        _ store: any LeadStore, after row: Int64? = nil, limit: Int = 100, tenant: Tenant = Sample.tenant
    ) async throws -> LabelPage {
        let source = try #require(store as? any LabelSource)
        return try await source.labelCandidates(of: tenant, after: row, limit: limit)
    }

    private static func key(_ lead: String) -> UInt64 { LabelCandidate.key(ofLead: lead) }

    static let labels = [
        ConformanceCase("a score's label candidates hold what was stored with it and the outcomes at or after it") {
            harness in
            let store = try await harness.open()
            _ = try await store.commit(Sample.scored("won", at: Sample.at(10)))
            _ = try await store.commit(Sample.scored("silent", at: Sample.at(11)))
            _ = try await store.commit(Sample.outcome("won", .lost, at: Sample.at(12)))
            _ = try await store.commit(Sample.outcome("won", .abandoned, at: Sample.at(13)))
            _ = try await store.commit(Sample.outcome("won", .won, at: Sample.at(15)))
            _ = try await store.commit(Sample.outcome("won", .won, at: Sample.at(14)))
            let page = try await page(store)
            #expect(page.next == nil && page.candidates.map(\.leadKey) == [key("won"), key("silent")])
            let won = try #require(page.candidates.first)
            let record = Sample.record("won", at: Sample.at(10))
            #expect(won.scoredAt == Sample.at(10) && won.features == record.features)
            #expect(won.modelSHA256 == record.score.model.sha256 && won.probability == 0.212)
            #expect(won.firstWonAt == Sample.at(14) && won.firstOtherAt == Sample.at(12) && !won.isResolvedBefore)
            let silent = try #require(page.candidates.last)
            #expect(silent.firstWonAt == nil && silent.firstOtherAt == nil && !silent.isResolvedBefore)
            await store.close()
        },
        ConformanceCase("an outcome of the score's own millisecond comes after it, an earlier one before it") {
            harness in
            let store = try await harness.open()
            for moment in [10, 20, 30] as [Int64] {
                _ = try await store.commit(Sample.scored("a", at: Sample.at(moment)))
            }
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(20)))
            let candidates = try await page(store).candidates
            #expect(candidates.map(\.firstWonAt) == [Sample.at(20), Sample.at(20), nil])
            #expect(candidates.map(\.isResolvedBefore) == [false, false, true])
            await store.close()
        },
        ConformanceCase("pages of any size give every score of the tenant once, in the order of the commits") {
            harness in
            let store = try await harness.open()
            for number in 0..<23 as Range<Int64> {
                let tenant = number % 3 == 1 ? Sample.otherTenant : Sample.tenant
                _ = try await store.commit(
                    Sample.scored("lead \(number % 5)", at: Sample.at(100 - number), tenant: tenant))
            }
            let whole = try await page(store).candidates
            #expect(whole.map(\.scoredAt) == (0..<23).filter { $0 % 3 != 1 }.map { Sample.at(100 - $0) })
            for limit in [1, 2, 7, 22, 23] {
                var paged: [LabelCandidate] = []
                var row: Int64?
                var pages = 0
                repeat {
                    let page = try await page(store, after: row, limit: limit)
                    #expect(page.candidates.count <= limit)
                    paged += page.candidates
                    row = page.next
                    pages += 1
                } while row != nil && pages < 100
                #expect(paged == whole, "pages of \(limit)")
            }
            #expect(try await page(store, tenant: Sample.otherTenant).candidates.count == 8)
            #expect(try await page(store, tenant: Tenant("nobody")).candidates.isEmpty)
            await store.close()
        },
        ConformanceCase("the newest scores are read from the row before them") { harness in
            let store = try await harness.open()
            let source = try #require(store as? any RecentSource)
            #expect(try await source.labelRow(beforeNewest: 3, of: Sample.tenant) == nil)
            for number in 0..<7 as Range<Int64> {
                _ = try await store.commit(Sample.scored("lead \(number)", at: Sample.at(number)))
            }
            for count in [1, 3, 7, 20_000] {
                let row = try #require(try await source.labelRow(beforeNewest: count, of: Sample.tenant))
                let newest = try await page(store, after: row).candidates.map(\.scoredAt)
                #expect(newest == (0..<7).suffix(count).map { Sample.at($0) })
            }
            await store.close()
        },
        ConformanceCase("what a model on trial said is read with what became of its leads, of one tenant") { harness in
            let store = try await harness.open()
            let source = try #require(store as? any TrialSource)
            for number in 0..<9 as Range<Int64> {
                let tenant = number == 4 ? Sample.otherTenant : Sample.tenant
                var commit = Sample.scored("lead \(number)", at: Sample.at(number), tenant: tenant)
                if number % 2 == 0 {
                    commit.scores[0].shadow = ShadowScore(
                        modelSHA256: number == 8 ? "other" : "trial", mlScore: 50,
                        conversionProbability: Double(number) / 10)
                }
                _ = try await store.commit(commit)
            }
            _ = try await store.commit(Sample.outcome("lead 2", .won, at: Sample.at(12)))
            try await store.optOut("lead 0", tenant: Sample.tenant, at: Sample.at(20))
            var found: [LabelCandidate] = []
            var row: Int64?
            var pages = 0
            repeat {
                let page = try await source.trialCandidates(
                    of: Sample.tenant, challenger: "trial", after: row, limit: 1)
                found += page.candidates
                row = page.next
                pages += 1
            } while row != nil && pages < 20
            #expect(found.map(\.trialProbability) == [0.2, 0.6])
            #expect(found.map(\.firstWonAt) == [Sample.at(12), nil])
            #expect(found.map(\.probability) == [0.212, 0.212])
            await store.close()
        },
        ConformanceCase("opted-out and erased leads are no label candidates") { harness in
            let store = try await harness.open()
            for (number, lead) in ["a", "b", "c"].enumerated() {
                _ = try await store.commit(Sample.scored(lead, at: Sample.at(Int64(number))))
            }
            try await store.optOut("a", tenant: Sample.tenant, at: Sample.at(10))
            _ = try await store.erase("b", tenant: Sample.tenant, at: Sample.at(10))
            #expect(try await page(store).candidates.map(\.leadKey) == [key("c")])
            await store.close()
        },
        ConformanceCase("a score without features is a candidate without them") { harness in
            let store = try await harness.open()
            var record = Sample.record("own table", at: Sample.at(0))
            record.features = nil
            _ = try await store.commit(Commit(scores: [record]))
            let candidates = try await page(store).candidates
            #expect(candidates.count == 1 && candidates.first?.features == nil)
            await store.close()
        },
    ]
}
