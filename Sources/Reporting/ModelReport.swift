import Leads
public import Learning
public import Training

/// Everything that a report shows, as figures: ``html()`` and ``json()`` say the same.
///
/// Deterministic: the same file, model and options give the same bytes, whenever and wherever.
public struct ModelReport: Sendable {
    /// The share of the list in the sentence at the top.
    static let headlineStep = 20

    /// The file's name, without its folder.
    public let file: String
    public let label: String
    public let positive: String
    public let rows: Int
    public let positives: Int
    /// Rows that repeat an earlier one byte for byte.
    public let repeatedRows: Int
    /// First and last day; nil without a time column.
    public let window: (from: String, to: String)?
    /// What the reader should know about cells that were not understood.
    public let warnings: [String]
    public let quality: QualityFigures
    public let drift: DriftReport

    let model: ModelArtifact
    let hotFrom: Double
    let curves: Curves
    let reliability: Reliability
    let histogram: ScoreHistogram
    let factors: [Factor]
    let explainedRows: Int
    let source: SliceQuality?
    let months: SliceQuality?
    let impacts: [ImpactTable]
    let baselines: [Baseline]
    let baselineRows: Int

    /// Reads `path` twice (three times with a rival) and computes.
    ///
    /// `progress` gets what is being done, bytes read, and bytes in all where known.
    ///
    /// - Throws: ``TableError``; `trainingRows` where the file is the one that the model was trained on, `invalidLabel`
    ///   where all rows have one outcome.
    public init(
        path: String, artifact: ModelArtifact, options: ReportOptions,
        progress: (String, Int, Int?) -> Void = { _, _, _ in }
    ) throws(TableError) {
        let header = try CSVReader(path: path).header
        let time = options.time ?? Self.timeColumn(of: artifact, in: header)
        let scan = try OutcomeScan(
            path: path, artifact: artifact, label: options.label, positive: options.positive, time: time
        ) { done, total in progress("reading", done, total) }
        let columns = try Self.columns(options, time: time, header: header)
        let rows = try ReportRows(
            path: path, artifact: artifact, options: options, columns: columns, scan: scan, progress: progress)
        progress("measuring", scan.rows, nil)

        file = String(path.split(separator: "/").last ?? "")
        label = options.label
        positive = scan.positive
        self.rows = scan.rows
        positives = scan.positives
        repeatedRows = scan.repeatedRows
        window = rows.window.map {
            (String($0.lowerBound.description.prefix(10)), String($0.upperBound.description.prefix(10)))
        }
        warnings =
            rows.warnings + (rows.undated > 0 ? ["\(rows.undated) rows have no date that can be read"] : [])
        model = artifact
        hotFrom = options.thresholds.hot
        let ranked = RankedRows(probabilities: rows.probabilities, labels: rows.labels)
        quality = QualityFigures(probabilities: rows.probabilities, labels: rows.labels, seed: options.seed)
        curves = Curves(ranked, seed: options.seed)
        reliability = Reliability(ranked)
        histogram = ScoreHistogram(ranked)
        factors = Factor.summary(rows.factors, artifact: artifact)
        explainedRows = rows.factors.count
        drift = rows.drift.report()
        func slice(_ column: SliceColumn?, byMonth: Bool) -> SliceQuality? {
            column.map {
                SliceQuality(
                    $0, byMonth: byMonth, probabilities: rows.probabilities, labels: rows.labels, seed: options.seed)
            }
        }
        source = slice(rows.source, byMonth: false)
        months = slice(rows.months, byMonth: true)
        let inputs = Set(artifact.schema.table(raw: false).columns.filter { !$0.isMasked }.map(\.name))
        impacts = rows.groups.map { group in
            ImpactTable(
                group, isModelInput: inputs.contains(group.name), isHot: rows.isHot,
                probabilities: rows.probabilities, labels: rows.labels,
                drivers: GroupDrivers(rows.factors, column: group, artifact: artifact))
        }
        let rival = options.rival.flatMap { other in rows.rival.map { (other.card.name, $0) } }
        baselines =
            rows.baselines?.baselines(
                probabilities: rows.probabilities, rival: rival, labels: rows.labels, seed: options.seed) ?? []
        baselineRows = rows.baselines?.measured.count ?? 0
    }

    /// Share of the positives among the first tenth, fifth … of the list, with its interval.
    func found(inFirst step: Int) -> (share: Double, interval: ClosedRange<Double>?) {
        (curves.gain.values[step], curves.gain.interval(at: step))
    }

    /// The sentence at the top.
    public var headline: String {
        let (share, interval) = found(inFirst: Self.headlineStep)
        let range = interval.map { " (\(Wording.percent($0)))" } ?? ""
        return "Calling the best \(Self.headlineStep)% first would have found \(Wording.percent(share))\(range) of the "
            + "\(Wording.count(positives)) that closed."
    }

    private static func timeColumn(of artifact: ModelArtifact, in header: [String]) -> String? {
        guard case .table(let table) = artifact.schema, table.timeStyle != nil, let column = table.timeColumn,
            header.contains(column)
        else { return nil }
        return column
    }

    private static let leadSource = "lead_source_type"

    private static func columns(
        _ options: ReportOptions, time: String?, header: [String]
    ) throws(TableError) -> ReportColumns {
        func position(_ name: String) throws(TableError) -> Int {
            if let place = header.firstIndex(of: name) { return place }
            let hint = nearestName(to: name, among: header).map { "; did you mean \"\($0)\"?" } ?? ""
            throw TableError(.unknownColumn, "there is no column \"\(name)\"\(hint)")
        }
        guard !options.groups.contains(options.label), options.source != options.label else {
            throw TableError(.invalidOption, "the label can't be the column to divide by")
        }
        return ReportColumns(
            time: try time.map { name throws(TableError) in try position(name) },
            source: try options.source.map { name throws(TableError) in try position(name) }
                ?? header.firstIndex(of: leadSource),
            groups: try options.groups.map { name throws(TableError) in try position(name) })
    }
}
