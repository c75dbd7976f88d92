extension PlaceReader {
    /// The places of `location_preference`: whatever stands between commas, slashes, "and" and "or" is one.
    func readField(_ passage: Passage, text: String, into places: inout [FoundPlace]) {
        let tokens = passage.tokens
        var start = 0
        while start < tokens.count {
            var end = start
            while end < tokens.count, !endsName(tokens, end) { end += 1 }
            addField(tokens, start..<end, text, &places)
            start = end + 1
        }
    }

    private func endsName(_ tokens: [Token], _ index: Int) -> Bool {
        let token = tokens[index]
        return token.isBreak || token.kind == .slash || token.kind == .plus
            || (token.isWord && token.has(.conjunction) && !token.has(.place))
    }

    private func addField(_ tokens: [Token], _ range: Range<Int>, _ text: String, _ places: inout [FoundPlace]) {
        for index in range {
            if let (area, length) = areas.match(tokens, at: index), index + length <= range.upperBound {
                add(tokens, index..<(index + length), area, text, &places)
                return
            }
        }
        var range = range
        // "near the lake", "in Austin": the name is what follows.
        while let first = range.first, tokens[first].has([.article, .placePreposition]), !tokens[first].has(.place) {
            range = (first + 1)..<range.upperBound
        }
        guard let first = range.first, tokens[first].isWord else { return }
        // A state or country code after a comma belongs to the name before it.
        let isCode =
            range.count == 1 && tokens[first].marks.contains(.allCaps) && tokens[first].end - tokens[first].start == 2
        if isCode, !places.isEmpty { return }
        add(tokens, range, nil, text, &places)
    }

    /// A name as a phrase of the lexicon: ASCII lower case, signs as spaces.
    static func phrase(of name: String) -> String {
        let bytes = name.utf8.map { byte -> UInt8 in
            if byte.isUpper { return byte | 0x20 }
            return byte.isLetter || byte.isDigit || byte >= 0x80 || byte == UInt8(ascii: "'") ? byte : 32
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").joined(separator: " ")
    }
}
