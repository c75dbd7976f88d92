/// Figures and number words: what they are worth, and which of them can be no money at all.
enum NumberReader {
    /// A number in figures or words.
    struct Value {
        var value: Double
        /// The token after it.
        var end: Int
        /// Written in words.
        var isWords: Bool
    }

    /// The number that starts at `index`: `450`, `four hundred`, `twenty five`, `four fifty`, `a`, `a couple of`.
    static func value(_ tokens: [Token], at index: Int) -> Value? {
        guard index < tokens.count else { return nil }
        if tokens[index].isNumber {
            let isHundreds =
                index + 1 < tokens.count && tokens[index + 1].has(.numberWord) && tokens[index + 1].value == 100
            return Value(
                value: tokens[index].value * (isHundreds ? 100 : 1), end: index + (isHundreds ? 2 : 1), isWords: false)
        }
        guard tokens[index].has(.numberWord) else { return nil }
        var at = index
        var total = 0.0
        var current = 0.0
        var last = 0.0
        while at < tokens.count, tokens[at].has(.numberWord), at - index < 6 {
            let value = tokens[at].value
            if value == 100 {
                current = max(1, current) * 100
            } else if value >= 20, current > 0, current < 10 {
                // "four fifty" is 450.
                current = current * 100 + value
            } else if at > index, value == 2 || value == 3 || value == 5 || value == 12 || value == 0.5, last == 1 {
                // "a couple", "a few", "a dozen", "a half"
                current = value
            } else {
                current += value
            }
            last = value
            at += 1
            if at + 1 < tokens.count, tokens[at].has(.conjunction), value == 100, tokens[at + 1].has(.numberWord) {
                at += 1
            }
        }
        total += current
        return Value(value: total, end: at, isWords: true)
    }

    /// Marks the figures that are no money: phone numbers, dates, years, times, street and list numbers, ZIP codes, and
    /// what counts beds, feet, miles or days.
    static func claimDecoys(_ tokens: inout [Token]) {
        var index = 0
        while index < tokens.count {
            guard tokens[index].isNumber || tokens[index].kind == .clock else {
                index += 1
                continue
            }
            let run = endOfRun(tokens, from: index)
            if run > index + 1, isPhoneOrDate(tokens, index, run) {
                for position in index..<run { tokens[position].marks.insert(.claimed) }
                index = run
                continue
            }
            if isDecoy(tokens, index) { tokens[index].marks.insert(.claimed) }
            index += 1
        }
    }

    /// Figures bound by dashes, slashes, dots or brackets without a currency or a scale: `510-555-1234`, `3/15/2026`.
    private static func endOfRun(_ tokens: [Token], from start: Int) -> Int {
        var at = start + 1
        while at < tokens.count, at - start < 10 {
            let token = tokens[at]
            if token.isNumber {
                at += 1
            } else if token.kind == .dash || token.kind == .slash, at + 1 < tokens.count, tokens[at + 1].isNumber {
                at += 2
            } else if token.kind == .comma, !token.marks.contains(.spaced), at + 1 < tokens.count,
                tokens[at + 1].isNumber, tokens[start].word == 3
            {
                at += 2
            } else {
                break
            }
        }
        return at
    }

    private static func isPhoneOrDate(_ tokens: [Token], _ start: Int, _ end: Int) -> Bool {
        var digits = 0
        var figures = 0
        var slashes = 0
        for position in start..<end {
            if tokens[position].isNumber {
                digits += Int(tokens[position].word)
                figures += 1
            } else if tokens[position].kind == .slash {
                slashes += 1
            }
        }
        if start > 0, tokens[start - 1].kind == .currency { return false }
        if end < tokens.count, tokens[end].has([.scale, .moneyWord]) { return false }
        if figures >= 3, digits >= 10 { return true }
        if figures == 2, digits == 7, tokens[start].word == 3, tokens[end - 1].word == 4 { return true }
        if slashes > 0 || figures == 3 {
            // 3/15, 3/15/26, 2026-03-15
            return tokens[start].value <= 31 || (1900...2100).contains(tokens[start].value)
        }
        return false
    }

    private static func isDecoy(_ tokens: [Token], _ index: Int) -> Bool {
        let token = tokens[index]
        if token.kind == .clock { return true }
        let next = index + 1 < tokens.count ? tokens[index + 1] : nil
        let before = index > 0 ? tokens[index - 1] : nil
        if before?.kind == .currency { return false }
        if token.word >= 10, !token.marks.contains(.grouped) { return true }
        if before?.kind == .hash { return true }
        if let before, before.has(.reference), before.value == 3 { return true }
        // "my id is 88412"
        if index > 1, before?.has(.opener) ?? false, tokens[index - 2].has(.reference), tokens[index - 2].value == 3 {
            return true
        }
        if let next, next.isWord, next.has([.scale, .moneyWord]), next.has(.scale) == false || next.value >= 1_000 {
            return false
        }
        if let next, next.kind == .percent || next.has(.measure) { return true }
        if before?.has(.month) ?? false || next?.has(.month) ?? false {
            if token.value <= 31 { return true }
        }
        let isPlain = !token.marks.contains(.grouped) && !token.marks.contains(.decimal)
        if isPlain, token.word == 4, (1900...2100).contains(token.value),
            !(before?.has([.upperBound, .about]) ?? false)
        {
            return true
        }
        if isPlain, isStreetNumber(tokens, index) { return true }
        if isPlain, token.word == 5, isZIP(tokens, index) { return true }
        return false
    }

    private static func isStreetNumber(_ tokens: [Token], _ index: Int) -> Bool {
        var at = index + 1
        while at < tokens.count, at <= index + 4, tokens[at].isWord {
            if tokens[at].has(.streetSuffix), at > index + 1 || tokens[at].marks.contains(.capital) {
                return at > index + 1
            }
            guard tokens[at].marks.contains(.capital) else { return false }
            at += 1
        }
        return false
    }

    /// Five plain figures after a place word, a state or nothing that speaks of money.
    private static func isZIP(_ tokens: [Token], _ index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = tokens[index - 1]
        if before.has([.budgetCue, .about, .upperBound, .lowerBound, .approval]) { return false }
        if before.has(.placePreposition) || before.marks.contains(.allCaps) || before.kind == .comma { return true }
        return before.marks.contains(.capital)
    }
}
