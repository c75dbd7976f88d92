/// Takes protected and proxy matter out of a text before anything reads it.
///
/// A clause that speaks of nothing else goes whole; beside other matter only the phrase goes, with the words that belong to
/// it (articles, numbers, ages). What is gone leaves no trace: no token, no sentence, no length.
struct PolicyMask: Sendable {
    private let phrases: PhraseTable<ProtectedMatter>
    let words: Words

    struct Words: Sendable {
        let and, of, who, are, aged, ages, age, at, `is`, family, section, s, the: UInt16

        init(lexicon: inout Lexicon) {
            and = lexicon.add("and")
            of = lexicon.add("of")
            who = lexicon.add("who")
            are = lexicon.add("are")
            aged = lexicon.add("aged")
            ages = lexicon.add("ages")
            age = lexicon.add("age")
            at = lexicon.add("at")
            `is` = lexicon.add("is")
            family = lexicon.add("family")
            section = lexicon.add("section")
            s = lexicon.add("s")
            the = lexicon.add("the")
        }
    }

    init(lexicon: inout Lexicon) {
        phrases = PhraseTable(ProtectedMatter.phrases, lexicon: &lexicon)
        words = Words(lexicon: &lexicon)
    }

    private struct Span {
        var range: Range<Int>
        /// Whether the clause goes with it when it speaks of nothing else. The number of bedrooms goes alone.
        var takesClause: Bool
    }

    /// Removes the tokens of protected spans. Returns how many spans there were.
    func apply(to tokens: inout [Token]) -> Int {
        var spans: [Span] = []
        var index = 0
        while index < tokens.count {
            if let (matter, length) = phrases.match(tokens, at: index) {
                if matter != .none, !isBuildingKind(tokens, index, length) {
                    let range = extend(tokens, index..<(index + length), matter)
                    spans.append(Span(range: range, takesClause: matter != .bedrooms))
                }
                index = max(index + length, spans.last?.range.upperBound ?? 0)
            } else if let span = originSpan(tokens, index) ?? numberSpan(tokens, index) {
                spans.append(Span(range: span, takesClause: true))
                index = max(span.upperBound, index + 1)
            } else {
                index += 1
            }
        }
        guard !spans.isEmpty else { return 0 }
        remove(spans, from: &tokens)
        return spans.count
    }

    /// The phrase with what belongs to it: "my two young kids, ages 5 and 7".
    private func extend(_ tokens: [Token], _ span: Range<Int>, _ matter: ProtectedMatter) -> Range<Int> {
        var start = span.lowerBound
        var end = span.upperBound
        let floor = max(0, start - 5)
        while start > floor {
            let token = tokens[start - 1]
            let isBound =
                token.isNumber || token.kind == .dash || token.has([.modifier, .origin])
                || (token.has(.article) && token.isWord) || (token.has(.numberWord) && token.isWord)
            guard isBound, token.sentence == tokens[start].sentence else { break }
            start -= 1
        }
        if start > 0, start < span.lowerBound || !matter.isProxy,
            tokens[start - 1].has(.placePreposition) || isLink(tokens[start - 1])
        {
            start -= 1
        }
        // Ages and numbers behind it.
        var at = end
        var last = end
        while at < tokens.count, at < end + 7, tokens[at].sentence == tokens[span.lowerBound].sentence {
            let token = tokens[at]
            if token.isNumber {
                last = at + 1
            } else if !(token.word == words.and || token.kind == .comma || token.word == words.who
                || token.word == words.are || token.word == words.is || token.word == words.aged
                || token.word == words.ages || token.word == words.age || token.word == words.of
                || token.kind == .dash || (token.has(.numberWord) && token.isWord) || token.word == words.at)
            {
                break
            }
            if token.has(.numberWord), token.isWord { last = at + 1 }
            at += 1
        }
        if last > end, !matter.isProxy || matter == .place, !leadsToMoney(tokens, last) { end = last }
        // "my husband and I": the link goes with it.
        if end < tokens.count, tokens[end].word == words.and, tokens[end].isWord, !matter.isProxy { end += 1 }
        return start..<end
    }

    private func isLink(_ token: Token) -> Bool { token.isWord && token.word == words.of }

    /// Whether the figure before `end` is an amount or a time rather than an age or a count.
    private func leadsToMoney(_ tokens: [Token], _ end: Int) -> Bool {
        let last = tokens[end - 1]
        if last.has([.scale, .moneyWord]) || last.kind == .currency { return true }
        if last.isNumber, last.value >= 100, !(1900...2100).contains(last.value) { return true }
        guard end < tokens.count else { return false }
        if tokens[end].has([.scale, .moneyWord]) || tokens[end].kind == .currency { return true }
        guard last.isNumber, tokens[end].has([.timeUnit, .measure]) else { return false }
        return phrases.match(tokens, at: end)?.meaning != .age
    }

    /// A word for origin or colour is protected only beside a person: "we are Korean", "a black family".
    private func originSpan(_ tokens: [Token], _ index: Int) -> Range<Int>? {
        guard tokens[index].isWord, tokens[index].has(.origin) else { return nil }
        let next = index + 1
        if next < tokens.count, tokens[next].isWord, tokens[next].has([.person, .origin]) {
            return extend(tokens, index..<(next + 1), .origin)
        }
        guard index > 0 else { return nil }
        let before = tokens[index - 1]
        let isSelf = before.isWord && (before.has(.subject) || before.word == words.are)
        let ends = next >= tokens.count || tokens[next].isBreak || tokens[next].has(.conjunction)
        return isSelf && ends ? index..<next : nil
    }

    // MARK: Removal

    private func remove(_ spans: [Span], from tokens: inout [Token]) {
        var dropped = [Bool](repeating: false, count: tokens.count)
        var takesClause = [Bool](repeating: false, count: tokens.count)
        for span in spans {
            for index in span.range {
                dropped[index] = true
                takesClause[index] = span.takesClause
            }
        }
        var start = 0
        while start < tokens.count {
            var end = start
            while end < tokens.count, !isBoundary(tokens, end, from: start) { end += 1 }
            // A comma or full stop belongs to the clause before it.
            if end < tokens.count, tokens[end].isBreak { end += 1 }
            end = max(end, start + 1)
            if (start..<end).contains(where: { takesClause[$0] }), !hasSignal(tokens, start..<end, dropped) {
                for index in start..<end { dropped[index] = true }
            }
            start = end
        }
        dropEmptySentences(tokens, &dropped)
        var kept = 0
        for index in tokens.indices where !dropped[index] {
            tokens[kept] = tokens[index]
            kept += 1
        }
        tokens.removeLast(tokens.count - kept)
    }

    private func isBoundary(_ tokens: [Token], _ index: Int, from start: Int) -> Bool {
        tokens[index].isBreak || (index > start && tokens[index].has(.conjunction) && tokens[index].isWord)
    }

    private func hasSignal(_ tokens: [Token], _ clause: Range<Int>, _ dropped: [Bool]) -> Bool {
        for index in clause where !dropped[index] {
            let token = tokens[index]
            if token.isNumber || token.kind == .currency || token.has(.signal) { return true }
            let isNamed = token.isWord && token.marks.contains(.capital) && (token.word == 0 || token.has(.place))
            if isNamed, index > clause.lowerBound, tokens[index - 1].has(.placePreposition) { return true }
        }
        return false
    }

    /// A sentence of which only signs and small words are left goes too.
    private func dropEmptySentences(_ tokens: [Token], _ dropped: inout [Bool]) {
        var start = 0
        while start < tokens.count {
            var end = start
            while end < tokens.count, tokens[end].sentence == tokens[start].sentence { end += 1 }
            let range = start..<end
            if range.contains(where: { dropped[$0] }),
                !range.contains(where: { !dropped[$0] && !tokens[$0].isBreak && !tokens[$0].has(.conjunction) })
            {
                for index in range { dropped[index] = true }
            }
            start = end
        }
    }
}
