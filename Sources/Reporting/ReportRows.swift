import Forest
import Leads
import Learning
import Training

/// Where the columns that a report slices by stand in the file.
struct ReportColumns {
    var time: Int?
    var source: Int?
    var groups: [Int]
}

/// What a report keeps of a table's rows: 10 bytes a row, one more for each column to slice by, and samples of bounded
/// size.
struct ReportRows {
    private(set) var probabilities: [Double] = []
    private(set) var labels: [Bool] = []
    private(set) var isHot: [Bool] = []
    /// Probabilities of the model to compare with.
    private(set) var rival: [Double]?
    private(set) var factors: FactorSample
    private(set) var drift: DriftWindow
    private(set) var baselines: BaselineRows?
    private(set) var source: SliceColumn?
    private(set) var months: SliceColumn?
    private(set) var groups: [SliceColumn] = []
    private(set) var window: ClosedRange<Timestamp>?
    /// Rows whose time can't be read.
    private(set) var undated = 0
    private(set) var warnings: [String] = []

    private let artifact: ModelArtifact
    private let columns: ReportColumns
    private let scan: OutcomeScan
    private let hotFrom: Double
    private let scratch: ShapScratch

    /// Reads every row of the table that `scan` went over.
    init(
        path: String, artifact: ModelArtifact, options: ReportOptions, columns: ReportColumns, scan: OutcomeScan,
        progress: (String, Int, Int?) -> Void
    ) throws(TableError) {
        self.artifact = artifact
        self.columns = columns
        self.scan = scan
        hotFrom = options.thresholds.hot
        scratch = artifact.forest.makeScratch()
        factors = FactorSample(artifact, rows: scan.rows)
        drift = DriftWindow(artifact)
        baselines = BaselineRows(artifact, rows: scan.rows)
        source = columns.source.map { SliceColumn(name: scan.header[$0]) }
        months = columns.time.map { SliceColumn(name: scan.header[$0]) }
        groups = columns.groups.map { SliceColumn(name: scan.header[$0]) }
        probabilities.reserveCapacity(scan.rows)
        labels.reserveCapacity(scan.rows)
        var rows = try ModelRows(path: path, artifact: artifact, asOf: options.asOf)
        while let batch = try rows.next() {
            let margins = try artifact.margins(of: batch)
            for row in 0..<batch.count { try take(batch, row, margin: margins[row]) }
            progress("scoring", rows.reader.bytesRead, rows.reader.totalBytes)
        }
        warnings = rows.warnings
        if artifact.reference == nil { markHottest() }
        if let other = options.rival {
            rival = try Self.probabilities(path: path, artifact: other, asOf: options.asOf)
        }
    }

    private mutating func take(_ batch: ModelRows.Batch, _ row: Int, margin: Double) throws(TableError) {
        let width = artifact.forest.featureCount
        let values = batch.values.span.extracting(row * width..<(row + 1) * width)
        let record = batch.records[row]
        let number = labels.count
        let isPositive = CellText.trimmed(record.cells[scan.labelPosition]) == scan.positive[...]
        labels.append(isPositive)
        probabilities.append(try artifact.probability(ofMargin: margin))
        drift.add(row: values, margin: Float(margin), unseen: batch.unseen[row])
        baselines?.add(row: values, number: number, isPositive: isPositive)
        if factors.takes(row: number) {
            try factors.add(row: values, number: number, forest: artifact.forest, scratch: scratch)
        }
        if let reference = artifact.reference {
            isHot.append(reference.score(ofMargin: margin) >= hotFrom)
        }
        if let position = columns.source { source?.append(record.cells[position]) }
        for (place, position) in columns.groups.enumerated() { groups[place].append(record.cells[position]) }
        if let position = columns.time { takeTime(record.cells[position]) }
    }

    private mutating func takeTime(_ cell: Substring) {
        guard let moment = scan.timeStyle?.timestamp(of: CellText.trimmed(cell)) else {
            months?.append("")
            undated += 1
            return
        }
        months?.append(moment.description.prefix(7))
        window = window.map { min($0.lowerBound, moment)...max($0.upperBound, moment) } ?? moment...moment
    }

    /// Without a reference to rank against, the highest fifth of the file is what would be called hot.
    private mutating func markHottest() {
        let order = probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        isHot = Array(repeating: false, count: order.count)
        for row in order.prefix(order.count / 5) { isHot[row] = true }
    }

    private static func probabilities(
        path: String, artifact: ModelArtifact, asOf: Timestamp?
    ) throws(TableError) -> [Double] {
        var rows = try ModelRows(path: path, artifact: artifact, asOf: asOf)
        var probabilities: [Double] = []
        while let batch = try rows.next() {
            for margin in try artifact.margins(of: batch) {
                probabilities.append(try artifact.probability(ofMargin: margin))
            }
        }
        return probabilities
    }
}
