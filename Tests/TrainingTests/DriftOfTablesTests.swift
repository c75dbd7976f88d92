import Forest
import Learning
import Testing

@testable import Training

/// Drift of whole tables against the model that was trained on one.
struct DriftOfTablesTests {
    /// Trained once for all tests here.
    private static let trained = Result { try model() }

    private static func model() throws -> ModelArtifact {
        let folder = try TemporaryFolder()
        let path = try folder.write(InventedTable.text(rows: 1_200, seed: 1), to: "train.csv")
        var options = TrainingOptions(label: "converted")
        options.positive = "won"
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        return try Trainer(table: RawTable(path: path), options: options).run().artifact
    }

    private static func report(_ artifact: ModelArtifact, _ path: String) throws -> DriftReport {
        var window = DriftWindow(artifact)
        var rows = try ModelRows(path: path, artifact: artifact)
        let width = artifact.forest.featureCount
        while let batch = try rows.next() {
            let margins = try artifact.margins(ofRows: batch.values, count: batch.count)
            for row in 0..<batch.count {
                window.add(
                    row: batch.values.span.extracting(row * width..<(row + 1) * width), margin: margins[row],
                    unseen: batch.unseen[row])
            }
        }
        return window.report()
    }

    @Test func `a trained model knows how its columns were spread, rare levels and empty cells apart`() throws {
        let artifact = try Self.trained.get()
        let copy = try ModelArtifact(serialized: artifact.serialized())
        let distributions = try #require(copy.distributions)
        #expect(distributions.count == artifact.forest.featureCount && distributions.allSatisfy { $0.total == 1_200 })
        let budget = try #require(artifact.schema.featureNames.firstIndex(of: "budget"))
        #expect(distributions[budget].missing > 60 && distributions[budget].unseen == 0)
    }

    @Test func `another draw of the same law has not drifted, another law has, and the column is named`() throws {
        let folder = try TemporaryFolder()
        let artifact = try Self.trained.get()
        let text = InventedTable.text(rows: 1_200, seed: 2)
        let same = try Self.report(artifact, folder.write(text, to: "same.csv"))
        #expect(same.rows == 1_200 && same.verdict == .ok, "\(same.moved.map(\.name))")
        let changed = text.replacing(",referral,", with: ",web,").replacing(",fair,", with: ",blimp,")
        let moved = try Self.report(artifact, folder.write(changed, to: "moved.csv"))
        #expect(moved.verdict == .act && moved.moved.first?.name == "channel")
        let channel = try #require(moved.features.first { $0.name == "channel" })
        #expect(channel.unseenShare > 0.2 && channel.referenceUnseenShare == 0 && channel.missingShare == 0)
    }

    @Test func `an import with a reference keeps its spread, one without has none`() throws {
        let folder = try TemporaryFolder()
        let forest = try Self.trained.get().forest
        let path = folder.path("m.json")
        _ = try folder.write(String(decoding: forest.xgboostJSON(), as: UTF8.self), to: "m.json")
        let names = forest.featureNames
        let rows = (0..<300).map { row in names.indices.map { _ in String(row % 3) }.joined(separator: ",") }
        let reference = try folder.write(
            ([names.joined(separator: ",")] + rows).joined(separator: "\n"), to: "reference.csv")
        let plain = try ModelImport.artifact(path: path, name: "m")
        #expect(plain.distributions == nil)
        let referenced = try ModelImport.artifact(path: path, name: "m", reference: reference)
        #expect(referenced.distributions?.count == names.count)
        #expect(referenced.distributions?.first?.counts.prefix(3) == [100, 100, 100])
    }
}
