import Foundation
import Learning
import Testing

@testable import Reporting

struct BaselineTests {
    /// Three columns of few values each; the rows are (values, closed).
    private static func rows(_ count: Int) -> [(values: [Float], isClosed: Bool)] {
        var generator = SplitMix64(seed: 11)
        return (0..<count).map { _ in
            let values = [Float(generator.index(below: 10)), Float(generator.index(below: 3))]
            return (values, generator.index(below: 20) < 2 + Int(values[0]) + (values[1] == 2 ? 5 : 0))
        }
    }

    /// The same by dictionaries over the values themselves: every value has a bin of its own here.
    private static func bayes(_ learned: [(values: [Float], isClosed: Bool)], _ values: [Float]) -> Double {
        let closed = learned.filter(\.isClosed)
        let others = learned.filter { !$0.isClosed }
        var logOdds = log(Double(closed.count) / Double(others.count))
        for column in values.indices {
            // Bins: the ten values, or three levels and one for others; and one for missing.
            let bins = column == 0 ? 11.0 : 5.0
            func share(_ rows: [(values: [Float], isClosed: Bool)]) -> Double {
                (Double(rows.count { $0.values[column] == values[column] }) + 1) / (Double(rows.count) + bins)
            }
            logOdds += log(share(closed)) - log(share(others))
        }
        return 1 / (1 + exp(-logOdds))
    }

    @Test func `naive Bayes learns from the even rows and is measured on the odd ones`() throws {
        let rows = Self.rows(600)
        let artifact = try ReportCase.artifact()
        var collected = try #require(BaselineRows(artifact, rows: rows.count))
        for (number, row) in rows.enumerated() {
            collected.add(row: row.values.span, number: number, isPositive: row.isClosed)
        }
        #expect(collected.learned == 300 && collected.measured == (0..<300).map { $0 * 2 + 1 })
        let baselines = collected.baselines(
            probabilities: Array(repeating: 0.3, count: 600), rival: ("prior", Array(repeating: 0.2, count: 600)),
            labels: rows.map(\.isClosed), seed: 1)
        #expect(baselines.map(\.key) == ["model", "rival", "naive_bayes", "best_column", "base_rate"])
        let learned = rows.indices.filter { $0 % 2 == 0 }.map { rows[$0] }
        let measured = rows.indices.filter { $0 % 2 == 1 }.map { rows[$0] }
        let expected = measured.map { Self.bayes(learned, $0.values) }
        let outcome = measured.map(\.isClosed)
        let auc = try #require(baselines[2].figures[.auc])
        let loss = try #require(baselines[2].figures[.logLoss])
        #expect(abs(auc - (Metrics.auc(probabilities: expected, labels: outcome) ?? 0)) < 1e-12)
        #expect(abs(loss - (Metrics.logLoss(probabilities: expected, labels: outcome) ?? 0)) < 1e-12)
        #expect(baselines[3].name.hasSuffix("visits") && baselines[4].figures[.auc] == 0.5)
    }

    @Test func `a large table is measured on a bounded part of it`() throws {
        let count = 4 * BaselineRows.maximumRows
        var collected = try #require(BaselineRows(ReportCase.artifact(), rows: count))
        let row: [Float] = [1, 1]
        for number in 0..<count { collected.add(row: row.span, number: number, isPositive: number % 3 == 0) }
        #expect(collected.learned == count / 2 && collected.measured.count == BaselineRows.maximumRows)
    }

    @Test func `one outcome only compares nothing`() throws {
        var collected = try #require(BaselineRows(ReportCase.artifact(), rows: 10))
        let row: [Float] = [1, 1]
        for number in 0..<10 { collected.add(row: row.span, number: number, isPositive: number % 2 == 0) }
        let labels = (0..<10).map { $0 % 2 == 0 }
        #expect(
            collected.baselines(probabilities: Array(repeating: 0.5, count: 10), rival: nil, labels: labels, seed: 1)
                .isEmpty)
    }
}
