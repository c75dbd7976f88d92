import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let models = [
        ConformanceCase("a model is kept bit for bit, over a restart, and only once") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            // Every byte value, and more than a page of any engine.
            let artifact = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let model = KeptModel(sha256: "a1", version: "1", addedAt: Sample.at(1))
            try await shelf.keep(model, artifact: artifact, in: .everyone)
            let other = KeptModel(sha256: "a1", version: "other", addedAt: Sample.at(2))
            try await shelf.keep(other, artifact: [1], in: .everyone)
            await store.close()

            let again = try await harness.open()
            let sameShelf = try #require(again as? any ModelShelf)
            #expect(try await sameShelf.models(in: .everyone, limit: 9) == [model])
            #expect(try await sameShelf.artifact("a1") == artifact)
            #expect(try await sameShelf.artifact("a2") == nil)
            await again.close()
        },
        ConformanceCase("what was promoted last comes first, and an unknown model can't be promoted") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            #expect(try await shelf.promotions(in: .everyone, limit: 9).isEmpty)
            try await keep(["a1", "b2"], on: shelf, in: .everyone)
            for (second, sha256) in ["a1", "b2", "a1"].enumerated() {
                try await shelf.promote(sha256, in: .everyone, at: Sample.at(Int64(10 + second)))
            }
            await expectFailure(.notFound) { try await shelf.promote("c3", in: .everyone, at: Sample.at(20)) }
            #expect(try await shelf.promotions(in: .everyone, limit: 9) == ["a1", "b2", "a1"])
            #expect(try await shelf.promotions(in: .everyone, limit: 1) == ["a1"])
            // Newest added first.
            let models = try await shelf.models(in: .everyone, limit: 9)
            #expect(models.map(\.sha256) == ["b2", "a1"])
            #expect(models.map(\.promotedAt) == [Sample.at(11), Sample.at(12)])
            await store.close()
        },
        ConformanceCase("a tenant sees its own models and everyone's, never another tenant's") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            let (north, south) = (ModelScope.tenant(Tenant("north")), ModelScope.tenant(Tenant("south")))
            try await keep(["all"], on: shelf, in: .everyone)
            try await keep(["n1"], on: shelf, in: north)
            try await keep(["s1"], on: shelf, in: south)
            #expect(Set(try await shelf.models(in: north, limit: 9).map(\.sha256)) == ["all", "n1"])
            #expect(try await shelf.models(in: .everyone, limit: 9).map(\.sha256) == ["all"])
            await expectFailure(.notFound) { try await shelf.promote("s1", in: north, at: Sample.at(20)) }
            await expectFailure(.notFound) { try await shelf.promote("n1", in: .everyone, at: Sample.at(20)) }

            try await shelf.promote("n1", in: north, at: Sample.at(21))
            try await shelf.promote("all", in: .everyone, at: Sample.at(22))
            #expect(try await shelf.promotions(in: north, limit: 9) == ["n1"])
            #expect(try await shelf.promotions(in: south, limit: 9).isEmpty)
            let scopes = try await shelf.scopes(limit: 9)
            #expect(
                scopes == [
                    ShelfScope(scope: .everyone, champion: "all"), ShelfScope(scope: north, champion: "n1"),
                    ShelfScope(scope: south, champion: nil),
                ])
            #expect(try await shelf.scopes(limit: 1).count == 1)
            await store.close()
        },
        ConformanceCase("the same artifact of two tenants is two models, each with its own fate") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            let (north, south) = (ModelScope.tenant(Tenant("north")), ModelScope.tenant(Tenant("south")))
            try await keep(["x"], on: shelf, in: north)
            try await keep(["x"], on: shelf, in: south)
            try await shelf.reject("x", in: north, at: Sample.at(30))
            #expect(try await shelf.models(in: north, limit: 9).first?.rejectedAt == Sample.at(30))
            #expect(try await shelf.models(in: south, limit: 9).first?.rejectedAt == nil)
            await store.close()
        },
        ConformanceCase("pruning leaves the newest and whatever was ever promoted") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            let north = ModelScope.tenant(Tenant("north"))
            try await keep(["a", "b", "c", "d"], on: shelf, in: .everyone)
            try await keep(["n"], on: shelf, in: north)
            try await shelf.promote("a", in: .everyone, at: Sample.at(20))
            try await shelf.prune(in: .everyone, keeping: 2)
            #expect(try await shelf.models(in: .everyone, limit: 9).map(\.sha256) == ["d", "c", "a"])
            #expect(try await shelf.artifact("b") == nil)
            #expect(try await shelf.artifact("n") != nil)
            await store.close()
        },
        ConformanceCase(
            "pruning leaves what scores were made by, also when that is said of a model that is kept already"
        ) {
            harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            try await keep(["a", "b", "c"], on: shelf, in: .everyone)
            let used = KeptModel(sha256: "a", version: "v0", addedAt: Sample.at(9), hasScores: true)
            try await shelf.keep(used, artifact: [1], in: .everyone)
            try await keep(["a"], on: shelf, in: .everyone)
            try await shelf.prune(in: .everyone, keeping: 1)
            let left = try await shelf.models(in: .everyone, limit: 9)
            #expect(left.map(\.sha256) == ["c", "a"] && left.map(\.hasScores) == [false, true])
            #expect(try await shelf.artifact("a") == Array("a".utf8) && left.last?.addedAt == Sample.at(0))
            await store.close()
        },
        ConformanceCase("a training's mark is set only by who has read the one before") { harness in
            let store = try await harness.open()
            let ledger = try #require(store as? any TrainingLedger)
            let tenant = Sample.tenant
            #expect(try await ledger.trainingMark(of: tenant) == nil)
            let first = TrainingMark(outcomes: 3, startedAt: Sample.at(1), busyUntil: Sample.at(9))
            #expect(try await ledger.mark(tenant, first, replacing: nil))
            #expect(try await !ledger.mark(tenant, first, replacing: nil))
            let second = TrainingMark(outcomes: 5, startedAt: Sample.at(2), busyUntil: Sample.at(2))
            #expect(try await !ledger.mark(tenant, second, replacing: second))
            #expect(try await ledger.mark(tenant, second, replacing: first))
            #expect(try await ledger.trainingMark(of: tenant) == second)
            await store.close()
        },
        ConformanceCase("each tenant's outcomes are counted") { harness in
            let store = try await harness.open()
            let ledger = try #require(store as? any TrainingLedger)
            _ = try await store.commit(Commit(scores: [Sample.record("a", at: Sample.at(0))]))
            for (lead, result) in [("a", Outcome.Result.won), ("b", .lost), ("c", .abandoned)] {
                let outcome = Outcome(leadID: lead, result: result, value: nil, at: Sample.at(5))
                _ = try await store.commit(
                    Commit(outcomes: [
                        TenantOutcome(tenant: Sample.tenant, outcome: outcome, recordedAt: Sample.at(6))
                    ]))
            }
            let counts = try #require(try await ledger.tenants(limit: 9)[Sample.tenant])
            #expect(counts.won == 1 && counts.other == 2)
            #expect(try await ledger.tenants(limit: 0).isEmpty)
            await store.close()
        },
    ]

    /// One after the other, a second apart.
    private static func keep(_ names: [String], on shelf: any ModelShelf, in scope: ModelScope) async throws {
        for (number, name) in names.enumerated() {
            let model = KeptModel(sha256: name, version: "v\(number)", addedAt: Sample.at(Int64(number)))
            try await shelf.keep(model, artifact: Array(name.utf8), in: scope)
        }
    }
}
