public import Leads

/// How the cells of a table's column are read.
public enum ColumnKind: Sendable, Hashable {
    case number(NumberStyle)
    /// One of the column's vocabulary; the value is the position in it.
    case category
    /// One of two spellings: the vocabulary holds the one for 0, then the one for 1.
    case boolean
    /// Age in days at `as_of`; a later date gives a negative age.
    case date(DateStyle)

    /// For people and for the card: number, category, boolean or date.
    public var word: String {
        switch self {
        case .number: "number"
        case .category: "category"
        case .boolean: "boolean"
        case .date: "date"
        }
    }
}

/// One column of a team's own table, as the model reads it.
public struct TableColumn: Sendable, Hashable {
    public var name: String
    public var kind: ColumnKind
    /// Trimmed spellings by code; empty for numbers and dates.
    public var vocabulary: [String] { didSet { codes = Self.codes(of: vocabulary) } }
    /// Smallest and largest training value of a number or an age; nil for others and where nothing was measured.
    public var range: ClosedRange<Double>?
    /// Share of the reference rows without a value, 0...1; nil where no reference was measured.
    public var missingShare: Double?
    /// Left out by policy: always missing in the row.
    public var isMasked: Bool
    /// Of an imported model: a category or a boolean may also stand as the number that the forest reads.
    public var acceptsCodes: Bool
    private var codes: [String: Int]

    public init(
        name: String, kind: ColumnKind, vocabulary: [String] = [], range: ClosedRange<Double>? = nil,
        missingShare: Double? = nil, isMasked: Bool = false, acceptsCodes: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.vocabulary = vocabulary
        self.range = range
        self.missingShare = missingShare
        self.isMasked = isMasked
        self.acceptsCodes = acceptsCodes
        self.codes = Self.codes(of: vocabulary)
    }

    private static func codes(of vocabulary: [String]) -> [String: Int] {
        Dictionary(vocabulary.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The position of a category's spelling in the vocabulary.
    public func code(of spelling: String) -> Int? { codes[spelling] }

    /// What a cell's text means to the model. Never fails: what cannot be read is missing and marked unseen.
    public func encode(text: some StringProtocol, asOf: Timestamp) -> EncodedCell {
        let cell = CellText.trimmed(text)
        guard !isMasked, !MissingSpelling.isMissing(cell) else { return .missing }
        switch kind {
        case .number(let style):
            // Of a column with decimal commas one point parts thousands, so that its own reading goes first.
            if style == .comma, let value = style.value(of: cell) { return ranged(value, Float(value)) }
            if let number = Double(cell) {
                return number.isNaN ? .missing : ranged(number, Self.float(number, of: cell))
            }
            if acceptsCodes, let flag = Self.flag(cell) { return EncodedCell(value: flag ? 1 : 0, state: .known) }
            guard let value = style.value(of: cell) else { return .unseen }
            return ranged(value, Float(value))
        case .category:
            if let code = code(of: String(cell)) { return EncodedCell(value: Float(code), state: .known) }
            return raw(cell)
        case .boolean:
            guard let value = code(of: String(cell)) ?? BooleanSpelling.value(of: cell).map({ $0 ? 1 : 0 })
            else { return raw(cell) }
            return EncodedCell(value: Float(value), state: .known)
        case .date(let style):
            guard let moment = style.timestamp(of: cell) else { return .unseen }
            let age = DateStyle.ageInDays(of: moment, asOf: asOf)
            return ranged(age, Float(age))
        }
    }

    /// What one of a lead's `custom_fields` means to the model.
    public func encode(_ value: CustomField.Value, asOf: Timestamp) -> EncodedCell {
        guard !isMasked else { return .missing }
        switch value {
        case .null: return .missing
        case .text(let text): return encode(text: text, asOf: asOf)
        case .bool(let flag):
            switch kind {
            case .number, .boolean: return EncodedCell(value: flag ? 1 : 0, state: .known)
            case .category, .date: return encode(text: flag ? "true" : "false", asOf: asOf)
            }
        case .number(let number):
            guard !number.isNaN else { return .missing }
            switch kind {
            case .number: return ranged(number, Float(number))
            case .category, .boolean, .date: return encode(text: CellText.spelling(of: number), asOf: asOf)
            }
        }
    }

    private func raw(_ cell: Substring) -> EncodedCell {
        guard acceptsCodes, let code = Double(cell) else { return .unseen }
        return EncodedCell(value: Self.float(code, of: cell), exact: code, state: .known)
    }

    /// A model of another library reads a column of truth values as numbers; pandas writes them as `True` and `False`.
    private static func flag(_ cell: Substring) -> Bool? {
        guard cell.utf8.count <= 5 else { return nil }
        return switch cell.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// The Float nearest to a text whose nearest Double is `number`. Rounding twice could cross a threshold, but does so
    /// only where the Double lies half way between two Floats, or outside their normal range.
    private static func float(_ number: Double, of cell: Substring) -> Float {
        let isHalfWay = number.bitPattern & 0x1FFF_FFFF == 0x1000_0000
        guard isHalfWay || number.magnitude < Double(Float.leastNormalMagnitude) else { return Float(number) }
        return Float(cell) ?? Float(number)
    }

    private func ranged(_ value: Double, _ float: Float) -> EncodedCell {
        // The range was measured on the same Floats, so its ends compare equal.
        let isInside = range.map { $0.contains(Double(float)) || $0.contains(value) } ?? true
        return EncodedCell(value: float, exact: value, state: isInside ? .known : .outOfRange)
    }
}

/// One value of a row, and how it stands to what the model has seen.
public struct EncodedCell: Sendable, Hashable {
    public enum State: Sendable, Hashable { case known, missing, outOfRange, unseen }

    /// NaN when missing or unseen.
    public var value: Float
    /// The same before it was rounded to `Float`, for a model that compares Doubles.
    public var exact: Double
    public var state: State

    public init(value: Float, exact: Double? = nil, state: State) {
        self.value = value
        self.exact = exact ?? Double(value)
        self.state = state
    }

    static let missing = EncodedCell(value: .nan, state: .missing)
    static let unseen = EncodedCell(value: .nan, state: .unseen)
}
