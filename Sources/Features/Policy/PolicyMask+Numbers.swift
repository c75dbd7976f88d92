extension PolicyMask {
    /// Figures that are an age or a voucher: "I'm 34", "in my 30s", "55+", "section 8". Phrase tables know words only.
    func numberSpan(_ tokens: [Token], _ index: Int) -> Range<Int>? {
        let token = tokens[index]
        let next = index + 1 < tokens.count ? tokens[index + 1] : nil
        if token.isWord, token.word == words.section, let next, next.isNumber, next.value == 8 {
            return index..<(index + 2)
        }
        guard token.isNumber, token.value >= 16, token.value <= 99 else { return nil }
        let before = index > 0 ? tokens[index - 1] : nil
        if let next, next.isWord, next.word == words.s, !next.marks.contains(.spaced), before?.word != words.the {
            return index..<(index + 2)
        }
        if let next, next.kind == .plus, token.value == 55 || token.value == 62, before?.kind != .currency {
            return index..<(index + 2)
        }
        guard let before, before.has(.subject), next.map({ $0.isBreak || $0.word == words.and }) ?? true else {
            return nil
        }
        return index..<(index + 1)
    }

    /// "2 family house", "3-family": a kind of building, not a family.
    func isBuildingKind(_ tokens: [Token], _ index: Int, _ length: Int) -> Bool {
        guard length == 1, tokens[index].word == words.family, index > 0, tokens[index - 1].isNumber,
            tokens[index - 1].value <= 4
        else { return false }
        let next = index + 1 < tokens.count ? tokens[index + 1] : nil
        return tokens[index].marks.contains(.joined) || (next?.has(.homeNoun) ?? true)
    }
}
