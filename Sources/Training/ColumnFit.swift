import Features
import Leads
import Learning

/// What the training rows fix about each column: vocabulary, range, share of missing values.
enum ColumnFit {
    /// A level must occur this often to have a code; a rarer one is treated like one never seen, so the forest learns
    /// what to do with those. In tables below 1,000 rows every repeated level counts.
    static func minimumCount(rows: Int) -> Int { rows < 1_000 ? 2 : 5 }
    /// The most frequent levels that get a code.
    private static let maximumLevels = 256

    /// The columns of `plan` as `rows` show them, categories in order of their rate of positives. With a prior, lead
    /// features that never vary and levels that hardly occur stay known: the prior has something to say about them.
    static func columns(
        plan: ColumnPlan, table: RawTable, rows: [Int], labels: [Bool], asOf: [Timestamp], hasPrior: Bool
    ) -> [TableColumn] {
        let names = plan.isLeadFeatures ? Feature.allCases.map(\.name) : plan.used.map(\.name)
        return names.compactMap { name in
            guard let column = plan.columns.first(where: { $0.name == name }) else { return nil }
            let raw = table.columns[column.position]
            guard let feature = plan.isLeadFeatures ? Feature(name: name) : nil else {
                return fitted(name: name, kind: column.kind, raw, rows, labels, asOf)
            }
            let isKept =
                hasPrior && column.kind == .constant && !FeaturePolicy.standard.maskedFeatures.contains(feature)
            return leadColumn(
                feature, isMasked: column.leftOut != nil && !isKept, keepsAll: hasPrior, raw, rows, labels, asOf)
        }
    }

    private static func fitted(
        name: String, kind: InferredKind, _ raw: RawTable.Column, _ rows: [Int], _ labels: [Bool],
        _ asOf: [Timestamp]
    ) -> TableColumn? {
        var column: TableColumn
        switch kind {
        case .number(let style): column = TableColumn(name: name, kind: .number(style))
        case .date(let style): column = TableColumn(name: name, kind: .date(style))
        case .boolean(let no, let yes): column = TableColumn(name: name, kind: .boolean, vocabulary: [no, yes])
        case .category:
            column = TableColumn(name: name, kind: .category, vocabulary: vocabulary(raw, rows, labels, among: nil))
        case .identifier, .constant, .freeText: return nil
        }
        measure(&column, raw, rows, asOf)
        return column
    }

    private static func leadColumn(
        _ feature: Feature, isMasked: Bool, keepsAll: Bool, _ raw: RawTable.Column, _ rows: [Int], _ labels: [Bool],
        _ asOf: [Timestamp]
    ) -> TableColumn {
        var column: TableColumn
        switch feature.kind {
        case .numerical: column = TableColumn(name: feature.name, kind: .number(.point), isMasked: isMasked)
        case .boolean:
            column = TableColumn(
                name: feature.name, kind: .boolean, vocabulary: ["false", "true"], isMasked: isMasked)
        case .categorical:
            column = TableColumn(
                name: feature.name, kind: .category,
                vocabulary: vocabulary(raw, rows, labels, among: feature.vocabulary, keepsAll: keepsAll),
                isMasked: isMasked)
        }
        measure(&column, raw, rows, asOf)
        return column
    }

    /// Levels by ascending rate of positives (smoothed), the rare ones left out.
    private static func vocabulary(
        _ raw: RawTable.Column, _ rows: [Int], _ labels: [Bool], among allowed: [String]?, keepsAll: Bool = false
    ) -> [String] {
        var raw = raw
        if keepsAll, let allowed { raw.texts += allowed.filter { !raw.texts.contains($0) } }
        var counts = [Int](repeating: 0, count: raw.texts.count)
        var hits = counts
        for row in rows {
            let code = Int(raw.codes[row])
            counts[code] += 1
            if labels[row] { hits[code] += 1 }
        }
        let least = keepsAll ? 0 : minimumCount(rows: rows.count)
        var levels = raw.texts.indices.filter { code in
            counts[code] >= least && !MissingSpelling.isMissing(raw.texts[code])
                && allowed?.contains(raw.texts[code]) ?? true
        }
        levels.sort { (counts[$1], raw.texts[$0]) < (counts[$0], raw.texts[$1]) }
        let rate = Double(rows.count { labels[$0] }) / Double(max(1, rows.count))
        let smoothed = raw.texts.indices.map { (Double(hits[$0]) + 10 * rate) / Double(counts[$0] + 10) }
        return levels.prefix(maximumLevels)
            .sorted { (smoothed[$0], raw.texts[$0]) < (smoothed[$1], raw.texts[$1]) }.map { raw.texts[$0] }
    }

    private static func measure(
        _ column: inout TableColumn, _ raw: RawTable.Column, _ rows: [Int], _ asOf: [Timestamp]
    ) {
        let values = EncodedTable.values(of: column, in: raw, asOf: asOf)
        var low = Float.infinity
        var high = -Float.infinity
        var missing = 0
        for row in rows {
            let value = values[row]
            guard !value.isNaN else {
                missing += 1
                continue
            }
            low = min(low, value)
            high = max(high, value)
        }
        column.missingShare = Double(missing) / Double(max(1, rows.count))
        switch column.kind {
        case .number, .date: column.range = low <= high ? Double(low)...Double(high) : nil
        case .category, .boolean: break
        }
    }
}
