import Features
import Forest
import Learning

/// A small model of two columns with everything an artifact can hold.
enum ArtifactFactory {
    static func parts(kind: ModelArtifact.Kind = .learned) -> ModelArtifact.Parts {
        var card = ModelCard(name: "small \"model\"")
        card.label = "won"
        card.positive = "yes"
        card.rows = 100
        card.positives = 40
        card.windowFrom = "2025-01-01"
        card.dataSHA256 = String(repeating: "0f", count: 32)
        card.holdout = ModelCard.Holdout(
            kind: .newest,
            figures: QualityFigures(
                probabilities: (0..<40).map { Double($0) / 40 }, labels: (0..<40).map { $0 % 3 == 0 }, seed: 1))
        card.leftOut = [ModelCard.LeftOut(column: "age", reason: "policy")]
        card.settings = [ModelCard.Setting(name: "seed", value: "1")]
        card.notes = ["a note"]
        let margins = (0..<100).map { Double($0) / 25 - 2 }
        let calibration = Calibration(
            fitting: margins, labels: margins.map { $0 > 0.3 }, foldMargins: [margins, margins.map { $0 + 0.2 }])
        return ModelArtifact.Parts(
            kind: kind,
            schema: .table(
                TableSchema(
                    columns: [
                        TableColumn(name: "visits", kind: .number(.point), range: 0...10, missingShare: 0.1),
                        TableColumn(name: "channel", kind: .category, vocabulary: ["web", "phone"], missingShare: 0.6),
                    ], timeColumn: "at", timeStyle: .iso)),
            calibration: calibration, reference: ReferenceQuantiles(margins: margins),
            hotCutLogOdds: calibration.logOdds(ofMargin: 1.2),
            support: [
                FeatureSupport(meanAbsoluteContribution: 0.75, missingShare: 0.1),
                FeatureSupport(meanAbsoluteContribution: 0.25, missingShare: 0.6),
            ], card: card, isPolicyOverridden: true, priorWeight: 0.25)
    }

    static func forest() throws -> Forest {
        try Forest(
            trees: [
                .stump(
                    feature: 0, threshold: 3, defaultLeft: true, left: -0.5, right: 0.75, leftCover: 60, rightCover: 40),
                .categoricalStump(
                    feature: 1, rightCategories: [1], defaultLeft: false, left: -0.25, right: 0.5, leftCover: 50,
                    rightCover: 50),
            ], featureNames: ["visits", "channel"], featureTypes: ["float", "c"])
    }

    static func artifact() throws -> ModelArtifact { try ModelArtifact(forest: forest(), parts: parts()) }

    static func leadParts() -> ModelArtifact.Parts {
        let ranges = Feature.allCases.map { $0.kind == .numerical ? 0.0...9.0 : nil }
        return ModelArtifact.Parts(
            kind: .imported,
            schema: .leadFeatures(
                OptimizationPlan(
                    ranges: ranges,
                    vocabularies: Feature.allCases.map { $0 == .timelineCategory ? ["flexible", "immediate"] : nil })),
            assumed: AssumedUncertainty(missingVariances: (0..<28).map { Double($0) / 100 }), card: ModelCard(name: "m")
        )
    }
}
