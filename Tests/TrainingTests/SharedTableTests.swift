import Foundation
import Learning
import Testing

@testable import Training

/// Real tables with a fixed split, against regularised XGBoost from PyPI trained on the same rows.
struct SharedTableTests {
    struct Table: CustomTestStringConvertible, Sendable {
        let name: String
        let file: String
        let splits: String
        let features: String
        let label: String
        let positive: String
        /// Log loss on the test split of XGBoost 3.2.0, 300 × depth 5, eta .05, subsample .8, child weight 3.
        let rival: Double

        var testDescription: String { name }
    }

    static let tables = [
        Table(
            name: "bank", file: "bank_marketing/bank-full.csv",
            splits: "bank_marketing/splits_bank_full_seed20261122.csv",
            features: "bank_marketing/features_bank_full.json", label: "y", positive: "yes", rival: 0.2826),
        Table(
            name: "shoppers", file: "online_shoppers/online_shoppers_intention.csv",
            splits: "online_shoppers/splits_online_shoppers_seed20261122.csv",
            features: "online_shoppers/features_online_shoppers.json", label: "Revenue", positive: "TRUE",
            rival: 0.3581),
        Table(
            name: "salvirt", file: "salvirt_b2b/Salvirt_B2B_ML_dataset.csv",
            splits: "salvirt_b2b/splits_salvirt_seed20261122.csv", features: "salvirt_b2b/features_salvirt.json",
            label: "Status", positive: "Won", rival: 0.405),
    ]

    @Test(
        .enabled(if: SharedData.folder != nil, "the shared tables are not beside this repository: NOT MEASURED"),
        arguments: tables)
    func `log loss on the given test split is within 0.01 of XGBoost's`(table: Table) throws {
        let folder = try TemporaryFolder()
        let (training, test) = try Self.split(table, into: folder)
        var options = TrainingOptions(label: table.label)
        options.positive = table.positive
        options.allow = .all
        options.holdout = .file(test)
        options.budget = .seconds(10)
        let trainer = try Trainer(table: RawTable(path: training), options: options)
        let outcome = try trainer.run()
        let loss = try #require(outcome.figures?[.logLoss])
        #expect(loss < table.rival + 0.01, "\(table.name): \(loss) against \(table.rival)")
    }

    /// The safe columns and the label of the rows of the split, as training and test file.
    private static func split(_ table: Table, into folder: TemporaryFolder) throws -> (String, String) {
        let features = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: SharedData.path(table.features))))
        let sets = try #require((features as? [String: Any])?["feature_sets"] as? [String: [String]])
        let columns = try #require(sets["safe"]) + [table.label]
        let splits = try RawTable(path: SharedData.path(table.splits))
        let rowID = splits.columns[try splits.position(of: "row_id")]
        let isTest = splits.columns[try splits.position(of: "test")]
        let raw = try RawTable(path: SharedData.path(table.file))
        let sources = try columns.map { raw.columns[try raw.position(of: $0)] }
        var files = [[columns.joined(separator: ",")], [columns.joined(separator: ",")]]
        for row in 0..<splits.rowCount {
            let source = try #require(Int(rowID.text(row: row)))
            let line = sources.map { "\"\($0.text(row: source))\"" }.joined(separator: ",")
            files[isTest.text(row: row) == "1" ? 1 : 0].append(line)
        }
        return (
            try folder.write(files[0].joined(separator: "\n"), to: "train.csv"),
            try folder.write(files[1].joined(separator: "\n"), to: "test.csv")
        )
    }
}
