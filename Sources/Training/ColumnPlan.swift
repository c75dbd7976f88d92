import Features
public import Learning

/// Which columns a model may learn from and why the others are left out.
public struct ColumnPlan: Sendable {
    public struct Column: Sendable {
        public let name: String
        /// In the raw table.
        public let position: Int
        public let kind: InferredKind
        /// nil: the model uses it.
        public let leftOut: String?
        /// A verdict of policy or of the leakage check that `--allow` has overridden.
        public let overridden: String?
        /// Rows without a value.
        public let missing: Int
        public let distinct: Int
    }

    public let columns: [Column]
    public let labelPosition: Int
    public let timePosition: Int?
    public let timeStyle: DateStyle?
    /// The columns are the 28 features of a lead.
    public let isLeadFeatures: Bool

    public var used: [Column] { columns.filter { $0.leftOut == nil } }
    public var isPolicyOverridden: Bool { columns.contains { $0.overridden != nil && $0.leftOut == nil } }

    init(
        columns: [Column], labelPosition: Int, timePosition: Int?, timeStyle: DateStyle?, isLeadFeatures: Bool
    ) {
        self.columns = columns
        self.labelPosition = labelPosition
        self.timePosition = timePosition
        self.timeStyle = timeStyle
        self.isLeadFeatures = isLeadFeatures
    }

    /// Judges every column of `table`.
    ///
    /// - Throws: ``TableError`` when a named column doesn't exist, the time column holds no moments, or nothing is left.
    public init(table: RawTable, labels: [Bool], options: TrainingOptions) throws(TableError) {
        let label = try table.position(of: options.label)
        for name in options.exclude.sorted() + options.allow.names.sorted() { _ = try table.position(of: name) }
        let time = try options.time.map { name throws(TableError) in try table.position(of: name) }
        if let time { timeStyle = try Self.timeStyle(of: table.columns[time]) } else { timeStyle = nil }
        let names = Set(table.names)
        let isLeadFeatures = Feature.allCases.allSatisfy { names.contains($0.name) }

        var columns: [Column] = []
        for (position, column) in table.columns.enumerated() {
            let kind = ColumnInference.kind(of: column)
            var judge = Judge(column: column, kind: kind, options: options)
            if position == label {
                judge.leftOut = "the label"
            } else if position == time {
                judge.leftOut = "the time that orders the rows"
            } else if options.exclude.contains(column.name) {
                judge.leftOut = "excluded by name"
            } else if isLeadFeatures {
                judge.judgeLeadFeature()
            } else if let reason = kind.dropReason {
                judge.leftOut = reason
            } else {
                judge.judgePolicy()
                judge.judgeLeakage(labels: labels)
            }
            columns.append(judge.verdict(position: position))
        }
        self.columns = columns
        labelPosition = label
        timePosition = time
        self.isLeadFeatures = isLeadFeatures
        guard columns.contains(where: { $0.leftOut == nil }) else {
            throw TableError(.notEnoughData, "no column is left to learn from; see the reasons above")
        }
    }

    private static func timeStyle(of column: RawTable.Column) throws(TableError) -> DateStyle? {
        switch ColumnInference.kind(of: column) {
        case .date(let style): return style
        case .number, .identifier: return nil  // a year, a sequence number, seconds since 1970: ordered as numbers
        default:
            throw TableError(
                .invalidOption, "--time \(column.name) holds neither dates nor numbers, so it can't order the rows")
        }
    }
}

/// The verdict on one column in the making.
private struct Judge {
    let column: RawTable.Column
    let kind: InferredKind
    let options: TrainingOptions
    var leftOut: String?
    var overridden: String?

    init(column: RawTable.Column, kind: InferredKind, options: TrainingOptions) {
        self.column = column
        self.kind = kind
        self.options = options
    }

    mutating func judgeLeadFeature() {
        guard let feature = Feature(name: column.name) else {
            leftOut = "not one of the 28 features of a lead, which this table holds"
            return
        }
        // The schema of leads can't be overridden, so --allow is not asked.
        switch FeaturePolicy.standard.verdict(for: feature) {
        case .allowed: break
        case .proxy(let reason): leftOut = "masked, a proxy: \(reason)"
        case .blocked(let reason): leftOut = "masked by policy: \(reason)"
        }
    }

    mutating func judgePolicy() {
        switch FeaturePolicy.standard.verdict(column: column.name, sample: Array(column.texts.prefix(100))) {
        case .allowed: break
        case .proxy(let reason): stop("policy, a proxy: \(reason)")
        case .blocked(let reason): stop("policy: \(reason)")
        }
    }

    mutating func judgeLeakage(labels: [Bool]) {
        guard leftOut == nil, let reason = LeakageCheck.reason(column: column, kind: kind, labels: labels) else {
            return
        }
        stop("leakage: \(reason)")
    }

    private mutating func stop(_ reason: String) {
        if options.allow.contains(column.name) { overridden = reason } else { leftOut = reason }
    }

    func verdict(position: Int) -> ColumnPlan.Column {
        let missingCodes = Set(
            column.texts.indices.filter { MissingSpelling.isMissing(column.texts[$0]) }.map { Int32($0) })
        return ColumnPlan.Column(
            name: column.name, position: position, kind: kind, leftOut: leftOut, overridden: overridden,
            missing: missingCodes.isEmpty ? 0 : column.codes.count { missingCodes.contains($0) },
            distinct: column.texts.count - missingCodes.count)
    }
}
