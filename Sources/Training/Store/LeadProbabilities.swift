import Features
import Learning

/// What a model says of leads whose features were stored: the same bits as serving them.
enum LeadProbabilities {
    /// - Throws: `invalidOption` for a model that reads the team's own table, or that gives no probability.
    static func of(_ rows: [LabelledCohort.Row], by artifact: ModelArtifact) throws(TableError) -> [Double] {
        guard case .leadFeatures(let plan) = artifact.schema else {
            throw TableError(
                .invalidOption,
                "the model \(artifact.version) reads columns of its own, not the 28 features: stored leads can't be "
                    + "scored with it")
        }
        var probabilities: [Double] = []
        probabilities.reserveCapacity(rows.count)
        for row in rows {
            let optimized = optimizeFeatures(row.features, plan: plan)
            let values = (0..<FeatureVector.count).map { optimized.row[$0] }
            let margin = try artifact.margins(ofRows: values, count: 1)[0]
            let assessment = artifact.assess(
                margin: margin, row: values.span, outOfRange: optimized.clamped.map(\.rawValue),
                unseen: optimized.unseen.map(\.rawValue))
            guard let assessment else {
                throw TableError(
                    .invalidOption, "the model \(artifact.version) has no reference population, so it scores no leads")
            }
            probabilities.append(assessment.probability)
        }
        return probabilities
    }
}
