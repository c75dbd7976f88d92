import Features
import Forest
import Foundation
import Leads
import Learning
import Testing

@testable import Training

struct TrainerTests {
    private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingOptions(label: "converted")
        options.positive = "won"
        // One setting, to its end: the tests are about the path, not about the search or the machine.
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        change(&options)
        return options
    }

    private func train(
        _ folder: TemporaryFolder, rows: Int = 1_500, _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws -> Trainer.Outcome {
        let path = try folder.write(InventedTable.text(rows: rows, seed: 1), to: "train.csv")
        return try Trainer(table: RawTable(path: path), options: options(change)).run()
    }

    @Test func `a model of an invented law is good on rows held out, calibrated, and says what it was measured on`()
        throws
    {
        let folder = try TemporaryFolder()
        let outcome = try train(folder, rows: 3_000)
        let figures = try #require(outcome.figures)
        #expect(figures.rows == 600)
        #expect(try #require(figures[.auc]) > 0.72)
        #expect(try #require(figures[.logLoss]) < 0.56)
        #expect(try #require(figures[.ece]) < 0.08)
        let card = outcome.artifact.card
        #expect(card.holdout.kind == .stratified && card.isRefitted && card.rows == 3_000 && card.positive == "won")
        #expect(card.notes.contains { $0.contains("belong to the run before") })
        #expect(outcome.artifact.forest.treeCount == outcome.rounds && outcome.artifact.canAssess)
        #expect(outcome.artifact.calibration?.count == 3_000)
    }

    @Test func `the same file and seed give the same artifact, another seed another`() throws {
        let folder = try TemporaryFolder()
        let first = try train(folder, rows: 300).artifact
        #expect(try train(folder, rows: 300).artifact.sha256 == first.sha256)
        #expect(try train(folder, rows: 300) { $0.seed = 2 }.artifact.sha256 != first.sha256)
    }

    @Test func `the number of threads changes nothing`() throws {
        let folder = try TemporaryFolder()
        let one = try train(folder, rows: 300) { $0.threads = 1 }.artifact
        #expect(try train(folder, rows: 300) { $0.threads = 2 }.artifact.sha256 == one.sha256)
    }

    @Test func `fifty rows with five positives give a model that stays near the base rate`() throws {
        let folder = try TemporaryFolder()
        let lines = InventedTable.text(rows: 400, seed: 3).split(separator: "\n")
        let few =
            lines.prefix(1) + lines.filter { $0.hasSuffix(",lost") }.prefix(45)
            + lines.filter { $0.hasSuffix(",won") }.prefix(5)
        let path = try folder.write(few.joined(separator: "\n"), to: "few.csv")
        let outcome = try Trainer(table: RawTable(path: path), options: options { $0.holdout = .none }).run()
        let calibration = try #require(outcome.artifact.calibration)
        let other = try folder.write(InventedTable.text(rows: 500, seed: 4), to: "other.csv")
        var rows = try ModelRows(path: other, artifact: outcome.artifact)
        while let batch = try rows.next() {
            for margin in try outcome.artifact.margins(ofRows: batch.values, count: batch.count) {
                let probability = calibration.probability(ofMargin: Double(margin))
                #expect(probability > 0.01 && probability < 0.6)
            }
        }
    }

    @Test func `two models of different leads agree on who is hot at least as often as they say`() throws {
        let folder = try TemporaryFolder()
        let models = try [21, 22, 24].map { seed in
            let path = try folder.write(InventedTable.text(rows: 400, seed: UInt64(seed)), to: "\(seed).csv")
            let options = options { $0.holdout = .none }
            return try Trainer(table: RawTable(path: path), options: options).run().artifact
        }
        let ask = try folder.write(InventedTable.text(rows: 1_000, seed: 23), to: "ask.csv")
        let answers = try models.map { model in
            var answers: [(isHot: Bool, confidence: Double)] = []
            var rows = try ModelRows(path: ask, artifact: model)
            while let batch = try rows.next() {
                for margin in try model.margins(ofRows: batch.values, count: batch.count) {
                    let calibration = try #require(model.calibration)
                    let confidence = calibration.confidence(
                        ofMargin: Double(margin), hotCut: model.hotCutLogOdds)
                    let isHot = calibration.logOdds(ofMargin: Double(margin)) >= model.hotCutLogOdds
                    answers.append((isHot, confidence))
                }
            }
            return answers
        }
        // Leads of one pair err together: what counts is the mean over the pairs.
        var stated = 0.0
        var agreed = 0.0
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            stated += answers[one].reduce(0) { $0 + $1.confidence } / Double(answers[one].count) / 3
            let same = zip(answers[one], answers[other]).count { $0.0.isHot == $0.1.isHot }
            agreed += Double(same) / Double(answers[one].count) / 3
        }
        #expect(agreed > stated - 0.03, "\(agreed) agreed, \(stated) stated")
        #expect(stated > 0.7)
    }

    @Test func `labels that have nothing to do with the columns are not learned`() throws {
        var generator = SplitMix64(seed: 5)
        let rows = (0..<300).map { _ in
            "\(generator.index(below: 50)),\(["a", "b", "c"][generator.index(below: 3)]),\(generator.index(below: 5) == 0)"
        }
        let folder = try TemporaryFolder()
        let path = try folder.write((["size,kind,converted"] + rows).joined(separator: "\n"), to: "noise.csv")
        var options = options { $0.holdout = .none }
        options.positive = "true"
        let artifact = try Trainer(table: RawTable(path: path), options: options).run().artifact
        let calibration = try #require(artifact.calibration)
        var margins = [Float](repeating: 0, count: 150)
        let cells = (0..<50).flatMap { size in (0..<3).flatMap { [Float(size), Float($0)] } }
        var output = margins.mutableSpan
        try artifact.forest.margins(of: cells.span, rowCount: 150, into: &output)
        let probabilities = margins.map { calibration.probability(ofMargin: Double($0)) }
        #expect(try #require(probabilities.max()) - (probabilities.min() ?? 0) < 0.12)
    }

    @Test func `what was not measured has no figures`() throws {
        let outcome = try train(TemporaryFolder(), rows: 400) { $0.holdout = .none }
        #expect(outcome.figures == nil && outcome.artifact.card.holdout == .init(kind: .none, figures: nil))
        #expect(!outcome.artifact.card.isRefitted)
        #expect(outcome.artifact.card.notes.contains { $0.contains("unmeasured") })
    }

    @Test func `a file held out is measured on and not trained on; the training file itself is refused`() throws {
        let folder = try TemporaryFolder()
        let other = try folder.write(InventedTable.text(rows: 500, seed: 2), to: "other.csv")
        let outcome = try train(folder) { $0.holdout = .file(other) }
        #expect(outcome.figures?.rows == 500 && outcome.artifact.card.rows == 1_500)
        let evaluated = try TableEvaluation.evaluate(path: other, artifact: outcome.artifact, label: "converted")
        for measure in Measure.allCases { #expect(evaluated.figures[measure] == outcome.figures?[measure]) }
        let error = try #require(throws: TableError.self) {
            try train(folder) { $0.holdout = .file(folder.path("train.csv")) }
        }
        #expect(error.code == .trainingRows)
    }

    @Test func `figures from training rows are refused`() throws {
        let folder = try TemporaryFolder()
        let artifact = try train(folder, rows: 400).artifact
        let error = try #require(throws: TableError.self) {
            try TableEvaluation.evaluate(path: folder.path("train.csv"), artifact: artifact, label: "converted")
        }
        #expect(error.code == .trainingRows)
    }

    @Test func `with a time column the newest rows are held out and dates age to their row`() throws {
        let outcome = try train(TemporaryFolder()) { $0.time = "created" }
        #expect(outcome.artifact.card.holdout.kind == .newest)
        #expect(outcome.artifact.card.windowFrom == "2024-01-01")
        guard case .table(let schema) = outcome.artifact.schema else {
            Issue.record("a team's own table has a table's schema")
            return
        }
        #expect(schema.timeColumn == "created" && schema.columns.contains { $0.name == "first_seen" })
        let age = schema.columns.first { $0.name == "first_seen" }?.range
        // Each row was first seen up to 399 invented days of at most 31/28 calendar days before it was created.
        #expect(try #require(age).lowerBound >= 0 && age?.upperBound ?? .infinity < 460)
    }

    @Test func `where the rate moved with time the probabilities meet the newest, and the card says so`() throws {
        let folder = try TemporaryFolder()
        var generator = SplitMix64(seed: 9)
        var lines = ["month,visits,won"]
        for row in 0..<2_000 {
            let visits = generator.index(below: 10)
            let isWon = generator.index(below: 100) < (row < 1_600 ? 2 : 30) + 2 * visits
            lines.append("\(row),\(visits),\(isWon ? "yes" : "no")")
        }
        let path = try folder.write(lines.joined(separator: "\n"), to: "moved.csv")
        func train(_ level: Calibration.Level) throws -> Trainer.Outcome {
            var options = options()
            options.label = "won"
            options.positive = "yes"
            options.time = "month"
            options.level = level
            options.holdout = .none
            return try Trainer(table: RawTable(path: path), options: options).run()
        }
        func mean(_ outcome: Trainer.Outcome) throws -> Double {
            let margins = try outcome.artifact.margins(ofRows: (0..<10).map(Float.init), count: 10)
            return try margins.reduce(0) { try $0 + outcome.artifact.probability(ofMargin: Double($1)) } / 10
        }
        let newest = try train(.newest)
        #expect(abs(try mean(newest) - 0.39) < 0.06)
        #expect(try #require(newest.levelNote).contains("to the newest part"))
        #expect(newest.artifact.card.notes.contains(try #require(newest.levelNote)))
        let average = try train(.average)
        #expect(abs(try mean(average) - 0.167) < 0.04)
        #expect(average.levelNote == nil)
    }

    @Test func `a row whose time is not a number has no place among the others`() throws {
        let folder = try TemporaryFolder()
        var generator = SplitMix64(seed: 9)
        var lines = ["month,visits,won"]
        for row in 0..<200 {
            let visits = generator.index(below: 10)
            let isWon = generator.index(below: 20) < 4 + visits
            lines.append("\(row == 7 ? "NaN" : "\(row)"),\(visits),\(isWon ? "yes" : "no")")
        }
        let path = try folder.write(lines.joined(separator: "\n"), to: "gap.csv")
        let options = options {
            $0.label = "won"
            $0.positive = "yes"
            $0.time = "month"
        }
        let error = try #require(throws: TableError.self) {
            try Trainer(table: RawTable(path: path), options: options)
        }
        #expect(error.code == .invalidOption && error.message.contains("data row 8 "))
    }

    @Test func `too few of one class is an error and no model`() throws {
        let folder = try TemporaryFolder()
        let lines = InventedTable.text(rows: 200, seed: 1).split(separator: "\n")
        let poor =
            lines.prefix(1) + lines.filter { $0.hasSuffix(",lost") } + lines.filter { $0.hasSuffix(",won") }.prefix(4)
        let path = try folder.write(poor.joined(separator: "\n"), to: "poor.csv")
        let error = try #require(throws: TableError.self) {
            try Trainer(table: RawTable(path: path), options: options())
        }
        #expect(error.code == .notEnoughData && error.message.contains("4 of"))
    }

    @Test func `a table of the 28 features gives a model for leads with proxies masked, whatever is allowed`() throws {
        var generator = SplitMix64(seed: 8)
        var lines = [(Feature.allCases.map(\.name) + ["id", "won"]).joined(separator: ";")]
        for row in 0..<600 {
            var cells: [String] = []
            var readiness = 0.0
            for feature in Feature.allCases {
                let draw = Double.random(in: 0..<1, using: &generator)
                if feature == .financingReadinessScore { readiness = draw }
                switch feature.kind {
                case .numerical: cells.append(draw < 0.05 ? "" : String(draw))
                case .boolean: cells.append(draw < 0.5 ? "true" : "false")
                case .categorical: cells.append(feature.vocabulary[Int(draw * Double(feature.vocabulary.count))])
                }
            }
            let isWon = Double.random(in: 0..<1, using: &generator) < readiness
            lines.append((cells + ["x\(row)", isWon ? "1" : "0"]).joined(separator: ";"))
        }
        let folder = try TemporaryFolder()
        let path = try folder.write(lines.joined(separator: "\n"), to: "leads.csv")
        var options = TrainingOptions(label: "won")
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        options.allow = .all
        let outcome = try Trainer(table: RawTable(path: path), options: options).run()
        guard case .leadFeatures(let plan) = outcome.artifact.schema else {
            Issue.record("28 features make a model for leads")
            return
        }
        #expect(plan.masked == FeaturePolicy.standard.maskedFeatures)
        #expect(outcome.artifact.forest.featureCount == 28 && !outcome.artifact.policyOverridden)
        #expect(try #require(outcome.figures?[.auc]) > 0.7)
        // The same lead by the extractor's way and by the table's way.
        var vector = FeatureVector()
        vector[.financingReadinessScore] = 0.9
        let isKnown = vector.set(.timelineCategory, category: "flexible")
        #expect(isKnown)
        let row = optimizeFeatures(vector, plan: plan).row
        let cells = Feature.allCases.map { feature -> Substring in
            feature == .financingReadinessScore ? "0.9" : feature == .timelineCategory ? "flexible" : ""
        }
        let table = outcome.artifact.schema.table(raw: false)
        let other = table.row(ofCells: cells, positions: Array(0..<28), asOf: Timestamp(milliseconds: 0))
        for index in 0..<28 {
            #expect(row[index].isNaN && other.values[index].isNaN || row[index] == other.values[index])
        }
    }
}
