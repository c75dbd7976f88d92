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
                let range = index * width..<(index + 1) * width
                line.removeAll(keepingCapacity: true)
                do {
                    var output = contributions.mutableSpan
                    switch artifact.forest.precision {
                    case .single:
                        let row = batch.values.span.extracting(range)
                        let margin = try artifact.forest.explain(row, into: &output, scratch: scratch)
                        append(margin, of: artifact, to: &line)
                    case .double:
                        let row = batch.exact.span.extracting(range)
                        let margin = try artifact.forest.explain(row, into: &output, scratch: scratch)
                        append(margin, of: artifact, to: &line)
                    }
                } catch {
                    throw TableError(.library, "this model can't be explained: \(error)")
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

    /// Margin and probability, in the width that the library has them.
    private static func append(_ margin: Float, of artifact: ModelArtifact, to line: inout [UInt8]) {
        CSVText.append(margin, to: &line)
        line.append(0x2C)
        if let calibration = artifact.calibration {
            CSVText.append(calibration.probability(ofMargin: Double(margin)), to: &line)
        } else if let probability = artifact.forest.objective.probability(ofMargin: margin) {
            CSVText.append(probability, to: &line)
        }
    }

    private static func append(_ margin: Double, of artifact: ModelArtifact, to line: inout [UInt8]) {
        CSVText.append(margin, to: &line)
        line.append(0x2C)
        if let calibration = artifact.calibration {
            CSVText.append(calibration.probability(ofMargin: margin), to: &line)
        } else if let probability = artifact.forest.probability(ofMargin: margin) {
            CSVText.append(probability, to: &line)
        }
    }
}
