public import Learning

/// Which columns a model may learn from and why the others are left out.
public struct ColumnPlan: Sendable {
    public struct Column: Sendable {
        /// In the raw table.
        public let position: Int
        /// What the column is and what speaks against it.
        public let examination: ColumnExamination
        /// nil: the model uses it.
        public let leftOut: String?
        /// A verdict of policy or leakage that `--allow` has overridden.
        public let overridden: String?

        public var name: String { examination.name }
        public var kind: InferredKind { examination.kind }
        /// Rows without a value.
        public var missing: Int { examination.missing }
        public var distinct: Int { examination.distinct }
    }

    public let columns: [Column]
    public let labelPosition: Int
    public let timePosition: Int?
    public let timeStyle: DateStyle?
    /// The columns are the 28 features of a lead.
    public let isLeadFeatures: Bool

    public var used: [Column] { columns.filter { $0.leftOut == nil } }
    public var isPolicyOverridden: Bool { columns.contains { $0.overridden != nil && $0.leftOut == nil } }

    /// Judges every column of `table`.
    ///
    /// - Throws: ``TableError`` when a named column doesn't exist, the time column holds no moments, or nothing is left.
    public init(table: RawTable, labels: [Bool], options: TrainingOptions) throws(TableError) {
        let label = try table.position(of: options.label)
        for name in options.exclude.sorted() + options.allow.names.sorted() { _ = try table.position(of: name) }
        let time = try options.time.map { name throws(TableError) in try table.position(of: name) }
        if let time { timeStyle = try Self.timeStyle(of: table.columns[time]) } else { timeStyle = nil }
        let isLeadFeatures = ColumnExamination.areLeadFeatures(table.names)

        var columns: [Column] = []
        for (position, column) in table.columns.enumerated() {
            let role: ColumnExamination.Role = position == label ? .label : position == time ? .time : .input
            let examination = ColumnExamination(
                column, role: role, isOfLead: isLeadFeatures, labels: labels, time: time.map { table.columns[$0] },
                counts: Self.counts(column, labels: labels))
            var verdict = examination.leftOut
            if role == .input, options.exclude.contains(column.name) { verdict = ("excluded by name", false) }
            let isAllowed = verdict?.isOverridable == true && options.allow.contains(column.name)
            columns.append(
                Column(
                    position: position, examination: examination, leftOut: isAllowed ? nil : verdict?.reason,
                    overridden: isAllowed ? verdict?.reason : nil))
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

    private static func counts(_ column: RawTable.Column, labels: [Bool]) -> ColumnExamination.Counts {
        let isMissing = column.texts.map { MissingSpelling.isMissing($0) }
        var counts = ColumnExamination.Counts()
        counts.rows = labels.count
        counts.positives = labels.count { $0 }
        counts.negatives = labels.count - counts.positives
        counts.distinct = isMissing.count { !$0 }
        guard counts.distinct < isMissing.count else { return counts }
        for (code, label) in zip(column.codes, labels) where isMissing[Int(code)] {
            if label { counts.missingPositives += 1 } else { counts.missingNegatives += 1 }
        }
        counts.missing = counts.missingPositives + counts.missingNegatives
        return counts
    }
}
