public import Learning

/// What a column of a raw table turns out to be.
public enum InferredKind: Sendable, Hashable {
    case number(NumberStyle)
    case category
    /// Spellings of false and of true.
    case boolean(no: String, yes: String)
    case date(DateStyle)
    case identifier(reason: String)
    case constant
    case freeText(reason: String)

    /// One word or two for people.
    public var word: String {
        switch self {
        case .number: "number"
        case .category: "category"
        case .boolean: "boolean"
        case .date: "date"
        case .identifier: "identifier"
        case .constant: "constant"
        case .freeText: "free text"
        }
    }

    /// How the kind was told, in a few words.
    public var explanation: String {
        switch self {
        case .number(.point): "numbers"
        case .number(.comma): "numbers with a comma before the fraction"
        case .category: "a vocabulary"
        case .boolean: "two spellings of yes and no"
        case .date(let style): "dates as \(style == .iso ? "year-month-day" : style.rawValue)"
        case .constant: "at most one distinct value"
        case .identifier(let reason), .freeText(let reason): reason
        }
    }

    /// Why such a column can't be learned from; nil where it can.
    public var dropReason: String? {
        switch self {
        case .number, .category, .boolean, .date: nil
        case .identifier(let reason): "identifier: \(reason)"
        case .constant: "constant: at most one distinct value"
        case .freeText(let reason): "free text: \(reason)"
        }
    }
}

/// Reads a column's kind off its distinct texts and their counts.
public enum ColumnInference {
    /// A kind needs this share of the distinct non-missing texts and of the rows; the rest is taken as missing.
    static let requiredShare = 0.95
    /// More levels than this are no vocabulary.
    static let maximumLevels = 1_000

    /// `rowsInAll` says how long the table is of which the column's rows are a sample; nil: they are all.
    ///
    /// - Complexity: O(rows + distinct texts).
    public static func kind(of column: RawTable.Column, rowsInAll: Int? = nil) -> InferredKind {
        var counts = [Int](repeating: 0, count: column.texts.count)
        for code in column.codes { counts[Int(code)] += 1 }
        let present = column.texts.indices.filter { !MissingSpelling.isMissing(column.texts[$0]) }
        let rows = present.reduce(0) { $0 + counts[$1] }
        guard present.count > 1 else { return .constant }
        let texts = present.map { (text: column.texts[$0], count: counts[$0]) }
        // Present rows in all, so that numbers which count the rows are known by a sample of them too.
        let scale = Double(max(column.codes.count, rowsInAll ?? 0)) / Double(max(1, column.codes.count))
        let span = Double(rows) * scale

        if let boolean = boolean(texts.map(\.text)) { return boolean }
        if let number = number(column, texts, rows: rows, rowsInAll: span) { return number }
        for style in DateStyle.allCases where covers(texts, rows, { style.timestamp(of: $0) != nil }) {
            return .date(style)
        }
        return words(texts, rows: rows)
    }

    private typealias Count = (text: String, count: Int)

    private static func boolean(_ texts: [String]) -> InferredKind? {
        guard texts.count == 2 else { return nil }
        let lower = texts.map { $0.lowercased() }
        for (no, yes) in BooleanSpelling.pairs {
            if lower == [no, yes] { return .boolean(no: texts[0], yes: texts[1]) }
            if lower == [yes, no] { return .boolean(no: texts[1], yes: texts[0]) }
        }
        return nil
    }

    /// Whether nearly all of the column, by rows, is read by `reads`; what isn't may be three spellings at most.
    private static func covers(_ texts: [Count], _ rows: Int, _ reads: (String) -> Bool) -> Bool {
        var unreadRows = 0
        var unread = 0
        for (text, count) in texts where !reads(text) {
            unread += 1
            unreadRows += count
            if unread > 3 { return false }
        }
        return unread < texts.count && Double(rows - unreadRows) >= requiredShare * Double(rows)
    }

    private static func number(
        _ column: RawTable.Column, _ texts: [Count], rows: Int, rowsInAll: Double
    ) -> InferredKind? {
        for style in NumberStyle.allCases where covers(texts, rows, { style.value(of: $0) != nil }) {
            if let reason = identifierReason(column, texts, style, rows: rows, rowsInAll: rowsInAll) {
                return .identifier(reason: reason)
            }
            return .number(style)
        }
        return nil
    }

    /// A whole number that is different in every row, and either counts the rows or is called an id.
    private static func identifierReason(
        _ column: RawTable.Column, _ texts: [Count], _ style: NumberStyle, rows: Int, rowsInAll: Double
    ) -> String? {
        guard rows >= 20, Double(texts.count) >= 0.99 * Double(rows) else { return nil }
        let values = texts.compactMap { style.value(of: $0.text) }
        guard values.allSatisfy({ $0 == $0.rounded() }), let low = values.min(), let high = values.max() else {
            return nil
        }
        if isNamedIdentifier(column.name) { return "a different number in every row, and its name says so" }
        if high - low < 1.5 * rowsInAll { return "it counts the rows" }
        return nil
    }

    private static func isNamedIdentifier(_ name: String) -> Bool {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        let whole: Set = ["id", "uuid", "guid", "key", "no", "nr", "number", "index", "row", "rownum", "code", "phone"]
        return words.contains(where: whole.contains) || name.hasSuffix("ID") || name.hasSuffix("Id")
    }

    private static func words(_ texts: [Count], rows: Int) -> InferredKind {
        let distinct = Double(texts.count) / Double(rows)
        let bytes = texts.reduce(0) { $0 + $1.text.utf8.count * $1.count } / max(1, rows)
        let spaced = texts.reduce(0) { $0 + ($1.text.utf8.count { $0 == 0x20 } >= 3 ? $1.count : 0) }
        if rows >= 20, distinct > 0.5 || texts.count > maximumLevels {
            if Double(spaced) > 0.5 * Double(rows) || bytes > 60 {
                return .freeText(reason: "sentences, \(texts.count) different in \(rows) rows")
            }
            return .identifier(reason: "\(texts.count) different values in \(rows) rows")
        }
        if bytes > 120 { return .freeText(reason: "\(bytes) bytes a cell on average") }
        return .category
    }
}
