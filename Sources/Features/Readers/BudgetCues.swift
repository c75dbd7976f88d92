/// What stands beside an amount and decides what it means.
struct BudgetCues: Sendable {
    var isUpper = false
    var isLower = false
    var isAbout = false
    var isApproval = false
    var isBudget = false
    var isRent = false
    /// Income, savings, fees, a listing that is not theirs, something counted.
    var isOther = false
    /// "can't do 500k", "500k is too much"
    var isRefused = false
    /// "actually 450k", "now 450k"
    var isCorrection = false
    /// The token after the last one behind it that belongs to it; what comes next starts there.
    var consumed = 0
    /// The clause ends behind it, or goes on with a small word.
    var endsClause = false

    /// Something beside it speaks of money.
    var anyCue: Bool { isUpper || isLower || isAbout || isApproval || isBudget }
}

/// Words that the budget grammar knows by themselves.
struct BudgetWords: Sendable {
    let to, up, than, between, or, least, most, so, too, per, every, a, each, and, now, actually, it, that, ish, give,
        s, low, mid, high, upper, was, much, `as`: UInt16

    init(lexicon: inout Lexicon) {
        to = lexicon.add("to")
        up = lexicon.add("up")
        than = lexicon.add("than")
        between = lexicon.add("between")
        or = lexicon.add("or")
        least = lexicon.add("least")
        most = lexicon.add("most")
        so = lexicon.add("so")
        too = lexicon.add("too")
        per = lexicon.add("per")
        every = lexicon.add("every")
        a = lexicon.add("a")
        each = lexicon.add("each")
        and = lexicon.add("and")
        now = lexicon.add("now")
        actually = lexicon.add("actually")
        it = lexicon.add("it")
        that = lexicon.add("that")
        ish = lexicon.add("ish")
        s = lexicon.add("s")
        low = lexicon.add("low")
        mid = lexicon.add("mid")
        high = lexicon.add("high")
        upper = lexicon.add("upper")
        was = lexicon.add("was")
        much = lexicon.add("much")
        `as` = lexicon.add("as")
        give = lexicon.add("give")
    }
}

extension BudgetReader {
    /// The cues around the tokens `start..<end`; nothing before `floor`, where the amount before it ended.
    func cues(_ passage: Passage, from start: Int, to end: Int, floor: Int) -> BudgetCues {
        var cues = BudgetCues()
        lookBack(passage.tokens, from: start, floor: floor, into: &cues)
        lookAhead(passage.tokens, from: end, into: &cues)
        return cues
    }

    private func lookBack(_ tokens: [Token], from start: Int, floor: Int, into cues: inout BudgetCues) {
        var at = start - 1
        var isNegated = false
        var isPast = false
        while at >= floor, at >= start - 7 {
            let token = tokens[at]
            if token.kind == .stop || (token.kind == .comma && !token.has(.colon)) { break }
            if token.kind == .tilde { cues.isAbout = true }
            if token.word == words.now || token.word == words.actually { cues.isCorrection = true }
            if token.has(.contrast) { break }
            isPast = isPast || token.word == words.was
            if token.has(.negator) {
                isNegated = true
                break
            }
            let isNear = start - at <= 5
            let before = at > floor ? tokens[at - 1].word : 0
            if token.word == words.to, before == words.up {
                cues.isUpper = cues.isUpper || !cues.isLower
                at -= 1
            } else if token.word == words.most {
                cues.isUpper = true
            } else if token.word == words.high || token.word == words.much, tokens[at + 1].word == words.as {
                cues.isUpper = true
            } else if token.word == words.least {
                cues.isLower = true
            } else if token.has(.lessMore), at + 1 < start, tokens[at + 1].word == words.than {
                if BudgetReader.isLess(token) { cues.isUpper = true } else { cues.isLower = true }
            } else if token.has(.upperBound), isNear, !cues.isLower {
                cues.isUpper = true
                if token.has(.budgetCue) { cues.isBudget = true }
            } else if token.has(.lowerBound), isNear, !cues.isUpper {
                cues.isLower = true
            } else if token.has(.about), start - at <= 3 {
                cues.isAbout = true
            } else if token.has(.approval) {
                cues.isApproval = !cues.isBudget
            } else if token.has(.otherMoney), tokens[at + 1].word == words.that || tokens[at + 1].word == words.it {
                // "make that 450k"
                cues.isCorrection = true
                cues.isBudget = true
            } else if token.has(.otherMoney), isNear, !cues.isBudget, !cues.isApproval {
                cues.isOther = true
            } else if token.has(.rentCue), isNear, !cues.isBudget {
                cues.isRent = true
            } else if token.has(.listing), start - at <= 3 {
                cues.isOther = true
            } else if token.has([.budgetCue, .buyWord]) {
                cues.isBudget = true
            }
            at -= 1
        }
        // "It was 500k": somebody's price of another day, unless it is the budget.
        if isPast, !cues.isBudget { cues.isOther = true }
        guard isNegated else { return }
        if cues.isLower {
            cues.isLower = false
            cues.isUpper = true
        } else if cues.isUpper {
            cues.isUpper = false
            cues.isLower = true
        } else {
            cues.isRefused = true
        }
    }

    private static func isLess(_ token: Token) -> Bool { token.value == 1 }

    private func lookAhead(_ tokens: [Token], from end: Int, into cues: inout BudgetCues) {
        cues.endsClause =
            end >= tokens.count || tokens[end].isBreak
            || tokens[end].has([.conjunction, .placePreposition, .article, .common, .about])
        var at = end
        while at < tokens.count, at < end + 4 {
            let token = tokens[at]
            if token.isBreak || token.isNumber { break }
            let next = at + 1 < tokens.count ? tokens[at + 1] : nil
            if token.has(.conjunction), token.word != words.or {
                guard token.word == words.and, let next, next.has([.upperBound]) || next.word == words.up else { break }
            }
            let isRate =
                at > end
                && (tokens[at - 1].kind == .slash || tokens[at - 1].word == words.a || tokens[at - 1].word == words.per
                    || tokens[at - 1].word == words.each || tokens[at - 1].word == words.every)
            if token.has(.monthly), isRate || at == end || !token.has(.timeUnit) {
                cues.isRent = true
                break
            }
            if token.has(.timeUnit), isRate || at == end { cues.isOther = true }
            if token.has(.otherMoney), at <= end + 2 {
                cues.isOther = true
                cues.consumed = at + 1
            }
            if token.has(.measure), at == end { cues.isOther = true }
            if token.has(.approval) { cues.isApproval = true }
            if token.has(.upperBound), at <= end + 3 { cues.isUpper = true }
            if token.word == words.most { cues.isUpper = true }
            if token.has(.lessMore), at > end, tokens[at - 1].word == words.or {
                if BudgetReader.isLess(token) { cues.isUpper = true } else { cues.isLower = true }
            }
            if token.has(.lowerBound), at > end, tokens[at - 1].word == words.or { cues.isLower = true }
            if token.word == words.up, at > end, tokens[at - 1].word == words.and { cues.isLower = true }
            if token.word == words.so, at > end, tokens[at - 1].word == words.or { cues.isAbout = true }
            if token.word == words.ish || token.word == words.give { cues.isAbout = true }
            if token.word == words.too { cues.isRefused = true }
            if token.has(.budgetCue) { cues.isBudget = true }
            at += 1
        }
    }
}
