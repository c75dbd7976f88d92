import Forest
import Foundation
import Learning

@testable import Reporting

/// A small model built in code, and tables for it: nothing is trained, so a test is quick and its figures are known.
enum ReportCase {
    /// Reads `visits` (a number, the more the better) and the category `channel`; its card was made on other rows.
    static func artifact(column: String = "channel", hash: String? = nil) throws -> ModelArtifact {
        let forest = try Forest(
            trees: [
                .leaf(-2),
                .stump(
                    feature: 0, threshold: 5, defaultLeft: true, left: 0, right: 1.5, leftCover: 50, rightCover: 50),
                .stump(
                    feature: 0, threshold: 8, defaultLeft: true, left: 0, right: 1, leftCover: 80, rightCover: 20),
                .categoricalStump(
                    feature: 1, rightCategories: [2], defaultLeft: true, left: 0, right: 1, leftCover: 66,
                    rightCover: 34),
            ], featureNames: ["visits", column], featureTypes: ["float", "c"])
        var margins: [Double] = []
        for row in 0..<600 {
            let values: [Float] = [Float(row % 10), Float(row % 3)]
            margins.append(Double(try forest.margin(of: values.span)))
        }
        var card = ModelCard(name: "small <b>model</b>")
        card.dataSHA256 = hash
        card.leftOut = [
            ModelCard.LeftOut(column: "closed_on", reason: "leakage: filled only for \"won\" & dated later")
        ]
        let reference = ReferenceQuantiles(margins: margins)
        let parts = ModelArtifact.Parts(
            kind: .learned,
            schema: .table(
                TableSchema(columns: [
                    TableColumn(name: "visits", kind: .number(.point), range: 0...9, missingShare: 0),
                    TableColumn(
                        name: column, kind: .category, vocabulary: ["web", "phone", "referral"], missingShare: 0),
                ])),
            calibration: Calibration(
                slope: 1, intercept: 0,
                covariance: Calibration.Covariance(slopeSlope: 0.01, slopeIntercept: 0, interceptIntercept: 0.01),
                refitVariance: nil, bands: [], positives: 200, count: 600),
            reference: reference, hotCutLogOdds: reference.margin(atScore: 80),
            support: [
                FeatureSupport(meanAbsoluteContribution: 0.8, missingShare: 0),
                FeatureSupport(meanAbsoluteContribution: 0.4, missingShare: 0),
            ],
            distributions: [
                ReferenceDistribution(numbers: (0..<600).map { Float($0 % 10) }),
                ReferenceDistribution(levels: (0..<600).map { Float($0 % 3) }),
            ], card: card)
        return try ModelArtifact(forest: forest, parts: parts)
    }

    /// Rows that come true as the model says; `group` b has fewer visits. Header: when,visits,COLUMN,group,won.
    static func table(rows: Int, column: String = "channel", seed: UInt64 = 5) throws -> String {
        let artifact = try artifact()
        var generator = SplitMix64(seed: seed)
        var lines = ["when,visits,\(quoted(column)),group,won"]
        for row in 0..<rows {
            let isFirst = row % 2 == 0
            let visits = isFirst ? generator.index(below: 10) : generator.index(below: 7)
            let channel = generator.index(below: 3)
            let values: [Float] = [Float(visits), Float(channel)]
            let chance = 1 / (1 + exp(-Double(try artifact.forest.margin(of: values.span))))
            let isWon = Double.random(in: 0..<1, using: &generator) < chance
            let group = row % 50 == 49 ? "" : row % 97 == 0 ? "rare" : isFirst ? "a" : "b"
            lines.append(
                [
                    "2026-0\(1 + row * 6 / rows)-1\(row % 10)", "\(visits)", ["web", "phone", "referral"][channel],
                    group,
                    isWon ? "yes" : "no",
                ].joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func quoted(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }
}

/// A file of a test, gone with it.
final class TemporaryTable {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).csv").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
