/// Finds budgets in a passage: an amount or a range, and what its neighbours say it is.
struct BudgetReader: Sendable {
    let words: BudgetWords
    private let amounts: AmountReader

    /// Prices below and above are typing errors or other things.
    private static let plausible = 10_000.0...1_000_000_000.0

    private enum Meaning { case figure, approval, rent }

    init(lexicon: inout Lexicon) {
        words = BudgetWords(lexicon: &lexicon)
        amounts = AmountReader(lexicon: &lexicon)
    }

    /// The first figure of the best kind (a figure, a range, a bound) unless a later one corrects it.
    func read(_ passage: Passage) -> Budget {
        var budget = Budget()
        var index = 0
        var floor = 0
        let count = passage.tokens.count
        while index < count {
            if let hundreds = hundreds(passage, at: index) {
                budget.figure = budget.figure ?? hundreds
                index += 2
                continue
            }
            guard AmountReader.mayStart(passage.tokens[index]),
                let first = amounts.amount(passage.tokens, at: index)
            else {
                index += 1
                continue
            }
            var low: Amount?
            var high = first
            if let second = rangeEnd(passage.tokens, start: index, first) {
                low = first
                high = second
            }
            let cues = self.cues(passage, from: index, to: high.end, floor: floor)
            if let meaning = judge(&low, &high, cues, passage) {
                let isBound = cues.isUpper || cues.isLower || high.isOpen
                let figure = Budget.Figure(
                    low: low.map { min($0.value, high.value) } ?? high.value,
                    high: low.map { max($0.value, high.value) } ?? high.value, isBound: isBound && low == nil,
                    isRound: cues.isAbout || BudgetReader.isRound(high.value))
                switch meaning {
                case .rent: budget.rent = high.value
                case .approval: budget.approval = figure
                case .figure:
                    if let known = budget.figure, known.rank <= figure.rank, !cues.isCorrection { break }
                    budget.figure = figure
                }
            }
            floor = max(high.end, cues.consumed)
            index = max(index + 1, high.end)
        }
        return budget
    }

    /// "the low 400s", "in the 500s": a third of the hundred thousands, or all of them.
    private func hundreds(_ passage: Passage, at index: Int) -> Budget.Figure? {
        let tokens = passage.tokens
        guard tokens[index].isNumber, tokens[index].word == 3, index > 0, index + 1 < tokens.count,
            tokens[index + 1].word == words.s, tokens[index + 1].isWord, !tokens[index + 1].marks.contains(.spaced),
            tokens[index].value.truncatingRemainder(dividingBy: 100) == 0
        else { return nil }
        let base = tokens[index].value * 1_000
        let before = tokens[index - 1].word
        let part =
            before == words.low
            ? (0.0, 30_000.0)
            : before == words.mid
                ? (30_000, 70_000)
                : before == words.high || before == words.upper ? (70_000, 100_000) : (0, 100_000)
        return Budget.Figure(low: base + part.0, high: base + part.1, isBound: false, isRound: true)
    }

    /// The other end of `A - B`, `A to B`, `between A and B`.
    private func rangeEnd(_ tokens: [Token], start: Int, _ first: Amount) -> Amount? {
        var at = first.end
        // "from 250k up to 275k"
        if at + 1 < tokens.count, tokens[at].word == words.up, tokens[at + 1].word == words.to { at += 1 }
        guard at + 1 < tokens.count, tokens[at].kind == .dash || tokens[at].has(.connector) else { return nil }
        if tokens[at].word == words.and, tokens[at].isWord {
            guard start > 0, tokens[max(0, start - 3)..<start].contains(where: { $0.word == words.between }) else {
                return nil
            }
        }
        return amounts.amount(tokens, at: at + 1)
    }

    private func judge(_ low: inout Amount?, _ high: inout Amount, _ cues: BudgetCues, _ passage: Passage) -> Meaning? {
        if cues.isRefused { return nil }
        let isSeller = passage.roles.contains(.sellWord)
        if cues.isOther, !(isSeller && passage.roles.contains(.listing)), !cues.isRent { return nil }
        let isRent =
            cues.isRent
            || (passage.roles.contains(.rentCue) && !passage.roles.contains(.buyWord) && high.value < 20_000
                && !high.hasScale && (high.hasCurrency || cues.anyCue))
        if isRent, high.value < 50_000 {
            return !cues.isOther && high.value >= 100 ? .rent : nil
        }
        if var lower = low {
            AmountReader.shareScale(&lower, &high)
            low = lower
        }
        let isMoneyTalk = cues.isBudget || cues.isApproval || passage.asked.contains(.budget) || low != nil
        guard normalise(&high, cues, isMoneyTalk, isAsked: passage.asked.contains(.budget)) else { return nil }
        if var lower = low {
            guard normalise(&lower, cues, isMoneyTalk, isAsked: passage.asked.contains(.budget)) else { return nil }
            low = lower
        }
        return cues.isApproval ? .approval : .figure
    }

    /// Brings an amount to full currency; false when it can't be a price.
    private func normalise(_ amount: inout Amount, _ cues: BudgetCues, _ isMoneyTalk: Bool, isAsked: Bool) -> Bool {
        if !amount.hasScale, !amount.isBig {
            // People leave the thousands out: "around 450", "pre-approved for 400", "$450-500".
            guard cues.anyCue || isAsked || (amount.hasCurrency && isMoneyTalk) else { return false }
            guard isMoneyTalk || amount.hasCurrency || cues.endsClause else { return false }
            if amount.isDecimal, amount.value < 20 {
                amount.value = (amount.value * 1_000_000).rounded()
            } else if amount.value >= 50, amount.value < 2_000 {
                amount.value *= 1_000
            } else {
                return false
            }
        }
        return BudgetReader.plausible.contains(amount.value)
    }

    /// At most two significant digits.
    private static func isRound(_ value: Double) -> Bool {
        var unit = 1.0
        while value / unit >= 100 { unit *= 10 }
        return (value / unit).rounded() == value / unit
    }
}
