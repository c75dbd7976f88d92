import Forest
public import Leads
public import Learning

/// `evaluate`: the measures of a model on rows that it was not trained on.
public enum TableEvaluation {
    /// Measures on the rows of `path`. `positive` is the label's value that counts; nil takes the one that the model was
    /// trained for. `progress` gets the bytes read, and the bytes in all where known.
    ///
    /// - Throws: ``TableError``; `trainingRows` where the file is the one that the model was trained on.
    public static func evaluate(
        path: String, artifact: ModelArtifact, label: String, positive: String? = nil, asOf: Timestamp? = nil,
        seed: UInt64 = 1, progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) -> (figures: QualityFigures, positive: String, warnings: [String]) {
        let table = try RawTable(path: path, progress: progress)
        guard table.sha256 != artifact.card.dataSHA256 else { throw TableError.trainedOnTheseRows }
        let trained = artifact.card.label == label ? artifact.card.positive : nil
        let (labels, chosen) = try LabelReader.labels(of: table, column: label, positive: positive ?? trained)
        var rows = try ModelRows(path: path, artifact: artifact, asOf: asOf)
        var probabilities: [Double] = []
        probabilities.reserveCapacity(table.rowCount)
        while let batch = try rows.next() {
            for margin in try artifact.margins(of: batch) {
                probabilities.append(try artifact.probability(ofMargin: margin))
            }
        }
        let figures = QualityFigures(probabilities: probabilities, labels: labels, seed: seed)
        return (figures, chosen, rows.warnings)
    }
}
