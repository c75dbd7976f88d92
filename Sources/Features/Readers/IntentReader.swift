/// What a lead is after, how far they have come, and what kind of property.
struct IntentReader: Sendable {
    enum Cue: Sendable {
        case buy, sell, rent
        /// A word for selling or buying that is only theirs when nothing else is said.
        case seekHome
        case none
        case spam, maybeSpam
        /// "tired of renting": takes a rent cue out.
        case nothing
    }

    private let cues: PhraseTable<Cue>
    private let stages: PhraseTable<Int>
    private let properties: PhraseTable<Int>
    private let tones: PhraseTable<Int>
    private let optOuts: PhraseTable<Bool>

    init(lexicon: inout Lexicon) {
        cues = PhraseTable(IntentReader.cueTable, lexicon: &lexicon)
        stages = PhraseTable(IntentReader.stageTable, lexicon: &lexicon)
        properties = PhraseTable(IntentReader.propertyTable, lexicon: &lexicon)
        optOuts = PhraseTable([(true, "stop|quit|cancel|end|stopall|stop please|please stop")], lexicon: &lexicon)
        tones = PhraseTable(IntentReader.toneTable, lexicon: &lexicon)
    }

    /// The intent that the text states; nil when it states none.
    func intent(_ passage: Passage, hasRent: Bool) -> Intent? {
        var buys = 0, sells = 0, rents = 0, nones = 0, spams = 0, seeks = 0
        var index = 0
        while index < passage.tokens.count {
            if passage.tokens[index].kind == .address { spams += 1 }
            guard let (cue, length) = cues.match(passage.tokens, at: index) else {
                index += 1
                continue
            }
            let isNegated = passage.isNegated(index, reach: 5)
            switch cue {
            case .buy: if isNegated { nones += 1 } else { buys += 1 }
            case .sell: if isNegated { nones += 1 } else { sells += 1 }
            case .rent: if isNegated { nones += 1 } else { rents += 1 }
            case .seekHome: if !isNegated { seeks += 1 }
            case .none: nones += 2
            case .spam: spams += 3
            case .maybeSpam: spams += 1
            case .nothing: break
            }
            index += length
        }
        if let first = passage.tokens.first, first.isWord, passage.tokens.count <= 3,
            optOuts.match(passage.tokens, at: 0) != nil
        {
            nones += 2
        }
        if spams >= 3, buys + sells + rents + seeks <= 1 || spams >= 6 { return .spam }
        if hasRent, buys == 0, sells == 0 { return .rent }
        if buys > 0 { return .buy }
        if sells > 0 { return .sell }
        if rents > 0 { return .rent }
        if nones >= 2 { return Intent.none }
        if seeks > 0 { return .buy }
        return nil
    }

    /// The furthest stage spoken of, 0 exploration ... 3 commitment; nil when none is.
    func stage(_ passage: Passage) -> Int? {
        var furthest: Int?
        var index = 0
        while index < passage.tokens.count {
            guard let (stage, length) = stages.match(passage.tokens, at: index) else {
                index += 1
                continue
            }
            // "not ready to buy" is where they still look around.
            let reached = stage > 0 && passage.isNegated(index, reach: 4) ? 0 : stage
            furthest = max(furthest ?? 0, reached)
            index += length
        }
        return furthest
    }

    /// The property wanted, as a position in the vocabulary. A kind named beside "sell" counts only without another, a
    /// plain "house" only without a more exact word.
    func property(_ passage: Passage) -> Int? {
        var exact: Int?
        var plain: Int?
        var sold: Int?
        var index = 0
        let tokens = passage.tokens
        while index < tokens.count {
            guard let (meaning, length) = properties.match(tokens, at: index) else {
                index += 1
                continue
            }
            // "anything but a condo"
            let isExcluded = (max(0, index - 2)..<index).contains {
                tokens[$0].has(.contrast) && passage.has(.homeNoun, at: $0 - 1)
            }
            if meaning >= 0, !isExcluded, !passage.isNegated(index, reach: 4) {
                let isSold = (max(0, index - 3)..<index).contains { tokens[$0].has(.sellWord) }
                if isSold {
                    sold = sold ?? meaning % 10
                } else if meaning >= 10 {
                    plain = plain ?? meaning % 10
                } else {
                    exact = exact ?? meaning
                }
            }
            index += length
        }
        return exact ?? plain ?? sold
    }

    /// Formal signs minus casual ones.
    func tone(_ passage: Passage) -> Int {
        var total = 0
        var index = 0
        while index < passage.tokens.count {
            guard let (tone, length) = tones.match(passage.tokens, at: index) else {
                index += 1
                continue
            }
            total += tone
            index += length
        }
        return total
    }
}
