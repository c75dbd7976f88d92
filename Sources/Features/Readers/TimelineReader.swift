/// Finds when they want it.
struct TimelineReader: Sendable {
    /// What a phrase says, before the calendar.
    enum Span: Sendable {
        case days(Int)
        /// Now, unless the sentence is about an appointment.
        case near(Int)
        case flexible
        case endOfMonth, nextMonth, endOfNextMonth, endOfYear, nextYear
        /// Looks like a time and is none.
        case nothing
    }

    private let phrases: PhraseTable<Span>
    private let prefixes: PhraseTable<DayCalendar.Part>
    private let suffixes: PhraseTable<Bool>
    private let words: Words

    private struct Words: Sendable {
        let may, march, next, last, ago, of, `in`, within, a, one: UInt16

        init(lexicon: inout Lexicon) {
            may = lexicon.add("may")
            march = lexicon.add("march")
            next = lexicon.add("next")
            last = lexicon.add("last")
            ago = lexicon.add("ago")
            of = lexicon.add("of")
            `in` = lexicon.add("in")
            within = lexicon.add("within")
            a = lexicon.add("a")
            one = lexicon.add("one")
        }
    }

    init(lexicon: inout Lexicon) {
        phrases = PhraseTable(TimelineReader.phraseTable, lexicon: &lexicon)
        prefixes = PhraseTable(TimelineReader.prefixTable, lexicon: &lexicon)
        suffixes = PhraseTable(TimelineReader.suffixTable, lexicon: &lexicon)
        words = Words(lexicon: &lexicon)
    }

    /// Categories of `timeline_category`, with the days up to which each reaches.
    static let categories: [(name: String, days: Int)] = [
        ("immediate", 14), ("1_month", 45), ("2_months", 75), ("3_months", 135), ("6_months", 270),
        ("1_year", Int.max),
    ]
    static let flexible = 6

    /// The first definite time; "flexible" only when there is no other.
    ///
    /// - Returns: days from now, nil for flexible; the outer nil when nothing is said.
    func read(_ passage: Passage, calendar: DayCalendar, isField: Bool = false) -> Int?? {
        var isFlexible = false
        var index = 0
        let tokens = passage.tokens
        let isBare = isField || passage.asked.contains(.time) || tokens.count <= 6
        while index < tokens.count {
            if let (span, length) = phrases.match(tokens, at: index) {
                switch days(span, passage, index, calendar, isField: isField) {
                case .some(.some(let days)): return .some(days)
                case .some(.none): isFlexible = true
                case .none: break
                }
                index += length
                continue
            }
            if let days = duration(passage, at: index, isBare: isBare) { return .some(days) }
            if let days = date(passage, at: index, calendar: calendar, isBare: isBare) { return .some(days) }
            index += 1
        }
        return isFlexible ? .some(nil) : nil
    }

    private func days(
        _ span: Span, _ passage: Passage, _ index: Int, _ calendar: DayCalendar, isField: Bool
    ) -> Int?? {
        if looksBack(passage.tokens, index) { return nil }
        let isNegated = passage.isNegated(index, reach: 4)
        switch span {
        case .nothing: return nil
        case .flexible: return isNegated ? nil : .some(nil)
        case .near(let days):
            // "Call me tomorrow", "getting pre-approved next week": not the move itself.
            let about = passage.rolesOfSentence(at: index)
            if !about.isDisjoint(with: [.visit, .approval, .financeWord]), !isField { return nil }
            return isNegated ? .some(nil) : .some(days)
        case .days(let days): return isNegated && days < 30 ? .some(nil) : .some(days)
        case .endOfMonth:
            return .some(calendar.days(untilMonth: calendar.month, part: .end, day: nil, year: nil) ?? 15)
        case .nextMonth:
            return .some(calendar.days(untilMonth: calendar.month % 12 + 1, part: .middle, day: nil, year: nil) ?? 30)
        case .endOfNextMonth:
            return .some(calendar.days(untilMonth: calendar.month % 12 + 1, part: .end, day: nil, year: nil) ?? 45)
        case .endOfYear: return .some(calendar.days(untilMonth: 12, part: .end, day: nil, year: nil) ?? 365)
        case .nextYear: return .some(365)
        }
    }

    /// "searching for over a year"
    private func looksBack(_ tokens: [Token], _ index: Int) -> Bool {
        guard index > 0 else { return false }
        if tokens[index - 1].has(.past) { return true }
        return index > 1 && tokens[index - 1].has([.about, .lowerBound, .article]) && tokens[index - 2].has(.past)
    }

    /// `6-8 weeks`, `within 3 months`, `a couple of months`. Days of the far end.
    private func duration(_ passage: Passage, at index: Int, isBare: Bool) -> Int? {
        let tokens = passage.tokens
        guard let first = NumberReader.value(tokens, at: index) else { return nil }
        if index > 0, tokens[index - 1].kind == .dash || tokens[index - 1].has([.scale, .moneyWord]) { return nil }
        if index > 0, tokens[index - 1].isNumber || tokens[index - 1].kind == .currency { return nil }
        var value = first.value
        var at = first.end
        if at < tokens.count, tokens[at].word == words.of, tokens[at].isWord { at += 1 }
        if at < tokens.count, tokens[at].kind == .plus { at += 1 }
        if at + 1 < tokens.count, tokens[at].kind == .dash || tokens[at].has(.connector),
            let second = NumberReader.value(tokens, at: at + 1)
        {
            value = max(value, second.value)
            at = second.end
        }
        guard at < tokens.count, tokens[at].has(.timeUnit), tokens[at].isWord else {
            return nil
        }
        let unit = tokens[at].value
        let next = at + 1
        if next < tokens.count, tokens[next].isWord {
            // Nobody plans beyond a century, and no calendar holds every number.
            if let isTime = suffixes.match(tokens, at: next)?.meaning {
                return isTime ? Int(min(value * unit, 36_500)) : nil
            }
        }
        let isVague = first.isWords && (tokens[index].word == words.a || tokens[index].word == words.one) && value == 1
        var isAhead = false
        var isPast = false
        var before = index - 1
        while before >= max(0, index - 4), !tokens[before].isBreak {
            let token = tokens[before]
            let isNext = token.word == words.in || token.word == words.within || token.word == words.next
            if token.word == words.last { return nil }
            // "in 3 months" looks ahead whatever was said before it.
            if isNext, before == index - 1 { return bounded(value * unit) }
            isAhead = isAhead || isNext || token.has([.about, .upperBound, .deadline])
            isPast = isPast || token.has(.past)
            before -= 1
        }
        if isPast { return nil }
        if isAhead { return bounded(value * unit) }
        guard isBare, !isVague else { return nil }
        return bounded(value * unit)
    }

    private func bounded(_ days: Double) -> Int? { days > 0 && days <= 3_650 ? Int(days.rounded()) : nil }

    /// `by end of March`, `March 15`, `3/15`, `next spring`, `summer 2027`.
    private func date(_ passage: Passage, at index: Int, calendar: DayCalendar, isBare: Bool) -> Int? {
        let tokens = passage.tokens
        let token = tokens[index]
        if passage.rolesOfSentence(at: index).contains(.visit), !hasDeadline(passage, index) { return nil }
        if token.isNumber { return slashDate(passage, at: index, calendar: calendar) }
        guard token.isWord, token.has([.month, .season]) else { return nil }
        let before = index > 0 ? tokens[index - 1] : nil
        if let before, before.word == words.last || before.has(.past), before.word != words.next { return nil }
        let part = self.part(passage, before: index)
        let named = namedYear(tokens, after: index)
        if token.has(.month) {
            let day = self.day(tokens, around: index)
            let isAmbiguous =
                (token.word == words.may || token.word == words.march) && !token.marks.contains(.capital)
                || (token.word == words.may && token.marks.contains(.first))
            guard part != nil || day != nil || named != nil || (isBare && !isAmbiguous) else { return nil }
            return calendar.days(untilMonth: Int(token.value), part: part ?? .whole, day: day, year: named)
        }
        guard part != nil || named != nil || isBare else { return nil }
        return calendar.days(
            untilSeason: Int(token.value), part: part ?? .whole,
            skipsCurrent: before?.word == words.next || part == .first, year: named)
    }

    /// Which part the words before a month or season ask for; nil when none makes it a date.
    private func part(_ passage: Passage, before index: Int) -> DayCalendar.Part? {
        var start = max(0, index - 4)
        while start < index {
            if let (part, length) = prefixes.match(passage.tokens, at: start), start + length == index { return part }
            start += 1
        }
        return nil
    }

    private func hasDeadline(_ passage: Passage, _ index: Int) -> Bool {
        (max(0, index - 3)..<index).contains { passage.tokens[$0].has(.deadline) }
    }

    /// The day of the month beside its name: `March 15`, `15th of March`.
    private func day(_ tokens: [Token], around index: Int) -> Int? {
        if index + 1 < tokens.count, tokens[index + 1].isNumber, tokens[index + 1].value <= 31 {
            return Int(tokens[index + 1].value)
        }
        var at = index - 1
        while at >= 0, index - at <= 3 {
            if tokens[at].isNumber { return tokens[at].value <= 31 ? Int(tokens[at].value) : nil }
            guard tokens[at].word == words.of || tokens[at].has(.measure) else { return nil }
            at -= 1
        }
        return nil
    }

    private func namedYear(_ tokens: [Token], after index: Int) -> Int? {
        var at = index + 1
        while at < tokens.count, at <= index + 3 {
            if tokens[at].isNumber, (1900...2100).contains(tokens[at].value) { return Int(tokens[at].value) }
            guard tokens[at].isNumber || tokens[at].kind == .comma || tokens[at].has(.measure) else { return nil }
            at += 1
        }
        return nil
    }

    /// `by 3/15`, `before 6/1/27`
    private func slashDate(_ passage: Passage, at index: Int, calendar: DayCalendar) -> Int? {
        let tokens = passage.tokens
        guard index + 2 < tokens.count, tokens[index + 1].kind == .slash, tokens[index + 2].isNumber,
            index > 0, tokens[index - 1].has(.deadline) || tokens[index - 1].has(.placePreposition),
            (1...12).contains(tokens[index].value), (1...31).contains(tokens[index + 2].value)
        else { return nil }
        var year: Int?
        if index + 4 < tokens.count, tokens[index + 3].kind == .slash, tokens[index + 4].isNumber {
            let value = Int(tokens[index + 4].value)
            year = value < 100 ? 2000 + value : value
        }
        if let year, !(1900...2200).contains(year) { return nil }
        return calendar.days(
            untilMonth: Int(tokens[index].value), part: .whole, day: Int(tokens[index + 2].value), year: year)
    }
}
