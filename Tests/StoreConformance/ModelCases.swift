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
            let model = KeptModel(sha256: "a1", version: "1", addedAt: Sample.at(1), promotedAt: nil)
            try await shelf.keep(model, artifact: artifact)
            try await shelf.keep(
                KeptModel(sha256: "a1", version: "other", addedAt: Sample.at(2), promotedAt: nil), artifact: [1])
            await store.close()

            let again = try await harness.open()
            let sameShelf = try #require(again as? any ModelShelf)
            #expect(try await sameShelf.models(limit: 9) == [model])
            #expect(try await sameShelf.artifact("a1") == artifact)
            #expect(try await sameShelf.artifact("a2") == nil)
            await again.close()
        },
        ConformanceCase("what was promoted last comes first, and an unknown model can't be promoted") { harness in
            let store = try await harness.open()
            let shelf = try #require(store as? any ModelShelf)
            #expect(try await shelf.promotions(limit: 9).isEmpty)
            for (number, sha256) in ["a1", "b2"].enumerated() {
                let model = KeptModel(
                    sha256: sha256, version: "v\(number)", addedAt: Sample.at(Int64(number)), promotedAt: nil)
                try await shelf.keep(model, artifact: [UInt8(number)])
            }
            for (second, sha256) in ["a1", "b2", "a1"].enumerated() {
                try await shelf.promote(sha256, at: Sample.at(Int64(10 + second)))
            }
            await expectFailure(.notFound) { try await shelf.promote("c3", at: Sample.at(20)) }
            #expect(try await shelf.promotions(limit: 9) == ["a1", "b2", "a1"])
            #expect(try await shelf.promotions(limit: 1) == ["a1"])
            // Newest added first.
            let models = try await shelf.models(limit: 9)
            #expect(models.map(\.sha256) == ["b2", "a1"])
            #expect(models.map(\.promotedAt) == [Sample.at(11), Sample.at(12)])
            await store.close()
        },
    ]
}
