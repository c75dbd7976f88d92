import Dispatch
import Features
import Forest
import Learning

/// One trained state: the data it saw, the folds' verdict, and what it takes to make an artifact of it.
struct FittedModel {
    let task: LearningTask
    let blend: Blend
    let tried: Int
    let moments: RowMoments
    /// What its margins mean, by rows that they weren't fitted to.
    let calibration: CalibrationFit
    private let reference: ReferenceQuantiles

    init(task: LearningTask, blend: Blend, tried: Int, moments: RowMoments, level: Calibration.Level) {
        self.task = task
        self.blend = blend
        self.tried = tried
        self.moments = moments
        let result = blend.result(atLevelOf: task)
        calibration = CalibrationFit(
            margins: result.margins, labels: task.rows.map { task.data.labels[$0] }, stretches: task.stretches,
            level: level, foldMargins: result.foldMargins)
        reference = ReferenceQuantiles(margins: result.margins)
    }

    /// Rows whose SHAP values give the weight of each feature.
    private static let explainedRows = 256
    /// Small forests are grown several times, from other seeds, and averaged; not beyond this many trees in all, because a
    /// score's time grows with them.
    private static let treesForCopies = 400
    private static let maximumCopies = 5

    var cardSettings: [ModelCard.Setting] {
        let pairs: [(String, String)] = [
            ("library", "libxgboost \(XGBoostLibrary.version)"), ("seed", String(task.seed)),
            ("blend", blend.description), ("copies", String(copies)), ("settings_tried", String(tried)),
            ("folds", String(task.foldCount)), ("partitions", String(task.partitions.count)),
        ]
        return pairs.map { ModelCard.Setting(name: $0.0, value: $0.1) }
    }

    private var copies: Int {
        let trees = blend.parts.reduce(0) { sum, part in
            if case .boosted(_, let rounds) = part.member.kind { sum + rounds } else { sum }
        }
        return max(1, min(Self.maximumCopies, Self.treesForCopies / max(1, trees)))
    }

    /// Grows the final forest on all of the task's rows and puts the artifact together; without the weight of each feature
    /// where the artifact is only measured. `distributions` are those of its columns.
    func artifact(
        plan: ColumnPlan, card: ModelCard, distributions: [ReferenceDistribution]? = nil, isExplained: Bool = true
    ) throws(TableError) -> ModelArtifact {
        let calibration = calibration.calibration
        var parts = ModelArtifact.Parts(
            kind: .learned, schema: schema(plan), calibration: calibration, reference: reference,
            hotCutLogOdds: calibration.logOdds(ofMargin: reference.margin(atScore: 80)), distributions: distributions,
            card: card, isPolicyOverridden: plan.isPolicyOverridden)
        do {
            let forest = try forest()
            parts.priorWeight = priorWeight(of: forest)
            if isExplained { parts.support = try support(of: forest) }
            return try ModelArtifact(forest: forest, parts: parts)
        } catch let error as TableError {
            throw error
        } catch {
            throw TableError(.library, "the blend makes no forest: \(error)")
        }
    }

    private func schema(_ plan: ColumnPlan) -> ModelSchema {
        let columns = task.data.columns
        guard plan.isLeadFeatures else {
            return .table(TableSchema(columns: columns, timeColumn: moments.column, timeStyle: plan.timeStyle))
        }
        return .leadFeatures(
            OptimizationPlan(
                masked: Set(Feature.allCases.filter { columns[$0.rawValue].isMasked }),
                ranges: Feature.allCases.map { $0.kind == .numerical ? columns[$0.rawValue].range : nil },
                vocabularies: Feature.allCases.map {
                    $0.kind == .categorical ? columns[$0.rawValue].vocabulary : nil
                }))
    }

    // MARK: The forest

    /// Every part on all rows, its leaves times its weight, in one forest.
    private func forest() throws -> Forest {
        let turns = DispatchSemaphore(value: task.threads)
        var baseMargin = 0.0
        var priorShare = 0.0
        var trees: [Tree] = []
        var jobs: [(forest: FoldForest, rounds: Int, scale: Float)] = []
        for (member, weight) in blend.parts {
            let base = task.base(priorShare: member.priorShare, fittedTo: task.rows)
            baseMargin += weight * base.intercept
            priorShare += weight * member.priorShare
            switch member.kind {
            case .constant: continue
            case .scorecard(let penalty):
                var card = Scorecard(binnings: task.bins.binnings)
                card.fit(
                    codes: task.bins.codes, labels: task.data.labels, rows: task.rows, base: base, penalty: penalty,
                    directions: task.directions)
                baseMargin += weight * card.intercept
                trees += card.trees(
                    scale: weight, codes: task.bins.codes, rows: task.rows, rareLevels: task.data.rareLevels)
            case .boosted(let settings, let rounds):
                for copy in 0..<copies {
                    let forest = FoldForest(
                        task, settings: settings, priorShare: member.priorShare, copy: copy, turns: turns)
                    jobs.append((forest, rounds, Float(weight / Double(copies))))
                }
            }
        }
        for job in jobs { job.forest.worker.start { job.forest.grow(rounds: job.rounds) } }
        for job in jobs { job.forest.worker.wait() }
        for job in jobs {
            if let failure = job.forest.failure { throw failure }
            trees += job.forest.trees.map { $0.scaled(by: job.scale).sending(rareLevels: task.data.rareLevels) }
        }
        if priorShare > 0, let prior = task.prior {
            trees = prior.trees.map { $0.scaled(by: Float(priorShare)) } + trees
        }
        return try Forest(
            trees: trees, featureNames: task.data.columns.map(\.name),
            featureTypes: task.data.columns.map { $0.kind == .category ? "c" : "float" }, baseMargin: Float(baseMargin))
    }

    /// The share of the prior in how far the margins of the rows stand apart: 0 where nothing of it is left, 1 where nothing
    /// else speaks.
    private func priorWeight(of forest: Forest) -> Double {
        let share = blend.parts.reduce(0) { $0 + $1.weight * $1.member.priorShare }
        guard share > 0, let prior = task.prior else { return 0 }
        let sample = task.sample
        var margins = [Float](repeating: 0, count: sample.count)
        var output = margins.mutableSpan
        guard (try? forest.margins(of: task.data.rowMajor(sample).span, rowCount: sample.count, into: &output)) != nil
        else { return 0 }
        let priors = sample.map { share * Double(prior.margins[$0]) }
        let others = zip(margins, priors).map { Double($0) - $1 }
        let (own, learned) = (Self.spread(priors), Self.spread(others))
        // A prior that tells no two rows apart says nothing, but neither does what was learned beside it, if that is so too.
        return own + learned > 0 ? own / (own + learned) : 1
    }

    /// Mean distance from the mean.
    private static func spread(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + abs($1 - mean) } / Double(values.count)
    }

    /// Mean |SHAP| over a sample of the rows, and the share of missing values.
    private func support(of forest: Forest) throws -> [FeatureSupport] {
        let columns = task.data.columns
        let stride = max(1, task.rows.count / Self.explainedRows)
        let sample = Swift.stride(from: 0, to: task.rows.count, by: stride).map { task.rows[$0] }
        let sums = try forest.absoluteContributionSums(ofRows: task.data.rowMajor(sample), count: sample.count)
        return columns.indices.map { column in
            FeatureSupport(
                meanAbsoluteContribution: sums[column] / Double(sample.count),
                missingShare: columns[column].missingShare ?? 0)
        }
    }
}

extension Tree {
    func scaled(by factor: Float) -> Tree {
        var tree = self
        for node in tree.leafValue.indices { tree.leafValue[node] *= factor }
        return tree
    }

    /// Levels that counted as missing in training go where missing goes.
    func sending(rareLevels: [Set<Int>]) -> Tree {
        var tree = self
        for node in 0..<nodeCount where !isLeaf(node) && !defaultLeft[node] {
            guard let categories = categories[node] else { continue }
            let rare = rareLevels[Int(feature[node])].map(Int32.init)
            if !rare.isEmpty { tree.categories[node] = Set(categories).union(rare).sorted() }
        }
        return tree
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
    ///
    /// - Throws: ``TableError/Code/library`` where the rows do not fit the forest.
    package func margins(of batch: ModelRows.Batch) throws(TableError) -> [Double] {
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

    /// Calibrated where the model is, else the forest's own.
    ///
    /// - Throws: ``TableError/Code/invalidOption`` where it predicts no probability of a class.
    package func probability(ofMargin margin: Double) throws(TableError) -> Double {
        if let calibration { return calibration.probability(ofMargin: margin) }
        if let probability = forest.probability(ofMargin: margin) { return probability }
        throw TableError(.invalidOption, "this model predicts no probability of a class: \(forest.objective)")
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
