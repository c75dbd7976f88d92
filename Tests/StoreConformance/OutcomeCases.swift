import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let outcomes = [
        ConformanceCase("statistics count leads, scores and outcomes, and a repeated outcome once") { harness in
            let store = try await harness.open()
            #expect(
                try await store.statistics(of: Sample.tenant)
                    == StoreStatistics(leads: 0, scores: 0, wonOutcomes: 0, otherOutcomes: 0))
            for (id, moment) in [("a", 0), ("a", 1), ("b", 2)] as [(String, Int64)] {
                _ = try await store.commit(Sample.scored(id, at: Sample.at(moment)))
            }
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(5), value: 1))
            _ = try await store.commit(Sample.outcome("a", .won, at: Sample.at(5), value: 2))
            _ = try await store.commit(Sample.outcome("b", .lost, at: Sample.at(5)))
            _ = try await store.commit(Sample.outcome("never scored", .abandoned, at: Sample.at(5)))
            let expected = StoreStatistics(leads: 2, scores: 3, wonOutcomes: 1, otherOutcomes: 2)
            #expect(try await store.statistics(of: Sample.tenant) == expected)
            #expect(try await store.export("a", tenant: Sample.tenant)?.outcomes.map(\.outcome.value) == [2])
            #expect(try await store.outcomes(of: "a", tenant: Sample.tenant).map(\.outcome.value) == [2])
            #expect(try await store.outcomes(of: "never scored", tenant: Sample.tenant).count == 1)
            #expect(try await store.outcomes(of: "a", tenant: Sample.otherTenant).isEmpty)
            await store.close()
            let again = try await harness.open()
            #expect(try await again.statistics(of: Sample.tenant) == expected)
            await again.close()
        },
        ConformanceCase("days to close are the median of won leads of that timeline, from first score to win") {
            harness in
            let store = try await harness.open()
            let day: Int64 = 86_400_000
            for (number, days) in ([10, 40, 20, 90, 30] as [Int64]).enumerated() {
                let id = "lead \(number)"
                _ = try await store.commit(
                    Commit(scores: [Sample.record(id, at: Sample.at(0), timeline: "3_months")]))
                _ = try await store.commit(
                    Commit(scores: [Sample.record(id, at: Sample.at(day), timeline: "3_months")]))
                _ = try await store.commit(Sample.outcome(id, .won, at: Sample.at(days * day)))
            }
            _ = try await store.commit(
                Commit(scores: [Sample.record("other", at: Sample.at(0), timeline: "1_year")]))
            _ = try await store.commit(Sample.outcome("other", .won, at: Sample.at(300 * day)))
            _ = try await store.commit(
                Commit(scores: [Sample.record("lost", at: Sample.at(0), timeline: "3_months")]))
            _ = try await store.commit(Sample.outcome("lost", .lost, at: Sample.at(2 * day)))
            func median(_ timeline: String, _ minimum: Int) async throws -> Int? {
                try await store.medianDaysToClose(timeline: timeline, tenant: Sample.tenant, minimum: minimum)
            }
            #expect(try await median("3_months", 5) == 30)
            #expect(try await median("3_months", 6) == nil)
            #expect(try await median("1_year", 1) == 300)
            #expect(try await median("immediate", 0) == nil)
            _ = try await store.erase("lead 4", tenant: Sample.tenant, at: Sample.at(day))
            #expect(try await median("3_months", 4) == 30, "the mean of 20 and 40")
            await store.close()
        },
    ]
}
