/// The registry of what may never be a feature, and of what stands for it by proxy (Fair Housing Act, 42 U.S.C. § 3604).
///
/// Schemas, prompts, explanations and custom tables pass through it. Words and their classes stand in one list,
/// ``ProtectedMatter``, for texts and for columns alike.
public struct FeaturePolicy: Sendable {
    /// What the registry says of a feature or a column.
    public enum Verdict: Sendable, Hashable {
        case allowed
        /// Stands in for a protected trait; off unless the profile justifies it in writing.
        case proxy(reason: String)
        /// Never a model input.
        case blocked(reason: String)
    }

    /// The registry of `features/1`.
    public static let standard = FeaturePolicy()

    private let tokenizer: Tokenizer
    private let columns: PhraseTable<ProtectedMatter>
    private let contents: PhraseTable<ProtectedMatter>
    private let mask: PolicyMask

    private init() {
        var lexicon = Lexicon()
        columns = PhraseTable(FeaturePolicy.columnNames, lexicon: &lexicon)
        contents = PhraseTable(FeaturePolicy.cellContents, lexicon: &lexicon)
        mask = PolicyMask(lexicon: &lexicon)
        lexicon.seal()
        tokenizer = Tokenizer(lexicon: lexicon)
    }

    /// The verdict on one of the 28.
    public func verdict(for feature: Feature) -> Verdict {
        switch feature {
        case .primaryLocationArea: .proxy(reason: "where someone wants to live stands for who they are")
        case .communicationStyle: .proxy(reason: "tone and grammar stand for origin and language")
        default: .allowed
        }
    }

    /// The features that a model does not see unless the profile justifies it.
    public var maskedFeatures: Set<Feature> {
        Set(Feature.allCases.filter { verdict(for: $0) != .allowed })
    }

    /// The verdict on a column of a custom table, by its name and by a sample of its cells as text (may be empty).
    ///
    /// The name decides first: `age`, `maritalStatus`, `num_kids`, `ZIP`. Then the cells: most of them words of one
    /// protected class (`married`, `female`), or postal codes by their form.
    public func verdict(column name: String, sample: [String] = []) -> Verdict {
        var tokens: [Token] = []
        // "section_8" is one word to the table, as figures are none.
        for spelling in [FeaturePolicy.spaced(name), FeaturePolicy.spaced(name, joinsFigures: true)] {
            tokenizer.tokenize(spelling, into: &tokens)
            for index in tokens.indices {
                if let (matter, _) = columns.match(tokens, at: index) { return verdict(on: matter) }
            }
        }
        return verdict(cells: sample, &tokens)
    }

    /// Three cells in five of one class, in at least two different words: a column that says "single" only may well
    /// speak of houses.
    private func verdict(cells sample: [String], _ tokens: inout [Token]) -> Verdict {
        var counts: [ProtectedMatter: Int] = [:]
        var first: [ProtectedMatter: String] = [:]
        var varied: Set<ProtectedMatter> = []
        var total = 0
        for cell in sample.lazy.filter({ !$0.isEmpty }).prefix(1_000) {
            total += 1
            guard let matter = matter(ofCell: cell, &tokens) else { continue }
            counts[matter, default: 0] += 1
            if first[matter, default: cell] != cell { varied.insert(matter) }
            first[matter] = first[matter] ?? cell
        }
        for matter in ProtectedMatter.allCases
        where varied.contains(matter) && counts[matter, default: 0] * 10 >= total * 6 {
            return verdict(on: matter)
        }
        return .allowed
    }

    /// Text without its protected and proxy spans, for prompts and explanations, and how many there were.
    ///
    /// Works on words: what is left keeps its spelling, single spaces stand where something was taken out.
    public func masked(_ text: String) -> (text: String, spans: Int) {
        var tokens: [Token] = []
        tokenizer.tokenize(text, into: &tokens)
        let all = tokens
        let spans = mask.apply(to: &tokens)
        guard spans > 0 else { return (text, 0) }
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        var next = 0
        for (index, token) in all.enumerated() {
            let end = index + 1 < all.count ? Int(all[index + 1].start) : bytes.count
            if next < tokens.count, tokens[next].start == token.start {
                kept.append(contentsOf: bytes[Int(token.start)..<end])
                next += 1
            } else if let last = kept.last, last > 0x20 {
                kept.append(0x20)
            }
        }
        return (String(decoding: kept, as: UTF8.self), spans)
    }

    private func verdict(on matter: ProtectedMatter) -> Verdict {
        if matter == .none { return .allowed }
        return matter.isProxy ? .proxy(reason: matter.reason) : .blocked(reason: matter.reason)
    }

    /// The class of a cell that consists of one protected word or phrase.
    private func matter(ofCell cell: String, _ tokens: inout [Token]) -> ProtectedMatter? {
        guard cell.utf8.count <= 64 else { return nil }
        if FeaturePolicy.isPostalCode(cell) { return .place }
        tokenizer.tokenize(FeaturePolicy.spaced(cell), into: &tokens)
        guard !tokens.isEmpty, let (matter, length) = contents.match(tokens, at: 0), length == tokens.count else {
            return nil
        }
        return matter
    }

    /// ZIP+4, or five digits with a leading zero: a plain five-digit number may be anything.
    private static func isPostalCode(_ cell: String) -> Bool {
        let bytes = Array(cell.utf8)
        guard bytes.count == 10 || bytes.count == 5 else { return false }
        guard bytes.prefix(5).allSatisfy(\.isDigit) else { return false }
        if bytes.count == 5 { return bytes[0] == UInt8(ascii: "0") }
        return bytes[5] == UInt8(ascii: "-") && bytes.suffix(4).allSatisfy(\.isDigit)
    }

    /// `maritalStatus` and `NUM_KIDS` as words.
    private static func spaced(_ name: String, joinsFigures: Bool = false) -> String {
        var bytes: [UInt8] = []
        var last: UInt8 = 32
        for byte in name.utf8 {
            if byte.isUpper, last.isLetter, !last.isUpper { bytes.append(32) }
            if joinsFigures, byte.isDigit, bytes.last == 32 { bytes.removeLast() }
            bytes.append(byte.isLetter || byte.isDigit || byte >= 0x80 ? byte : 32)
            last = byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
