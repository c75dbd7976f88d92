import Features
import Forest
import Foundation
public import Learning

/// `import-model`: a model that another library trained, as an artifact of ours. Its numbers stay its own.
public enum ModelImport {
    /// No model file beyond this is read.
    static let maximumBytes = 256 << 20

    /// Reads XGBoost JSON or UBJSON, or LightGBM text, from `path`.
    ///
    /// `reference` holds rows of the population that the model will score: they give `ml_score`, ranges and support. `label`
    /// is a column of it that says what came true: it gives the calibration, and the rows should not be those that the
    /// model was trained on.
    public static func artifact(
        path: String, name: String, reference: String? = nil, label: String? = nil, positive: String? = nil
    ) throws(TableError) -> ModelArtifact {
        guard reference != nil || label == nil else {
            throw TableError(.invalidOption, "--label is a column of --reference, which is not given")
        }
        let bytes = try read(path)
        let isLightGBM = bytes.starts(with: Array("tree\n".utf8)) || bytes.starts(with: Array("tree\r\n".utf8))
        let forest: Forest
        do {
            forest = try Forest(file: bytes)
        } catch {
            let expected = isLightGBM ? "LightGBM text model" : "XGBoost model in JSON or UBJSON, nor LightGBM text,"
            throw TableError(.unreadable, "\(path) is no \(expected) that can be used: \(error)")
        }
        var card = ModelCard(name: name)
        card.settings = [
            ModelCard.Setting(name: "imported_from", value: isLightGBM ? "LightGBM" : "XGBoost"),
            ModelCard.Setting(name: "objective", value: forest.objective.rawValue),
            ModelCard.Setting(name: "trees", value: String(forest.treeCount)),
        ]
        card.notes = ["Imported: how it was trained, on what rows and how good it is was not measured here."]
        let parts = ModelArtifact.Parts(kind: .imported, schema: schema(of: forest), card: card)
        let plain = try sealed(bytes, parts)
        guard let reference else { return plain }
        guard label != nil || forest.objective.isLogistic else {
            throw TableError(
                .invalidOption,
                "the objective \(forest.objective.rawValue) predicts no probability: --label with the --reference makes one"
            )
        }
        return try referenced(plain, parts: parts, reference: reference, label: label, positive: positive)
    }

    private static func sealed(_ bytes: [UInt8], _ parts: ModelArtifact.Parts) throws(TableError) -> ModelArtifact {
        do {
            return try ModelArtifact(forestBytes: bytes, parts: parts)
        } catch {
            throw TableError(.unreadable, error.description)
        }
    }

    private static func read(_ path: String) throws(TableError) -> [UInt8] {
        let source = try ByteSource(path: path)
        var bytes: [UInt8] = []
        while true {
            let chunk = try source.read()
            guard !chunk.isEmpty else { return bytes }
            bytes += chunk
            guard bytes.count <= maximumBytes else {
                throw TableError(.tooLarge, "\(path) is larger than 256 MiB, which no model file here needs")
            }
        }
    }

    /// The 28 features of a lead where the names are those, or there are exactly 28 without names.
    static func schema(of forest: Forest) -> ModelSchema {
        let leads = Feature.allCases.map(\.name)
        let vocabularies =
            forest.categoryNames.isEmpty
            ? [[String]?](repeating: nil, count: forest.featureCount) : forest.categoryNames
        if forest.featureNames == leads || forest.featureNames.isEmpty && forest.featureCount == leads.count {
            return .leadFeatures(OptimizationPlan(vocabularies: vocabularies))
        }
        let names = forest.featureNames.isEmpty ? (0..<forest.featureCount).map { "f\($0)" } : forest.featureNames
        return .table(
            TableSchema(
                columns: names.enumerated().map { index, name in
                    let isCategory = index < forest.featureTypes.count && forest.featureTypes[index] == "c"
                    let vocabulary = vocabularies[index] ?? []
                    // Beside names that are numbers a code would be taken for a name, and a name for a code.
                    return TableColumn(
                        name: name, kind: isCategory ? .category : .number(.point), vocabulary: vocabulary,
                        acceptsCodes: !vocabulary.contains { Double($0) != nil })
                }))
    }

    /// With quantiles, ranges and support from the reference rows, and the calibration from their labels.
    private static func referenced(
        _ plain: ModelArtifact, parts: ModelArtifact.Parts, reference path: String, label: String?, positive: String?
    ) throws(TableError) -> ModelArtifact {
        let width = plain.forest.featureCount
        var rows = try ModelRows(path: path, artifact: plain)
        var margins: [Double] = []
        var missing = [Int](repeating: 0, count: width)
        var ranges = [(low: Float, high: Float)](repeating: (.infinity, -.infinity), count: width)
        var sums = [Double](repeating: 0, count: width)
        var explained = 0
        var sample = ReferenceSample(width: width)
        while let batch = try rows.next() {
            margins += try plain.margins(of: batch)
            for (index, value) in batch.values.enumerated() {
                let column = index % width
                if value.isNaN { missing[column] += 1 }
                if value.isFinite {
                    ranges[column] = (min(ranges[column].low, value), max(ranges[column].high, value))
                }
            }
            for row in 0..<batch.count {
                sample.add(
                    row: batch.values.span.extracting(row * width..<(row + 1) * width), unseen: batch.unseen[row])
            }
            // The first rows stand for all in the weights of the features: exact SHAP of a million rows would take long.
            guard explained < 4_096 else { continue }
            do {
                let batchSums = try plain.forest.absoluteContributionSums(ofRows: batch.values, count: batch.count)
                for column in 0..<width { sums[column] += batchSums[column] }
            } catch {
                throw TableError(.library, "this model can't be explained: \(error)")
            }
            explained += batch.count
        }
        guard margins.count >= 20 else {
            throw TableError(.notEnoughData, "a reference needs at least 20 rows; \(path) has \(margins.count)")
        }
        var parts = parts
        let quantiles = ReferenceQuantiles(margins: margins)
        parts.reference = quantiles
        parts.support = (0..<width).map { column in
            FeatureSupport(
                meanAbsoluteContribution: sums[column] / Double(explained),
                missingShare: Double(missing[column]) / Double(margins.count))
        }
        parts.distributions = sample.distributions(isCategory: parts.schema.codedFeatures)
        parts.schema = ranged(parts.schema, ranges, missing: missing, rows: margins.count)
        let cut = quantiles.margin(atScore: 80)
        if let label {
            let table = try RawTable(path: path)
            let (labels, chosen) = try LabelReader.labels(of: table, column: label, positive: positive)
            let calibration = Calibration(fitting: margins, labels: labels)
            parts.calibration = calibration
            parts.hotCutLogOdds = calibration.logOdds(ofMargin: cut)
            parts.card.label = label
            parts.card.positive = chosen
            parts.card.notes.append(
                "Calibrated on \(labels.count) reference rows with \(calibration.positives) positives; if the model was "
                    + "trained on these rows, its probabilities are too sure of themselves.")
        } else {
            parts.assumed = AssumedUncertainty(missingVariances: Array(repeating: 0, count: width))
            parts.hotCutLogOdds = plain.forest.logOdds(ofMargin: cut) ?? cut
            parts.card.notes.append(
                "Not calibrated: probabilities are the model's own, and confidence and interval rest on an assumed error "
                    + "of 0.3 and an unknown base rate of 0.7 log-odds. import-model --label measures them.")
        }
        return try sealed(plain.forestBytes, parts)
    }

    private static func ranged(
        _ schema: ModelSchema, _ ranges: [(low: Float, high: Float)], missing: [Int], rows: Int
    ) -> ModelSchema {
        func range(_ column: Int) -> ClosedRange<Double>? {
            let (low, high) = ranges[column]
            return low <= high ? Double(low)...Double(high) : nil
        }
        switch schema {
        case .leadFeatures(var plan):
            // Out of range is reported by clamping, and trees are constant beyond the outermost thresholds only where the
            // range holds them all, which nobody promised for an imported model: no clamps, so the numbers stay its own.
            plan.ranges = plan.ranges.map { _ in nil }
            return .leadFeatures(plan)
        case .table(var table):
            for column in table.columns.indices {
                if case .number = table.columns[column].kind { table.columns[column].range = range(column) }
                table.columns[column].missingShare = Double(missing[column]) / Double(rows)
            }
            return .table(table)
        }
    }
}
