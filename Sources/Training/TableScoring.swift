import Forest
public import Leads
public import Learning

/// `score`: every row of a table with its four figures behind it, in order, every input column kept byte for byte.
public enum TableScoring {
    /// The columns that are added.
    public static let columns = ["conversion_probability", "ml_score", "classification", "ml_confidence"]

    /// What became of a run.
    public struct Summary: Sendable {
        public var rows = 0
        public var byClass: [Classification: Int] = [:]
        public var warnings: [String] = []
    }

    /// Streams `path` into `sink` with the file's own delimiter. `progress` gets the bytes read, and the bytes in all where
    /// known.
    ///
    /// - Throws: ``TableError``; `invalidOption` for a model that has no reference to rank against.
    public static func score(
        path: String, artifact: ModelArtifact, thresholds: AgencyProfile.Thresholds = .init(), asOf: Timestamp? = nil,
        into sink: ByteSink, progress: (Int, Int?) -> Void = { _, _ in }
    ) throws(TableError) -> Summary {
        guard artifact.canAssess else {
            throw TableError(
                .invalidOption,
                "this imported model has no reference population, so it has no ml_score and no confidence; import it "
                    + "again with import-model --reference FILE.csv --label COLUMN, or use predict")
        }
        var rows = try ModelRows(path: path, artifact: artifact, asOf: asOf)
        let delimiter = rows.reader.delimiter
        var line = rows.reader.rawHeader
        for column in columns {
            line.append(delimiter)
            line.append(contentsOf: column.utf8)
        }
        line.append(0x0A)
        try sink.write(line)
        var summary = Summary()
        let width = artifact.forest.featureCount
        while let batch = try rows.next() {
            let margins = try artifact.margins(of: batch)
            for index in 0..<batch.count {
                let values = batch.values.span.extracting(index * width..<(index + 1) * width)
                guard
                    let assessment = artifact.assess(
                        exactMargin: margins[index], row: values, outOfRange: batch.outOfRange[index],
                        unseen: batch.unseen[index])
                else { continue }
                let classification: Classification =
                    assessment.mlScore >= thresholds.hot ? .hot : assessment.mlScore >= thresholds.warm ? .warm : .cold
                line = batch.records[index].raw
                line.append(delimiter)
                CSVText.append(assessment.probability, to: &line)
                line.append(delimiter)
                CSVText.append(assessment.mlScore, to: &line)
                line.append(delimiter)
                line.append(contentsOf: classification.rawValue.utf8)
                line.append(delimiter)
                CSVText.append(assessment.confidence, to: &line)
                line.append(0x0A)
                try sink.write(line)
                summary.byClass[classification, default: 0] += 1
            }
            summary.rows += batch.count
            progress(rows.reader.bytesRead, rows.reader.totalBytes)
        }
        summary.warnings = rows.warnings
        return summary
    }
}
