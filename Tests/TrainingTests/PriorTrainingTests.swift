import Features
import Forest
import Leads
import Learning
import Scoring
import Testing

@testable import Training

/// Tables of the 28 features, learned on top of the prior.
struct PriorTrainingTests {
    private static let prior = Result { try Prior.artifact(profile: AgencyProfile()) }

    /// Simulated leads read by the real extractor. Labels by the prior's own margin, shifted to a third of positives, or
    /// by a rule of the team's own that the prior knows nothing of.
    private func table(_ folder: TemporaryFolder, rows: Int, followsPrior: Bool, seed: UInt64 = 3) throws -> RawTable {
        let simulator = LeadSimulator(seed: seed)
        let extractor = FeatureExtractor(profile: AgencyProfile())
        let forest = try Self.prior.get().forest
        var generator = SplitMix64(seed: seed)
        var lines = [(Feature.allCases.map(\.name) + ["won"]).joined(separator: ",")]
        for index in 0..<rows {
            let arrival = Timestamp(CivilTime(year: 2026, month: 3, day: 1)).advanced(by: .seconds(3_600 * index))
            let vector = extractor.extract(simulator.lead(index, at: arrival), asOf: arrival).vector
            let row = optimizeFeatures(vector, plan: .standard).row
            let values = (0..<28).map { row[$0] }
            let margin =
                followsPrior
                ? 2 * (Double(try forest.margin(of: values.span)) + 4)
                : values[2].isNaN ? -2 : Double(values[2]) * 3 - 2
            let isWon = Double.random(in: 0..<1, using: &generator) < LogLoss.logistic(margin)
            let cells = Feature.allCases.map { feature -> String in
                if vector.isMissing(feature) { return "" }
                let value = vector[feature]
                switch feature.kind {
                case .numerical: return "\(value)"
                case .boolean: return value > 0.5 ? "true" : "false"
                case .categorical: return feature.vocabulary[Int(value)]
                }
            }
            lines.append((cells + [isWon ? "1" : "0"]).joined(separator: ","))
        }
        return try RawTable(path: folder.write(lines.joined(separator: "\n"), to: "leads-\(seed).csv"))
    }

    private func train(_ table: RawTable) throws -> Trainer.Outcome {
        var options = TrainingOptions(label: "won")
        options.holdout = .none
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        options.prior = try Self.prior.get().forest
        return try Trainer(table: table, options: options).run()
    }

    @Test func `sixty leads that follow the prior give a model that is mostly prior`() throws {
        let outcome = try train(table(TemporaryFolder(), rows: 60, followsPrior: true))
        #expect(outcome.artifact.priorWeight > 0.5, "\(outcome.settings)")
        guard case .leadFeatures(let plan) = outcome.artifact.schema else {
            Issue.record("28 features make a model for leads")
            return
        }
        #expect(plan.masked == FeaturePolicy.standard.maskedFeatures)
        // A source that no row has is known all the same, and weighs what the prior says.
        let vocabulary = try #require(plan.vocabularies[Feature.leadSourceType.rawValue])
        #expect(Set(vocabulary) == Set(Feature.leadSourceType.vocabulary))
    }

    @Test func `leads that follow their own rule owe the prior little`() throws {
        let outcome = try train(table(TemporaryFolder(), rows: 250, followsPrior: false))
        #expect(outcome.artifact.priorWeight < 0.4, "\(outcome.settings)")
    }

    @Test func `more ready financing never lowers a score, whatever the leads say`() throws {
        // Labels against the prior: the ready ones are lost.
        let folder = try TemporaryFolder()
        let table = try table(folder, rows: 150, followsPrior: false)
        let ready = table.columns[Feature.financingReadinessScore.rawValue]
        var reversed = RawTable(header: table.names)
        for row in 0..<table.rowCount {
            let readiness = Double(ready.text(row: row)) ?? 0.4
            reversed.append(
                table.columns.dropLast().map { $0.text(row: row)[...] } + [
                    readiness > 0.5 ? "0" : row % 2 == 0 ? "1" : "0"
                ])
        }
        reversed.seal()
        let forest = try train(reversed).artifact.forest
        var row = [Float](repeating: .nan, count: 28)
        var last = -Float.infinity
        for step in 0...20 {
            row[Feature.financingReadinessScore.rawValue] = Float(step) / 20
            let margin = try forest.margin(of: row.span)
            #expect(margin >= last - 1e-5)
            last = margin
        }
    }

    @Test func `the directions are those of the prior's lines`() throws {
        let folder = try TemporaryFolder()
        let table = try table(folder, rows: 60, followsPrior: true)
        let (labels, _) = try LabelReader.labels(of: table, column: "won", positive: "1")
        let columns = Feature.allCases.map { feature in
            TableColumn(
                name: feature.name, kind: feature.kind == .categorical ? .category : .number(.point),
                vocabulary: feature.vocabulary)
        }
        let data = EncodedTable(
            columns: columns, table: table, positions: Array(0..<28), labels: labels,
            asOf: [Timestamp(milliseconds: 0)])
        let base = try PriorBase(prior: Self.prior.get().forest, data: data)
        #expect(base.directions[Feature.financingReadinessScore.rawValue] == 1)
        #expect(base.directions[Feature.avgResponseTimeMinutes.rawValue] == -1)
        #expect(base.directions[Feature.isPreApproved.rawValue] == 1)
        #expect(base.directions[Feature.timelineCategory.rawValue] == 0)
    }
}
