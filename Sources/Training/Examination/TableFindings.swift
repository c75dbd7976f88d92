/// What an examination says about a table in sentences.
enum TableFindings {
    /// Why `train` refuses the table.
    static func obstacles(
        text: TableText, rows: Int, label: LabelExamination, columns: [ColumnExamination]
    ) -> [String] {
        var found: [String] = []
        if let stopped = text.stopped { found.append("Reading stopped at \(stopped.description).") }
        if text.notUTF8.count > 0 {
            found.append("\(Self.rows(text.notUTF8)) not UTF-8: save the file as CSV in UTF-8.")
        }
        if text.misquoted.count > 0 {
            found.append("\(Self.rows(text.misquoted)) misquoted: text after a closing quote.")
        }
        if text.wrongCellCount.count > 0 { found.append(wrongCellCount(text, columns: columns.count)) }
        if rows == 0 { found.append("There is no row that can be read.") }
        if rows > RawTable.maximumRows { found.append("More than \(RawTable.maximumRows) rows.") }
        guard rows > 0 else { return found }
        if label.missing.count > 0 { found.append("\(Self.rows(label.missing)) without a label.") }
        if let fault = label.fault {
            found.append("\(fault).")
        } else if min(label.positives, label.rows - label.positives) < Trainer.minimumClassRows {
            found.append(
                "\(label.positives) of \(label.rows) rows are positive; at least \(Trainer.minimumClassRows) of either kind "
                    + "are needed.")
        }
        for column in columns where column.role == .time { found += time(column) }
        if !columns.contains(where: { $0.leftOut == nil }) { found.append("No column is left to learn from.") }
        return found
    }

    /// What a person should know besides; nothing that stops `train`.
    static func remarks(
        text: TableText, label: LabelExamination, repeated: Int, lines: [Int], isEstimated: Bool
    ) -> [String] {
        var found: [String] = []
        if repeated > 0 {
            let about = isEstimated ? "about " : ""
            found.append(
                "\(about)\(repeated) rows repeat an earlier one in every cell\(first(lines)); training keeps equal inputs on "
                    + "one side of the hold-out.")
        }
        if text.twiceEncoded.count > 0 {
            found.append(
                "\(Self.rows(text.twiceEncoded)) encoded twice (\u{C3}\u{A9} for \u{E9}): words in them are garbled.")
        }
        let smaller = label.positive == nil ? 0 : min(label.positives, label.rows - label.positives)
        if smaller < LeakageJudgement.minimumClassRows {
            found.append(
                "\(smaller) rows of the smaller class: below \(LeakageJudgement.minimumClassRows) no column can be measured, so "
                    + "leakage is judged by names and dates only.")
        }
        if label.positive != nil, label.values.count > 2 {
            found.append("The label has \(label.values.count) values; all but the positive one count as not converted.")
        }
        return found
    }

    private static func wrongCellCount(_ text: TableText, columns: Int) -> String {
        var sentence = "\(Self.rows(text.wrongCellCount)) with a number of cells other than the header's \(columns)"
        if let (other, count) = text.otherDelimiters.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
            sentence += "; \(name(ofDelimiter: other)) would cut \(count) of them right"
        }
        return sentence + "."
    }

    private static func time(_ column: ColumnExamination) -> [String] {
        switch column.kind {
        case .date, .number, .identifier: break
        default: return ["--time \(column.name) holds neither dates nor numbers, so it can't order the rows."]
        }
        guard column.missing > 0 else { return [] }
        return ["\(column.missing) rows have no time in \"\(column.name)\" to order them by."]
    }

    /// `3 rows (lines 4, 9, 12)`
    private static func rows(_ marked: MarkedRows) -> String {
        (marked.count == 1 ? "1 row" : "\(marked.count) rows") + first(marked.firstLines, of: marked.count)
    }

    private static func first(_ lines: [Int], of count: Int? = nil) -> String {
        guard !lines.isEmpty else { return "" }
        let more = count.map { $0 > lines.count } ?? (lines.count == MarkedRows.maximumLines) ? ", ..." : ""
        return " (line\(lines.count == 1 ? "" : "s") \(lines.map(String.init).joined(separator: ", "))\(more))"
    }

    static func name(ofDelimiter byte: UInt8) -> String {
        switch byte {
        case 0x2C: "a comma"
        case 0x3B: "a semicolon"
        case 0x09: "a tab"
        default: "a bar"
        }
    }
}
