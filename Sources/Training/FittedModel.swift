import Features
import Forest
import Learning

/// One trained state: the data it saw, the folds' verdict, and what it takes to make an artifact of it.
struct FittedModel {
    let data: EncodedTable
    /// Rows of `data` behind the forest.
    let rows: [Int]
    let settings: BoosterSettings
    let cross: CrossValidation.Result
    let tried: Int
    let seed: UInt64
    let moments: RowMoments

    /// Rows whose SHAP values give the weight of each feature.
    private static let explainedRows = 2_000

    var cardSettings: [ModelCard.Setting] {
        let pairs: [(String, String)] = [
            ("library", "libxgboost \(XGBoostLibrary.version)"), ("seed", String(seed)),
            ("rounds", String(cross.rounds)), ("depth", String(settings.depth)), ("eta", String(settings.learningRate)),
            ("subsample", String(settings.subsample)), ("colsample_bytree", String(settings.columnSample)),
            ("min_child_weight", String(settings.minimumChildWeight)), ("lambda", String(settings.l2)),
            ("categories", settings.partitionsCategories ? "partitioned" : "ordered by rate"),
            ("settings_tried", String(tried)), ("folds", String(cross.foldMargins.count)),
        ]
        return pairs.map { ModelCard.Setting(name: $0.0, value: $0.1) }
    }

    /// Grows the final forest on all of `rows` and puts the artifact together.
    func artifact(plan: ColumnPlan, card: ModelCard) throws(TableError) -> ModelArtifact {
        let calibration = Calibration(
            fitting: cross.margins, labels: rows.map { data.labels[$0] }, foldMargins: cross.foldMargins)
        let reference = ReferenceQuantiles(margins: cross.margins)
        var parts = ModelArtifact.Parts(
            kind: .learned, schema: schema(plan), calibration: calibration, reference: reference,
            hotCutLogOdds: calibration.logOdds(ofMargin: reference.margin(atScore: 80)), card: card,
            isPolicyOverridden: plan.isPolicyOverridden)
        do {
            let forestBytes = try grow()
            let forest = try Forest(xgboost: forestBytes)
            parts.support = try support(of: forest)
            return try ModelArtifact(forestBytes: forestBytes, parts: parts)
        } catch let error as TableError {
            throw error
        } catch {
            throw TableError(.library, "the trained forest can't be read back: \(error)")
        }
    }

    private func schema(_ plan: ColumnPlan) -> ModelSchema {
        guard plan.isLeadFeatures else {
            return .table(
                TableSchema(columns: data.columns, timeColumn: moments.column, timeStyle: plan.timeStyle))
        }
        return .leadFeatures(
            OptimizationPlan(
                masked: Set(Feature.allCases.filter { data.columns[$0.rawValue].isMasked }),
                ranges: Feature.allCases.map { $0.kind == .numerical ? data.columns[$0.rawValue].range : nil },
                vocabularies: Feature.allCases.map {
                    $0.kind == .categorical ? data.columns[$0.rawValue].vocabulary : nil
                }))
    }

    private func grow() throws(TableError) -> [UInt8] {
        let isCategory = data.categoryFlags(settings)
        // The vocabularies stand in the order of the rate among these rows already: no rank is needed.
        let matrix = try data.matrix(rows, ranks: data.columns.map { _ in nil }, isCategory: isCategory)
        let booster = try XGBoostBooster(
            training: matrix, validation: nil,
            parameters: settings.parameters(seed: seed, threads: 1, baseRate: data.baseRate(of: rows)))
        for _ in 0..<cross.rounds { try booster.boost() }
        try booster.setFeatureNames(data.columns.map(\.name))
        try booster.setFeatureTypes(isCategory.map { $0 ? "c" : "float" })
        return try booster.json()
    }

    /// Mean |SHAP| over a sample of the rows, and the share of missing values.
    private func support(of forest: Forest) throws -> [FeatureSupport] {
        let width = data.columns.count
        let stride = max(1, rows.count / Self.explainedRows)
        let sample = Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
        let values = data.rowMajor(sample, ranks: data.columns.map { _ in nil })
        let sums = try forest.absoluteContributionSums(ofRows: values, count: sample.count)
        return (0..<width).map { column in
            FeatureSupport(
                meanAbsoluteContribution: sums[column] / Double(sample.count),
                missingShare: data.columns[column].missingShare ?? 0)
        }
    }
}

extension Forest {
    /// Σ |SHAP| of each feature over rows given row after row.
    func absoluteContributionSums(ofRows values: [Float], count: Int) throws(ForestError) -> [Double] {
        var sums = [Double](repeating: 0, count: featureCount)
        var contributions = sums
        let scratch = makeScratch()
        for row in 0..<count {
            let span = values.span.extracting(row * featureCount..<(row + 1) * featureCount)
            var output = contributions.mutableSpan
            _ = try explain(span, into: &output, scratch: scratch)
            for feature in sums.indices { sums[feature] += abs(contributions[feature]) }
        }
        return sums
    }
}

extension ModelArtifact {
    /// Margins of a batch of rows, from Doubles where the forest compares Doubles.
    func margins(of batch: ModelRows.Batch) throws(TableError) -> [Double] {
        guard forest.precision == .double else {
            return try margins(ofRows: batch.values, count: batch.count).map(Double.init)
        }
        var margins = [Double](repeating: 0, count: batch.count)
        do {
            var output = margins.mutableSpan
            try forest.margins(of: batch.exact.span, rowCount: batch.count, into: &output)
        } catch {
            throw TableError(.library, "the forest can't read these rows: \(error)")
        }
        return margins
    }

    /// Margins of rows given row after row in model order.
    func margins(ofRows values: [Float], count: Int) throws(TableError) -> [Float] {
        var margins = [Float](repeating: 0, count: count)
        do {
            var output = margins.mutableSpan
            try forest.margins(of: values.span, rowCount: count, into: &output)
        } catch {
            throw TableError(.library, "the forest can't read these rows: \(error)")
        }
        return margins
    }
}
