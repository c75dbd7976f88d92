import Foundation
import Testing

@testable import Training

/// Real tables whose leaking columns are documented: each is found, and no safe one is called leaking.
struct SharedLeakageTests {
    @Test(
        .enabled(if: SharedData.folder != nil, "the shared tables are not beside this repository: NOT MEASURED"),
        arguments: SharedTableTests.tables)
    func `every documented leak is found and no safe column is called leaking`(table: SharedTableTests.Table) throws {
        let features = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: SharedData.path(table.features))))
        let sets = try #require((features as? [String: Any])?["feature_sets"] as? [String: [String]])
        let safe = Set(try #require(sets["safe"]))
        let documented = Set(sets["full"] ?? []).subtracting(safe)
        let found = try TableExamination(
            path: SharedData.path(table.file),
            question: TableExamination.Question(label: table.label, positive: table.positive))
        #expect(found.obstacles.isEmpty && found.sampledRows == found.rows)
        let verdicts = Dictionary(uniqueKeysWithValues: found.columns.map { ($0.name, $0.leakage.verdict) })
        for column in found.columns where column.role == .input {
            let outcome = "\(table.name) \(column.name): \(column.leakage), AUC \(column.auc?.value ?? .nan)"
            #expect((verdicts[column.name] == .leaks) == documented.contains(column.name), "\(outcome)")
            #expect(documented.contains(column.name) || safe.contains(column.name), "\(outcome)")
        }
        // Training leaves them out by itself, and brings them back by name.
        var options = TrainingOptions(label: table.label)
        options.positive = table.positive
        let raw = try RawTable(path: SharedData.path(table.file))
        let plan = try Trainer(table: raw, options: options).plan
        #expect(documented.isDisjoint(with: plan.used.map(\.name)))
        options.allow = .columns(documented)
        let allowed = try Trainer(table: raw, options: options).plan
        #expect(documented.isSubset(of: allowed.used.map(\.name)))
        #expect(allowed.isPolicyOverridden == !documented.isEmpty)
    }
}
