import Forest
public import Leads
public import Learning

/// `predict`: the model's own figures for every row, with exact SHAP values, as the library that made it gives them.
public enum TablePrediction {
    /// Streams `path` into `sink`: `margin`, `probability`, `base_value`, then one SHAP column a feature.
    ///
    /// The probability is the calibrated one where the model has a calibration, else the objective's own, and empty for an
    /// objective that has none. `progress` gets the bytes read, and the bytes in all where known.
    public static func predict(
        path: String, artifact: ModelArtifact, asOf: Timestamp? = nil, into sink: ByteSink,
        progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) -> (rows: Int, warnings: [String]) {
        var rows = try ModelRows(path: path, artifact: artifact, asOf: asOf)
        var line = Array("margin,probability,base_value".utf8)
        for name in artifact.schema.featureNames {
            line.append(0x2C)
            CSVText.append(name, to: &line)
        }
        line.append(0x0A)
        try sink.write(line)
        let width = artifact.forest.featureCount
        let scratch = artifact.forest.makeScratch()
        var contributions = [Double](repeating: 0, count: width)
        var count = 0
        while let batch = try rows.next() {
            for index in 0..<batch.count {
                let values = batch.values.span.extracting(index * width..<(index + 1) * width)
                let margin: Float
                do {
                    var output = contributions.mutableSpan
                    margin = try artifact.forest.explain(values, into: &output, scratch: scratch)
                } catch {
                    throw TableError(.library, "this model can't be explained: \(error)")
                }
                line.removeAll(keepingCapacity: true)
                CSVText.append(margin, to: &line)
                line.append(0x2C)
                if let calibration = artifact.calibration {
                    CSVText.append(calibration.probability(ofMargin: Double(margin)), to: &line)
                } else if let probability = artifact.forest.objective.probability(ofMargin: margin) {
                    CSVText.append(probability, to: &line)
                }
                line.append(0x2C)
                CSVText.append(artifact.forest.baseValue, to: &line)
                for contribution in contributions {
                    line.append(0x2C)
                    CSVText.append(contribution, to: &line)
                }
                line.append(0x0A)
                try sink.write(line)
            }
            count += batch.count
            progress(rows.reader.bytesRead, rows.reader.totalBytes)
        }
        return (count, rows.warnings)
    }
}
