import Features
import Leads
import Training

/// The examination of a table for people.
enum DataReport {
    static func lines(_ found: TableExamination, file: String) -> [String] {
        var lines = head(found, file: file)
        lines += found.obstacles.map { "BROKEN   \($0)" }
        lines += found.remarks.map { "note     \($0)" }
        lines += [""] + table(found) + [""]
        return lines + summary(found)
    }

    private static func head(_ found: TableExamination, file: String) -> [String] {
        let text = found.text
        var about = "\(file): \(found.rows) rows, \(found.columns.count) columns, \(size(text.bytes))"
        about += ", \(text.encoding.rawValue), cells parted by \(delimiter(text.delimiter))"
        if text.hasByteOrderMark { about += ", byte order mark" }
        if text.quotedLineEnds > 0 { about += ", \(text.quotedLineEnds) line ends in quotes" }
        var lines = [about]
        let label = found.label
        if let positive = label.positive, let rate = label.baseRate {
            lines.append(
                "label \"\(label.column)\": \(label.positives) of \(label.rows) rows are \"\(positive)\" "
                    + "(\(Figures.decimals(100 * rate, 1))%)")
        }
        if label.values.count <= 8 {
            let values = label.values.map { "\"\($0.text)\" \($0.rows)" }.joined(separator: ", ")
            lines.append("label \"\(label.column)\" holds \(values)")
        } else {
            lines.append("label \"\(label.column)\" holds \(label.values.count) different values")
        }
        if found.sampledRows < label.rows {
            lines.append("kinds, dates and AUC from \(found.sampledRows) rows drawn evenly; counts from all")
        }
        return lines
    }

    // MARK: Columns

    private static let titles = ["column", "kind", "missing", "different", "AUC alone", "verdict"]

    private static func table(_ found: TableExamination) -> [String] {
        let rows = [titles] + found.columns.map(cells)
        let widths = titles.indices.map { index in rows.map { $0[index].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { Figures.padded(cells[$0], widths[$0]) }.joined(separator: "  ")
            return "  " + String(padded.reversed().drop { $0 == " " }.reversed())
        }
        return [line(titles)]
            + found.columns.flatMap { column in [line(cells(column))] + reasons(column).map { "      \($0)" } }
    }

    private static func cells(_ column: ColumnExamination) -> [String] {
        let auc = column.auc.map { Figures.decimals($0.value, 3) } ?? ""
        let verdict =
            column.role == .input
            ? column.leakage.verdict == .leaks ? "LEAKS" : column.leakage.verdict.rawValue : column.role.rawValue
        return [
            column.name, column.kind.word, "\(Figures.decimals(100 * column.missingShare, 1))%",
            (column.isDistinctEstimated ? "about " : "") + "\(column.distinct)", auc, verdict,
        ]
    }

    /// What is worth a line of its own below the column.
    private static func reasons(_ column: ColumnExamination) -> [String] {
        guard column.role == .input else { return [] }
        var reasons: [String] = []
        if let reason = column.kind.dropReason { reasons.append("left out, \(reason)") }
        switch column.policy {
        case .allowed: break
        case .proxy(let reason): reasons.append("left out by policy, a proxy: \(reason)")
        case .blocked(let reason): reasons.append("left out by policy: \(reason)")
        }
        reasons += column.leakage.evidence
        if let dates = column.dates {
            reasons.append("\(dates.first.description.prefix(10)) to \(dates.last.description.prefix(10))")
        }
        if let positives = column.missingShareInPositives, let negatives = column.missingShareInNegatives,
            abs(positives - negatives) >= 0.1
        {
            reasons.append(
                "missing in \(Figures.decimals(100 * positives, 1))% of the positive and "
                    + "\(Figures.decimals(100 * negatives, 1))% of the other rows")
        }
        return reasons
    }

    private static func summary(_ found: TableExamination) -> [String] {
        let inputs = found.columns.filter { $0.role == .input }
        let used = inputs.filter { $0.leftOut == nil }
        var lines = ["leadwire train would use \(used.count) of \(inputs.count) columns."]
        func list(_ title: String, _ columns: [ColumnExamination]) {
            guard !columns.isEmpty else { return }
            lines.append("\(title): \(columns.map(\.name).joined(separator: ", "))")
        }
        list("leaking", inputs.filter { $0.leakage.verdict == .leaks })
        list("suspect, used all the same", used.filter { $0.leakage.verdict == .suspect })
        list("left out by policy", inputs.filter { $0.policy != .allowed && $0.leftOut != nil })
        list("nothing to learn from", inputs.filter { $0.kind.dropReason != nil })
        if inputs.contains(where: { $0.leftOut?.isOverridable == true }) {
            lines.append("A column that you know better is brought back by name: leadwire train --allow A,B")
        }
        return lines
    }

    private static func size(_ bytes: Int) -> String {
        let (unit, scale) = bytes < 1_000_000 ? ("kB", 1e3) : ("MB", 1e6)
        return "\(Figures.decimals(Double(bytes) / scale, 1)) \(unit)"
    }

    private static func delimiter(_ byte: UInt8) -> String {
        byte == 0x09 ? "tabs" : "\"\(String(UnicodeScalar(byte)))\""
    }
}
