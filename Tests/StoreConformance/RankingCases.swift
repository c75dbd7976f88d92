import Leads
import Scoring
import Testing

extension ConformanceCase {
    public static let ranking = [
        ConformanceCase("each sort ranks as it says, leads without the figure last") { harness in
            let store = try await harness.open()
            let rows: [(id: String, score: Double?, moment: Int64, commission: Double?)] = [
                ("low", 5, 40, 90_000), ("high", 95, 10, 10_000), ("none", nil, 20, nil), ("middle", 50, 30, 20_000),
            ]
            for row in rows {
                _ = try await store.commit(
                    Commit(scores: [
                        Sample.record(row.id, score: row.score, at: Sample.at(row.moment), commission: row.commission)
                    ]))
            }
            let expected: [(LeadQuery.Sort, [String])] = [
                (.score, ["high", "middle", "low", "none"]), (.updated, ["low", "middle", "none", "high"]),
                (.commission, ["low", "middle", "high", "none"]),
            ]
            for (sort, ids) in expected {
                for limit in [1, 3, 50] {
                    let query = LeadQuery(tenant: Sample.tenant, sort: sort, limit: limit)
                    #expect(try await everyPage(query, of: store).map(\.leadID) == ids, "\(sort), \(limit) a page")
                }
            }
            await store.close()
        },
        ConformanceCase("a source as long as one may be, of any characters, is stored and found by the whole of it") {
            harness in
            let store = try await harness.open()
            // No two alike in a row, and of four bytes each: nothing that a store could pack.
            var state: UInt32 = 7
            let long = String(
                String.UnicodeScalarView(
                    (0..<1_000).compactMap { _ in
                        state = state &* 1_664_525 &+ 1_013_904_223
                        return Unicode.Scalar(0x20000 + (state >> 8) % 40_000)
                    }))
            let sources = [long, long + "x", String(long.prefix(100)), "short"]
            for (number, source) in sources.enumerated() {
                _ = try await store.commit(
                    Commit(scores: [Sample.record("\(number)", at: Sample.at(0), source: source)]))
            }
            for (number, source) in sources.enumerated() {
                var query = LeadQuery(tenant: Sample.tenant)
                query.source = source
                let found = try await store.leads(query).leads
                #expect(found.map(\.leadID) == ["\(number)"])
            }
            await store.close()
        },
        ConformanceCase("every mix of conditions finds exactly the leads that meet them all, in order") { harness in
            let store = try await harness.open()
            let records = (0..<240).map { (number: Int) -> ScoreRecord in
                let source: String? = number % 3 == 0 ? nil : "source \(number % 3)"
                let moment = Sample.at(Int64(number * 7 % 60))
                return Sample.record(
                    "lead \(number)", score: Double(number * 37 % 101), at: moment,
                    classification: Classification.allCases[number % 4], commission: Double(number * 13 % 50),
                    probability: 0.5, source: source, needsReview: number % 5 == 0)
            }
            _ = try await store.commit(Commit(scores: records))
            for sort in LeadQuery.Sort.allCases {
                for mask in 0..<32 {
                    var query = LeadQuery(tenant: Sample.tenant, sort: sort, limit: 7)
                    if mask & 1 != 0 { query.classification = .cold }
                    if mask & 2 != 0 { query.minimumScore = 40 }
                    if mask & 4 != 0 { query.source = "source 1" }
                    if mask & 8 != 0 { query.needsReview = mask & 16 != 0 }
                    if mask & 16 != 0 { query.updatedSince = Sample.at(20) }
                    let ids = try await everyPage(query, of: store).map(\.leadID)
                    #expect(ids == ranked(records, query), "\(sort), conditions \(mask)")
                }
            }
            await store.close()
        },
        ConformanceCase("a cursor of another sort, an edited one and a made-up one are errors") { harness in
            let store = try await harness.open()
            _ = try await store.commit(
                Commit(scores: (0..<5).map { Sample.record("\($0)", score: Double($0), at: Sample.at(0)) }))
            var query = LeadQuery(tenant: Sample.tenant, sort: .score, limit: 2)
            let cursor = try #require(try await store.leads(query).nextCursor)
            query.sort = .updated
            query.cursor = cursor
            await expectFailure(.badCursor) { _ = try await store.leads(query) }
            query.sort = .score
            let edited = cursor.replacing(try #require(cursor.first).description, with: "~", maxReplacements: 1)
            for bad in ["", "x", "1", String(cursor.dropLast()), cursor + "0", edited, "é"] {
                query.cursor = bad
                await expectFailure(.badCursor) { _ = try await store.leads(query) }
            }
            await store.close()
        },
        ConformanceCase("the review list is left by a review, an outcome or a later confident score") { harness in
            let store = try await harness.open()
            let unsure = ["by review", "by outcome", "by score", "stays"]
            for id in unsure {
                _ = try await store.commit(
                    Commit(scores: [Sample.record(id, at: Sample.at(0), needsReview: true)]))
            }
            var query = LeadQuery(tenant: Sample.tenant)
            query.needsReview = true
            #expect(Set(try await everyPage(query, of: store).map(\.leadID)) == Set(unsure))
            _ = try await store.commit(Sample.review("by review", at: Sample.at(1)))
            _ = try await store.commit(Sample.outcome("by outcome", .lost, at: Sample.at(1)))
            _ = try await store.commit(Commit(scores: [Sample.record("by score", at: Sample.at(1))]))
            #expect(try await everyPage(query, of: store).map(\.leadID) == ["stays"])
            #expect(try await store.state(of: "by review", tenant: Sample.tenant).latest?.needsReview == false)
            _ = try await store.commit(
                Commit(scores: [Sample.record("by review", at: Sample.at(2), needsReview: true)]))
            #expect(Set(try await everyPage(query, of: store).map(\.leadID)) == ["stays", "by review"])
            query.needsReview = false
            #expect(Set(try await everyPage(query, of: store).map(\.leadID)) == ["by outcome", "by score"])
            await store.close()
        },
    ]

    /// The list by the plainest reading of the contract. Ties go to the later lead.
    private static func ranked(_ records: [ScoreRecord], _ query: LeadQuery) -> [String] {
        func rank(_ record: ScoreRecord) -> Double {
            switch query.sort {
            case .score: record.score.mlScore ?? -1
            case .updated: Double(record.score.scoredAt.milliseconds)
            case .commission: (record.score.estimatedCommission ?? -1) * record.score.conversionProbability
            }
        }
        let wanted = records.enumerated().filter { _, record in
            (query.classification.map { $0 == record.score.classification } ?? true)
                && (query.minimumScore.map { (record.score.mlScore ?? -1) >= $0 } ?? true)
                && (query.source.map { $0 == record.leadSource } ?? true)
                && (query.needsReview.map { $0 == record.needsReview } ?? true)
                && (query.updatedSince.map { record.score.scoredAt >= $0 } ?? true)
        }
        return wanted.sorted { left, right in
            let (first, second) = (rank(left.element), rank(right.element))
            return first != second ? first > second : left.offset > right.offset
        }.map(\.element.score.leadID)
    }
}
