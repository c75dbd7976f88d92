/// Reading the text of a cell: space around it, and how numbers are spelled.
public enum CellText {
    /// Without the blanks, tabs and line ends around it.
    public static func trimmed(_ text: some StringProtocol) -> Substring {
        var bytes = Substring(text).utf8
        while let first = bytes.first, isSpace(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
        return Substring(bytes)
    }

    /// As a table would write it: whole numbers without a fraction.
    public static func spelling(of number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? "\(number)"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// The spellings that mean "no value" in a table. `unknown`, `-` and `0` are values.
public enum MissingSpelling {
    public static let all: Set<String> = [
        "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NULL", "Null", "null", "None", "?",
    ]

    /// Whether a trimmed cell has no value.
    public static func isMissing(_ cell: some StringProtocol) -> Bool {
        cell.utf8.count <= 4 && all.contains(String(cell))
    }
}

/// The spellings of yes and no that are understood besides a column's own.
public enum BooleanSpelling {
    /// Pairs as they stand in a column, lower case: the one for false, then the one for true.
    public static let pairs = [("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("0", "1")]

    public static func value(of cell: some StringProtocol) -> Bool? {
        guard cell.utf8.count <= 5 else { return nil }
        let lower = cell.lowercased()
        for (no, yes) in pairs {
            if lower == no { return false }
            if lower == yes { return true }
        }
        return nil
    }
}

/// How a column spells its numbers beyond what `Double` reads: `$1,250`, `12.5%`, `1.250,75 €`.
public enum NumberStyle: String, Sendable, Hashable, CaseIterable {
    /// A point before the fraction, commas between thousands.
    case point
    /// A comma before the fraction, points between thousands.
    case comma

    /// The value of a trimmed cell; nil when it is no number of this style. A percent sign is cut, not divided by.
    public func value(of cell: some StringProtocol) -> Double? {
        // A plain figure means the same in both styles, except that one point may part thousands in the comma style.
        if self == .point, let plain = Double(cell) { return plain }
        var digits: [UInt8] = []
        var hasFraction = false
        var sinceGroup: Int?
        let (decimal, group): (UInt8, UInt8) = self == .point ? (0x2E, 0x2C) : (0x2C, 0x2E)
        for byte in NumberStyle.withoutSymbols(cell) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte)
                if !hasFraction, let count = sinceGroup { sinceGroup = count + 1 }
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                guard digits.isEmpty else { return nil }
                digits.append(byte)
            case decimal:
                guard !hasFraction, sinceGroup ?? 3 == 3 else { return nil }
                hasFraction = true
                digits.append(0x2E)
            case group:
                // Thousands have figures before them that don't begin with a zero: 0.125 is an eighth.
                let whole = digits.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
                guard !hasFraction, !whole.isEmpty, whole.first != UInt8(ascii: "0"), sinceGroup ?? 3 == 3 else {
                    return nil
                }
                sinceGroup = 0
            default: return nil
            }
        }
        guard hasFraction || sinceGroup ?? 3 == 3 else { return nil }
        return Double(String(decoding: digits, as: UTF8.self))
    }

    private static func withoutSymbols(_ cell: some StringProtocol) -> [UInt8] {
        var text = Array(cell.utf8)
        for symbol in ["$", "€", "£", "%", "USD", "EUR", " ", "\u{A0}"] {
            let bytes = Array(symbol.utf8)
            if text.starts(with: bytes) { text.removeFirst(bytes.count) }
            if text.reversed().starts(with: bytes.reversed()) { text.removeLast(bytes.count) }
        }
        return text
    }
}
