import Foundation
import Forest
import Leads
import Learning
import Testing

@testable import Training

struct TableCommandTests {
    private static func model(_ folder: TemporaryFolder) throws -> ModelArtifact {
        let path = try folder.write(InventedTable.text(rows: 800, seed: 1), to: "train.csv")
        var options = TrainingOptions(label: "converted")
        options.positive = "won"
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        return try Trainer(table: RawTable(path: path), options: options).run().artifact
    }

    @Test(arguments: [",", ";"])
    func `score keeps rows, order and bytes and adds four columns`(delimiter: String) throws {
        let folder = try TemporaryFolder()
        let artifact = try Self.model(folder)
        let input = InventedTable.text(rows: 1_300, seed: 3, delimiter: delimiter)
        let sink = try ByteSink(path: folder.path("out.csv"))
        let summary = try TableScoring.score(
            path: folder.write(input, to: "in.csv"), artifact: artifact, into: sink)
        #expect(!FileManager.default.fileExists(atPath: folder.path("out.csv")))
        try sink.finish()
        let before = input.split(separator: "\n")
        let after = try folder.read("out.csv").split(separator: "\n")
        #expect(summary.rows == 1_300 && after.count == before.count)
        for (old, new) in zip(before, after) { #expect(new.hasPrefix(old + delimiter)) }
        #expect(after[0].hasSuffix(TableScoring.columns.joined(separator: delimiter)))
        var byClass: [String: [Double]] = [:]
        for line in after.dropFirst() {
            let cells = line.split(separator: Character(delimiter), omittingEmptySubsequences: false).suffix(4).map(
                String.init)
            let figures = try [0, 1, 3].map { try #require(Double(cells[$0])) }
            #expect((0...1).contains(figures[0]) && (0...100).contains(figures[1]) && (0.5...1).contains(figures[2]))
            byClass[cells[2], default: []].append(figures[1])
        }
        #expect(byClass["hot"]?.allSatisfy { $0 >= 80 } == true && byClass["cold"]?.allSatisfy { $0 < 50 } == true)
        #expect(byClass["warm"]?.allSatisfy { (50..<80).contains($0) } == true)
    }

    @Test func `predict is additive and agrees with score`() throws {
        let folder = try TemporaryFolder()
        let artifact = try Self.model(folder)
        let path = try folder.write(InventedTable.text(rows: 50, seed: 3), to: "in.csv")
        let sink = try ByteSink(path: folder.path("out.csv"))
        _ = try TablePrediction.predict(path: path, artifact: artifact, into: sink)
        try sink.finish()
        let lines = try folder.read("out.csv").split(separator: "\n")
        #expect(lines[0] == "margin,probability,base_value,created,channel,visits,budget,returning,first_seen")
        #expect(lines.count == 51)
        for line in lines.dropFirst() {
            let figures = try line.split(separator: ",").map { try #require(Double($0)) }
            #expect(abs(figures[2...].reduce(0, +) - figures[0]) < 1e-5)
            // The margin is a Float: its figures are the shortest that give that Float back.
            let margin = Double(Float(figures[0]))
            #expect(figures[1] == artifact.calibration?.probability(ofMargin: margin))
        }
    }

    @Test func `a column that the model needs and the file lacks is named`() throws {
        let folder = try TemporaryFolder()
        let artifact = try Self.model(folder)
        let text = InventedTable.text(rows: 5, seed: 3).replacing("visits", with: "visit")
        let sink = try ByteSink(path: folder.path("out.csv"))
        let path = try folder.write(text, to: "in.csv")
        let error = try #require(throws: TableError.self) {
            try TableScoring.score(path: path, artifact: artifact, into: sink)
        }
        #expect(error.code == .unknownColumn && error.message.contains("did you mean \"visit\"?"))
    }

    @Test func `a cell that can't be read counts as missing and is reported`() throws {
        let folder = try TemporaryFolder()
        let artifact = try Self.model(folder)
        let head = "created,channel,visits,budget,returning,first_seen\n"
        let text = head + "2025-01-01,fax,many,1,yes,soon\n2025-01-01,web,1,1,yes,2024-12-01\n"
        let sink = try ByteSink(path: folder.path("out.csv"))
        let summary = try TableScoring.score(path: folder.write(text, to: "in.csv"), artifact: artifact, into: sink)
        #expect(summary.rows == 2 && summary.warnings.count == 2)
        #expect(summary.warnings.contains { $0.contains("\"visits\"") })
    }

    // MARK: Imported models

    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("ForestTests/Golden")

    /// The golden rows as a CSV of shortest figures, and the margins that XGBoost gave for them.
    private static func expected(_ name: String) throws -> (csv: String, margins: [Float]) {
        let bytes = [UInt8](try Data(contentsOf: golden.appendingPathComponent("\(name).expected")))
        func word(_ index: Int) -> UInt32 {
            (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[index * 4 + $1]) }
        }
        let rows = Int(word(0))
        let width = Int(word(1))
        var lines = [(0..<width).map { "any\($0)" }.joined(separator: ",")]
        for row in 0..<rows {
            let cells = (0..<width).map { column -> String in
                let value = Float(bitPattern: word(2 + row * width + column))
                return value.isNaN ? (row % 2 == 0 ? "" : "nan") : "\(value)"
            }
            lines.append(cells.joined(separator: ","))
        }
        let margins = (0..<rows).map { Float(bitPattern: word(2 + rows * width + $0)) }
        return (lines.joined(separator: "\n") + "\n", margins)
    }

    @Test(
        arguments: ["1.7.4-numeric", "3.4.1-numeric", "1.7.4-categorical", "3.4.1-categorical", "2.1.4-dart"],
        ["json", "ubj"])
    func `an imported model predicts the margins that XGBoost gave, to the bit`(name: String, format: String) throws {
        let (csv, margins) = try Self.expected(name)
        let folder = try TemporaryFolder()
        let imported = try ModelImport.artifact(
            path: Self.golden.appendingPathComponent("\(name).\(format)").path, name: "g")
        let artifact = try ModelArtifact(serialized: imported.serialized())
        var text = csv
        if !artifact.forest.featureNames.isEmpty {
            let end = try #require(text.firstIndex(of: "\n"))
            text = artifact.forest.featureNames.joined(separator: ",") + text[end...]
        }
        let sink = try ByteSink(path: folder.path("out.csv"))
        _ = try TablePrediction.predict(path: folder.write(text, to: "in.csv"), artifact: artifact, into: sink)
        try sink.finish()
        let lines = try folder.read("out.csv").split(separator: "\n")
        #expect(lines.count == margins.count + 1)
        for (line, margin) in zip(lines.dropFirst(), margins) {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(Float(cells[0])?.bitPattern == margin.bitPattern)
            #expect(Float(cells[1])?.bitPattern == artifact.forest.objective.probability(ofMargin: margin)?.bitPattern)
        }
    }

    @Test func `an import without a reference predicts but ranks nobody`() throws {
        let folder = try TemporaryFolder()
        let artifact = try ModelImport.artifact(
            path: Self.golden.appendingPathComponent("1.7.4-numeric.json").path, name: "g")
        #expect(!artifact.canAssess && artifact.calibration == nil && artifact.card.rows == nil)
        let path = try folder.write(try Self.expected("1.7.4-numeric").csv, to: "in.csv")
        let sink = try ByteSink(path: folder.path("out.csv"))
        let error = try #require(throws: TableError.self) {
            try TableScoring.score(path: path, artifact: artifact, into: sink)
        }
        #expect(error.message.contains("--reference"))
    }

    @Test func `a reference gives quantiles, and its label the calibration`() throws {
        let folder = try TemporaryFolder()
        let (csv, margins) = try Self.expected("1.7.4-numeric")
        var generator = SplitMix64(seed: 2)
        let forest = try Forest(
            xgboost: [UInt8](Data(contentsOf: Self.golden.appendingPathComponent("1.7.4-numeric.json"))))
        let names = forest.featureNames.isEmpty ? (0..<forest.featureCount).map { "f\($0)" } : forest.featureNames
        let lines = csv.split(separator: "\n").dropFirst()
        let labelled = zip(lines, margins).map { line, margin in
            "\(line),\(Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-Double(margin))) ? "yes" : "no")"
        }
        let text = (names + ["won"]).joined(separator: ",") + "\n" + labelled.joined(separator: "\n")
        let path = try folder.write(text, to: "ref.csv")
        let model = Self.golden.appendingPathComponent("1.7.4-numeric.json").path
        let plain = try ModelImport.artifact(path: model, name: "g", reference: path)
        #expect(plain.canAssess && plain.calibration == nil && plain.assumed != nil)
        #expect(plain.card.notes.contains { $0.contains("Not calibrated") })
        #expect(plain.reference?.total == margins.count)
        let calibrated = try ModelImport.artifact(path: model, name: "g", reference: path, label: "won")
        #expect(calibrated.calibration?.count == margins.count && calibrated.assumed == nil)
        #expect(calibrated.forestBytes == plain.forestBytes && calibrated.sha256 != plain.sha256)
    }

    @Test(
        arguments: ["3.3.5", "4.7.0"],
        ["numeric", "categorical", "zero-missing", "presence", "rf", "dart", "sigmoid", "large", "poisson"])
    func `an imported LightGBM model predicts the raw scores that LightGBM gave, to the bit`(
        version: String, kind: String
    ) throws {
        let name = "lgb-\(version)-\(kind)"
        let bytes = [UInt8](try Data(contentsOf: Self.golden.appendingPathComponent("\(name).expected")))
        func word(_ offset: Int, _ length: Int) -> UInt64 {
            (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
        }
        func double(_ index: Int) -> Double { Double(bitPattern: word(8 + 8 * index, 8)) }
        let (rows, width) = (Int(word(0, 4)), Int(word(4, 4)))
        let imported = try ModelImport.artifact(
            path: Self.golden.appendingPathComponent("\(name).txt").path, name: "g")
        let artifact = try ModelArtifact(serialized: imported.serialized())
        var lines = [artifact.forest.featureNames.joined(separator: ",")]
        for row in 0..<rows {
            let cells = (0..<width).map { column -> String in
                let value = double(row * width + column)
                return value.isNaN ? (row % 2 == 0 ? "" : "nan") : "\(value)"
            }
            lines.append(cells.joined(separator: ","))
        }
        let folder = try TemporaryFolder()
        let sink = try ByteSink(path: folder.path("out.csv"))
        let path = try folder.write(lines.joined(separator: "\n"), to: "in.csv")
        _ = try TablePrediction.predict(path: path, artifact: artifact, into: sink)
        try sink.finish()
        let output = try folder.read("out.csv").split(separator: "\n")
        #expect(output.count == rows + 1)
        for (row, line) in output.dropFirst().enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
            #expect(cells[0]?.bitPattern == double(rows * width + row).bitPattern, "row \(row)")
            let prediction = double(rows * (width + 1) + row)
            if artifact.forest.objective.isLogistic {
                #expect(try abs(#require(cells[1]) - prediction) <= 2 * prediction.ulp, "row \(row)")
            } else {
                #expect(cells[1] == nil)
            }
            for column in 0...width {
                let theirs = double(rows * (width + 2) + row * (width + 1) + column)
                let ours = try #require(cells[column < width ? 3 + column : 2])
                #expect(abs(ours - theirs) <= 1e-12 * max(1, abs(double(rows * width + row)), abs(theirs)))
            }
        }
    }

    @Test func `an imported LightGBM model reads the categories of its pandas table`() throws {
        let folder = try TemporaryFolder()
        let artifact = try ModelImport.artifact(
            path: Self.golden.appendingPathComponent("lgb-4.7.0-named-categories.txt").path, name: "g")
        #expect(artifact.card.settings.contains { $0.name == "imported_from" && $0.value == "LightGBM" })
        func margins(_ rows: [String]) throws -> [Double] {
            let path = try folder.write((["rooms,channel,floor"] + rows).joined(separator: "\n"), to: "in.csv")
            let sink = try ByteSink(path: folder.path("out.csv"))
            _ = try TablePrediction.predict(path: path, artifact: artifact, into: sink)
            try sink.finish()
            return try folder.read("out.csv").split(separator: "\n").dropFirst().map { line in
                try #require(line.split(separator: ",").first.flatMap { Double($0) })
            }
        }
        func expected(_ rows: [[Double]]) throws -> [Double] {
            try rows.map { try artifact.forest.margin(of: $0.span) }
        }
        let named = try margins([
            "5,google,7", "2,direct,3", "2,\"größer, \"\"é\"\"\",1", "3,nowhere,7", "4,partner site,2", "4,,",
        ])
        #expect(
            try named
                == expected([[5, 1, 2], [2, 0, 1], [2, 2, 0], [3, .nan, 2], [4, 3, .nan], [4, .nan, .nan]]))
        // A code stands for a category where no name is a number; "1" and "7" are names.
        #expect(try margins(["5,1,7"]) == expected([[5, 1, 2]]))
    }

    @Test func `a LightGBM model with a sigmoid of its own is ranked and assessed by its log-odds`() throws {
        let folder = try TemporaryFolder()
        let model = Self.golden.appendingPathComponent("lgb-4.7.0-sigmoid.txt").path
        let names = "rooms,budget,days,visits,score,channel,district,count"
        var generator = SplitMix64(seed: 3)
        let rows = (0..<40).map { _ in
            (0..<8).map { _ in "\(Double.random(in: -2...2, using: &generator))" }.joined(separator: ",")
        }
        let path = try folder.write(([names] + rows).joined(separator: "\n"), to: "ref.csv")
        let artifact = try ModelImport.artifact(path: model, name: "g", reference: path)
        let row = [Float](repeating: 0, count: 8)
        let wide = row.map { Double($0) }
        let margin = try artifact.forest.margin(of: wide.span)
        let found = artifact.assess(exactMargin: margin, row: row.span, outOfRange: [], unseen: [])
        let assessment = try #require(found)
        #expect(assessment.logOdds == 2 * margin)
        #expect(abs(assessment.probability - (artifact.forest.probability(ofMargin: margin) ?? 0)) < 1e-15)
        let cut = try #require(artifact.reference).margin(atScore: 80)
        #expect(artifact.hotCutLogOdds == 2 * cut)
        let plain = Self.golden.appendingPathComponent("lgb-4.7.0-regression.txt").path
        let error = #expect(throws: TableError.self) {
            try ModelImport.artifact(path: plain, name: "g", reference: path)
        }
        #expect(error?.code == .invalidOption && error?.message.contains("--label") == true)
    }

    @Test(arguments: ["tree\nversion=v4\n", "binf....", "{\"learner\": 1}", "", "PK\u{3}\u{4}"])
    func `what is no model of either library is refused by name`(content: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(content, to: "model.txt")
        let error = try #require(throws: TableError.self) { try ModelImport.artifact(path: path, name: "m") }
        #expect(error.code == .unreadable)
        #expect(error.message.contains("no LightGBM") == content.hasPrefix("tree"))
    }
}
