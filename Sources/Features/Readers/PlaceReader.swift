/// A place that a text names.
struct FoundPlace: Sendable, Hashable {
    /// As written.
    var name: String
    /// Position in the profile's service areas; nil outside all.
    var area: Int?
}

/// Finds places by the profile's list and by pattern: "in", "near", "around" and capitalised words; never by a list of
/// cities.
struct PlaceReader: Sendable {
    let areas: PhraseTable<Int>
    private let openers: PhraseTable<Opening>
    private let closers: PhraseTable<Bool>
    private let words: Words

    private enum Opening: Sendable {
        /// A place follows ("in", "moving to").
        case place
        /// A place may follow, if it is capitalised ("looking for", "how about").
        case perhaps
    }

    private struct Words: Sendable {
        let of, the, and, or, la, de, del, from, to: UInt16

        init(lexicon: inout Lexicon) {
            of = lexicon.add("of")
            the = lexicon.add("the")
            and = lexicon.add("and")
            or = lexicon.add("or")
            la = lexicon.add("la")
            de = lexicon.add("de")
            del = lexicon.add("del")
            from = lexicon.add("from")
            to = lexicon.add("to")
        }
    }

    init(profile: [(area: Int, phrases: String)], lexicon: inout Lexicon) {
        areas = PhraseTable(profile.map { ($0.area, $0.phrases) }, lexicon: &lexicon)
        openers = PhraseTable(
            [
                (
                    .place,
                    """
                    in|near|around|outside|outside of|close to|move to|moving to|relocating to|relocate to|transfer to|\
                    transferring to|moved to|not far from|commuting distance to|inside|within|in or around|\
                    in or near|in and around|in the city of|the city of|vicinity of|located at|search around|\
                    house at|apartment at|place at|home at|property at|looking at|look at|near to|nearby
                    """
                ),
                (
                    .perhaps,
                    """
                    looking for|search for|how about|what about|thinking about|thinking of|prefer|preferably|explore|\
                    consider|considering|i think|i thought|go with|would be|must be|should be|area is|city is|\
                    location is|place is|like the place|we love|i love|we like|switch to|apartments at|open to|i like
                    """
                ),
            ], lexicon: &lexicon)
        closers = PhraseTable(
            [(true, "area|areas|neighborhood|neighbourhood|district|region|vicinity|suburbs")], lexicon: &lexicon)
        words = Words(lexicon: &lexicon)
    }

    /// Adds the places of `passage` to `places`, without repeats.
    func read(_ passage: Passage, text: String, into places: inout [FoundPlace]) {
        let tokens = passage.tokens
        var index = 0
        let isAnswer = passage.asked.contains(.place)
        while index < tokens.count {
            if !tokens[index].isWord {
                index += 1
                continue
            }
            if let (area, length) = areas.match(tokens, at: index) {
                add(tokens, index..<(index + length), area, text, &places)
                index += length
                continue
            }
            if passage.rolesOfSentence(at: index).contains(.otherTopic) {
                index += 1
                continue
            }
            if let (opening, length) = openers.match(tokens, at: index) {
                let end = list(passage, from: index + length, opening, isAnswer: isAnswer, text, &places)
                index = max(end, index + 1)
                continue
            }
            if let next = indirect(tokens, index) {
                index = list(passage, from: next, .perhaps, isAnswer: isAnswer, text, &places)
                continue
            }
            if tokens[index].marks.contains(.capital), let end = named(passage, index, isAnswer: isAnswer) {
                add(tokens, index..<end, nil, text, &places)
                index = end
                continue
            }
            index += 1
        }
    }

    /// "from Chicago to Nashville": the place after "to"; "12 Birch Lane, Dunmere": the place after the street.
    private func indirect(_ tokens: [Token], _ index: Int) -> Int? {
        let token = tokens[index]
        if token.word == words.from, let end = capitalised(tokens, from: index + 1), end < tokens.count,
            tokens[end].word == words.to, tokens[end].isWord
        {
            return end + 1
        }
        guard token.has(.streetSuffix), token.marks.contains(.capital), index > 0, index + 2 < tokens.count,
            tokens[index - 1].marks.contains(.capital), tokens[index + 1].kind == .comma
        else { return nil }
        return index + 2
    }

    /// The places after an opener: one, or several with commas, "and" and "or" between. Returns where it stopped.
    private func list(
        _ passage: Passage, from start: Int, _ opening: Opening, isAnswer: Bool, _ text: String,
        _ places: inout [FoundPlace]
    ) -> Int {
        let tokens = passage.tokens
        var at = start
        var count = 0
        while at < tokens.count, count < 16 {
            var first = at
            while first < tokens.count, tokens[first].isWord, tokens[first].has(.article), first < at + 2 { first += 1 }
            // "near downtown Seattle"
            while first + 1 < tokens.count, tokens[first].has(.place), !tokens[first].marks.contains(.capital),
                tokens[first + 1].marks.contains(.capital), tokens[first + 1].isWord, first < at + 3
            {
                first += 1
            }
            guard first < tokens.count, tokens[first].sentence == tokens[start - 1].sentence else { return at }
            if let (area, length) = areas.match(tokens, at: at) {
                add(tokens, at..<(at + length), area, text, &places)
                at += length
            } else if let (area, length) = areas.match(tokens, at: first) {
                add(tokens, first..<(first + length), area, text, &places)
                at = first + length
            } else if let end = capitalised(tokens, from: first) {
                add(tokens, first..<end, nil, text, &places)
                at = end
            } else if count == 0, opening == .place, first == at || tokens[at].word == words.the,
                let end = lowerCase(passage, from: first, opener: start - 1)
            {
                add(tokens, first..<end, nil, text, &places)
                at = end
            } else {
                return at
            }
            count += 1
            at = afterState(tokens, at)
            var next = at
            if next < tokens.count, tokens[next].kind == .comma || tokens[next].kind == .slash { next += 1 }
            if next < tokens.count, tokens[next].isWord, tokens[next].word == words.and || tokens[next].word == words.or
            {
                next += 1
            }
            if next == at { return at }
            at = next
        }
        return at
    }

    /// "Austin, TX": the state belongs to the place before it.
    private func afterState(_ tokens: [Token], _ at: Int) -> Int {
        guard at + 1 < tokens.count, tokens[at].kind == .comma, tokens[at + 1].isWord,
            tokens[at + 1].marks.contains(.allCaps), tokens[at + 1].end - tokens[at + 1].start == 2
        else { return at }
        return at + 2
    }

    /// A run of capitalised words that can be a name. Returns its end.
    private func capitalised(_ tokens: [Token], from start: Int) -> Int? {
        guard start < tokens.count, canOpen(tokens[start]) else { return nil }
        var at = start + 1
        while at < tokens.count, at < start + 5, tokens[at].isWord,
            tokens[at].marks.contains(.spaced)
                || tokens[at].marks.contains(.joined)
        {
            let token = tokens[at]
            let isLink =
                token.word == words.of || token.word == words.de || token.word == words.del
                || token.word == words.la || token.word == words.the
            if isLink, at + 1 < tokens.count, tokens[at + 1].marks.contains(.capital), tokens[at + 1].isWord,
                token.word != words.the, canOpen(tokens[at + 1])
            {
                at += 1
                continue
            }
            // "Walnut creek", "San leandro": the rest of a name in lower case.
            let isTail = token.has(.placeSuffix) || (token.word == 0 && tokens[at - 1].has(.place))
            guard token.marks.contains(.capital) || isTail, !token.has([.subject, .month, .weekday]) else { break }
            if token.has([.conjunction, .negator, .article]), !token.has(.place) { break }
            at += 1
        }
        // "Fremont Boulevard", "Meadow Apartments": an address or a building, not an area.
        for position in (start + 1)..<max(at, start + 1) where tokens[position].has([.streetSuffix]) { return nil }
        for position in start..<at where PlaceReader.isBuilding(tokens[position]) && position > start { return nil }
        if tokens[start].has(.place), at == start + 1, !tokens[start].marks.contains(.allCaps),
            tokens[start].has(.common)
                || tokens[start].has(.article)
        {
            return nil
        }
        return at
    }

    private static func isBuilding(_ token: Token) -> Bool { token.has(.homeNoun) && token.has(.measure) }

    private func canOpen(_ token: Token) -> Bool {
        guard token.isWord, token.marks.contains(.capital) else { return false }
        if token.has(.place) { return true }
        return !token.has([.common, .subject, .month, .weekday, .homeNoun, .article, .visit, .opener, .negator])
    }

    /// "apartment in fremont": one to three words that nothing else explains, after a word for a home, at the end of
    /// their clause.
    private func lowerCase(_ passage: Passage, from start: Int, opener: Int) -> Int? {
        let tokens = passage.tokens
        let isAnswer = passage.asked.contains(.place)
        let before = opener > 0 ? tokens[opener - 1] : nil
        let isHome = before.map { $0.has([.homeNoun, .seek]) || $0.isBreak } ?? true
        guard isHome || isAnswer, tokens[opener].has(.placePreposition) else { return nil }
        var at = start
        while at < tokens.count, at < start + 3, isUnknown(tokens[at]) || (at > start && tokens[at].has(.placeSuffix)) {
            at += 1
        }
        guard at > start, tokens[at - 1].word == 0 || tokens[at - 1].has(.placeSuffix) else { return nil }
        guard
            at == tokens.count || tokens[at].isBreak || closers.match(tokens, at: at) != nil
                || tokens[at].has([.conjunction, .placePreposition, .common, .subject, .article])
        else { return nil }
        return at
    }

    private func isUnknown(_ token: Token) -> Bool {
        token.isWord && (token.word == 0 || token.has(.place) && !token.has(.common)) && token.end - token.start > 2
    }

    /// A capitalised run that its surroundings make a place: "the San Rafael area", an answer to our own question.
    private func named(_ passage: Passage, _ index: Int, isAnswer: Bool) -> Int? {
        let tokens = passage.tokens
        guard let end = capitalised(tokens, from: index) else { return nil }
        let isFirst = tokens[index].marks.contains(.first)
        if end < tokens.count, closers.match(tokens, at: end) != nil, !isFirst || tokens[index].word == 0 { return end }
        if isAnswer, tokens[index].word == 0 || tokens[index].has(.place) { return end }
        return nil
    }

    func add(
        _ tokens: [Token], _ range: Range<Int>, _ area: Int?, _ text: String, _ places: inout [FoundPlace]
    ) {
        guard places.count < 64, let first = range.first, let last = range.last else { return }
        var name = PlaceReader.slice(text, Int(tokens[first].start), Int(tokens[last].end))
        if name.hasSuffix("'s") { name.removeLast(2) }
        let folded = name.lowercased()
        if places.contains(where: { area != nil ? $0.area == area : $0.name.lowercased() == folded }) { return }
        places.append(FoundPlace(name: name, area: area))
    }

    private static func slice(_ text: String, _ start: Int, _ end: Int) -> String {
        let bytes = text.utf8
        return String(decoding: bytes.dropFirst(start).prefix(end - start), as: UTF8.self)
    }
}
