import Learning
import Testing

@testable import Training

struct ColumnPlanTests {
    private func kind(_ cells: [String]) throws -> InferredKind {
        let folder = try TemporaryFolder()
        let text = "x;row\n" + cells.map { "\($0);1\n" }.joined()
        let table = try RawTable(path: folder.write(text, to: "t.csv"))
        return ColumnInference.kind(of: table.columns[0])
    }

    @Test func `kinds are read off the cells`() throws {
        let hundred = 0..<100
        #expect(try kind(["1", "2.5", "-3", "NA", "1e4"]) == .number(.point))
        #expect(try kind(["$1,200", "$900", "$3,000,000"]) == .number(.point))
        #expect(try kind(["1,5", "2,25", "3.000,5"]) == .number(.comma))
        #expect(try kind(["yes", "no", "yes", "?"]) == .boolean(no: "no", yes: "yes"))
        #expect(try kind(["0", "1", "1"]) == .boolean(no: "0", yes: "1"))
        #expect(try kind(["red", "blue", "red", "green"]) == .category)
        #expect(try kind(["2026-01-02", "2025-12-31 10:00", ""]) == .date(.iso))
        #expect(try kind(["13/01/2026", "02/03/2026"]) == .date(.dayFirst))
        #expect(try kind(["01/13/2026", "02/03/2026"]) == .date(.monthFirst))
        #expect(try kind(["same", "same", ""]) == .constant)
        #expect(try kind(hundred.map { "a-\($0)-x" }) == .identifier(reason: "100 different values in 100 rows"))
        #expect(try kind(hundred.map { String($0 + 5_000) }) == .identifier(reason: "it counts the rows"))
        #expect(try kind(hundred.map { "they said that \($0) is too much" }).word == "free text")
        #expect(try kind(hundred.map { String($0 * 37 % 100_003) + "." + String($0) }) == .number(.point))
    }

    @Test func `a few odd words in a column of numbers are missing values`() throws {
        #expect(try kind((0..<100).map { $0 % 40 == 0 ? "unknown" : String($0 * $0) }) == .number(.point))
        #expect(try kind((0..<100).map { $0 % 3 == 0 ? "unknown" : String($0 % 7) }) == .category)
    }

    private func plan(_ change: (inout TrainingOptions) -> Void = { _ in }) throws -> ColumnPlan {
        let folder = try TemporaryFolder()
        let table = try RawTable(path: folder.write(InventedTable.text(rows: 400, seed: 1), to: "t.csv"))
        var options = TrainingOptions(label: "converted")
        options.positive = "won"
        change(&options)
        return try Trainer(table: table, options: options).plan
    }

    private func reason(_ plan: ColumnPlan, _ column: String) -> String? {
        plan.columns.first { $0.name == column }?.leftOut
    }

    @Test func `every column that is left out says why`() throws {
        let plan = try plan()
        #expect(reason(plan, "lead_id")?.hasPrefix("identifier") == true)
        #expect(reason(plan, "note")?.hasPrefix("free text") == true)
        #expect(reason(plan, "region")?.hasPrefix("constant") == true)
        #expect(reason(plan, "gender")?.hasPrefix("policy") == true)
        #expect(reason(plan, "closed_on")?.hasPrefix("leakage") == true)
        #expect(reason(plan, "converted") == "the label")
        #expect(plan.used.map(\.name) == ["created", "channel", "visits", "budget", "returning", "first_seen"])
        #expect(!plan.isPolicyOverridden)
    }

    @Test func `allowing reports a verdict and uses the column; identifiers and constants still go`() throws {
        let plan = try plan { $0.allow = .all }
        #expect(reason(plan, "gender") == nil && reason(plan, "closed_on") == nil)
        #expect(plan.columns.first { $0.name == "gender" }?.overridden != nil && plan.isPolicyOverridden)
        #expect(reason(plan, "lead_id") != nil && reason(plan, "region") != nil)
        let one = try self.plan { $0.allow = .columns(["gender"]) }
        #expect(reason(one, "gender") == nil && reason(one, "closed_on") != nil)
    }

    @Test func `allowing what nothing forbids overrides nothing`() throws {
        #expect(try !plan { $0.allow = .columns(["visits"]) }.isPolicyOverridden)
    }

    @Test func `a name that isn't there is an error with the nearest one`() throws {
        for change: (inout TrainingOptions) -> Void in [
            { $0.exclude = ["visit"] }, { $0.allow = .columns(["visit"]) }, { $0.time = "visit" },
        ] {
            let error = try #require(throws: TableError.self) { try plan(change) }
            #expect(error.code == .unknownColumn && error.message.contains("\"visits\""))
        }
    }

    @Test func `labels need two values and the one that counts`() throws {
        let wrong = try #require(throws: TableError.self) { try plan { $0.positive = "wonn" } }
        #expect(wrong.code == .invalidLabel && wrong.message.contains("did you mean \"won\"?"))
        let none = try #require(throws: TableError.self) {
            try plan {
                $0.label = "channel"
                $0.positive = nil
            }
        }
        #expect(none.message.contains("--positive"))
        let constant = try #require(throws: TableError.self) { try plan { $0.label = "region" } }
        #expect(constant.code == .invalidLabel)
    }
}
