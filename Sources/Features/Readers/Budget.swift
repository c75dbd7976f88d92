/// What one text says about money.
struct Budget: Sendable {
    /// A figure of theirs in the profile's currency.
    struct Figure: Sendable {
        /// Equal to `high` unless it is a range.
        var low: Double
        var high: Double
        /// "under X", "up to X", "at least X".
        var isBound: Bool
        /// Said with "around", or with at most two significant digits.
        var isRound: Bool

        var isRange: Bool { low != high }
        /// The wire contract's price: the figure itself, the middle of a range, the bound.
        var price: Double { isRange ? ((low + high) / 2).rounded() : high }
        var basis: PriceBasis { isRange ? .middleOfRange : isBound ? .bound : .stated }
        /// `budget_specificity_score`.
        var specificity: Double { isRange || isBound ? 0.4 : isRound ? 0.7 : 1 }
        /// Precedence inside one text: a figure, a range, a bound.
        var rank: Int { isRange ? 2 : isBound ? 3 : 1 }
    }

    var figure: Figure?
    /// The amount of an approval: a price only when nothing else is.
    var approval: Figure?
    /// A month's.
    var rent: Double?

    var isEmpty: Bool { figure == nil && approval == nil && rent == nil }
}

/// An amount as written, before its neighbours decide what it means.
struct Amount: Sendable {
    var value: Double
    /// The token after it.
    var end: Int
    var scale = 1.0
    var hasCurrency = false
    var hasScale = false
    var isDecimal = false
    /// Five digits or more, or thousands separators.
    var isBig = false
    /// Followed by a plus sign.
    var isOpen = false

    /// Says of itself that it is money.
    var isExplicit: Bool { hasCurrency || hasScale || isBig }
}

/// Reads amounts: `$450k`, `450,000`, `half a million`, `1.2M`, `four fifty`.
struct AmountReader: Sendable {
    private let fixed: PhraseTable<Double>

    init(lexicon: inout Lexicon) {
        fixed = PhraseTable(
            [
                (1_500_000, "a million and a half|million and a half|one and a half million|a mil and a half"),
                (750_000, "three quarters of a million|three quarter million|three quarters of a mil"),
                (500_000, "half a million|half million|half a mil|half mil|a half million|half of a million"),
                (250_000, "quarter million|quarter of a million|a quarter million|a quarter of a million|quarter mil"),
                (1_000_000, "a million|one million|a mil|a cool million"),
            ], lexicon: &lexicon)
    }

    static func mayStart(_ token: Token) -> Bool {
        switch token.kind {
        case .currency: true
        case .number: !token.marks.contains(.claimed)
        case .word: token.has([.numberWord, .moneyWord])
        default: false
        }
    }

    /// The amount that starts at `start`. In words it must have a scale or be a hundred or more.
    func amount(_ tokens: [Token], at start: Int) -> Amount? {
        var at = start
        var result = Amount(value: 0, end: start)
        while at < tokens.count, at < start + 2, tokens[at].kind == .currency || tokens[at].has(.moneyWord) {
            result.hasCurrency = true
            at += 1
        }
        guard at < tokens.count else { return nil }
        if let fixed = fixed.match(tokens, at: at) {
            result.value = fixed.meaning
            result.hasScale = true
            at += fixed.length
        } else {
            guard let number = NumberReader.value(tokens, at: at) else { return nil }
            let token = tokens[at]
            if token.isNumber {
                if token.marks.contains(.claimed), !result.hasCurrency { return nil }
                result.isDecimal = token.marks.contains(.decimal)
                result.isBig = number.value >= 10_000
            }
            at = number.end
            while at < tokens.count, let factor = AmountReader.scale(tokens[at]) {
                result.scale *= factor
                result.hasScale = true
                at += 1
            }
            // "four to five hundred thousand": the scale may come later.
            let opensRange = at < tokens.count && tokens[at].has(.connector)
            if number.isWords, !result.hasScale, number.value < 100, !opensRange { return nil }
            result.value = number.value * result.scale
            if result.value >= 1_000 { result.value.round() }
        }
        if at < tokens.count, tokens[at].has(.moneyWord) {
            result.hasCurrency = true
            at += 1
        }
        if at < tokens.count, tokens[at].kind == .plus {
            result.isOpen = true
            at += 1
        }
        result.end = at
        return result
    }

    private static func scale(_ token: Token) -> Double? {
        guard token.has(.scale) else { return nil }
        // "5 m" may be metres; "5m" and "5 mil" are not.
        if token.value == 1_000_000, token.end - token.start == 1, token.marks.contains(.spaced) { return nil }
        return token.value
    }

    /// Gives the two ends of a range the scale that was written once: `450-500K`, `$900-1.1M`, `450k to 500`.
    static func shareScale(_ low: inout Amount, _ high: inout Amount) {
        if !low.hasScale, high.hasScale, !low.isBig {
            // "4-500k", "four to five hundred thousand"
            let highMantissa = high.scale > 1 ? high.value / high.scale : high.value
            if low.value < 10, !low.isDecimal, highMantissa >= 100, highMantissa < 1_000 { low.value *= 100 }
            if low.value * high.scale <= high.value {
                low.value *= high.scale
                low.hasScale = true
            } else if low.value * 1_000 <= high.value {
                low.value *= 1_000
                low.hasScale = true
            }
        } else if low.hasScale, !high.hasScale, !high.isBig, high.value * low.scale >= low.value {
            high.value *= low.scale
            high.hasScale = true
        }
        low.hasCurrency = low.hasCurrency || high.hasCurrency
        high.hasCurrency = low.hasCurrency
    }
}
