/// One text as the readers see it: its tokens after masking, and what each sentence holds.
///
/// A single value is reused for all texts of a lead, so that their buffers are allocated once.
struct Passage: Sendable {
    var tokens: [Token] = []
    /// Union of the roles of a sentence's tokens, by sentence.
    var sentenceRoles: [Role] = []
    /// Union over the text.
    var roles: Role = []
    /// Characters of the words and figures that are left after masking, one between each two. Signs don't count, so
    /// that a masked sentence leaves no trace.
    var length = 0
    /// Sentences with at least one token left.
    var sentenceCount = 0
    var maskedSpans = 0
    /// What our last message before it asked for.
    var asked: Question = []

    /// Subjects of a question of ours that the next inbound text answers.
    struct Question: OptionSet, Sendable {
        let rawValue: UInt8
        static let place = Question(rawValue: 1)
        static let budget = Question(rawValue: 2)
        static let approval = Question(rawValue: 4)
        static let time = Question(rawValue: 8)
    }

    /// Numbers the sentences anew and gathers their roles. Call after masking.
    mutating func survey() {
        sentenceRoles.removeAll(keepingCapacity: true)
        roles = []
        length = 0
        sentenceCount = 0
        var old: Int32 = -1
        var hasWords = false
        for index in tokens.indices {
            if tokens[index].sentence != old {
                old = tokens[index].sentence
                sentenceRoles.append([])
                hasWords = false
            }
            tokens[index].sentence = Int32(sentenceRoles.count - 1)
            sentenceRoles[sentenceRoles.count - 1].formUnion(tokens[index].roles)
            roles.formUnion(tokens[index].roles)
            switch tokens[index].kind {
            case .word, .number, .address, .clock:
                length += Int(tokens[index].end - tokens[index].start) - Int(tokens[index].extraBytes) + 1
                if !hasWords { sentenceCount += 1 }
                hasWords = true
            default: break
            }
        }
        length = max(0, length - 1)
    }

    func rolesOfSentence(at index: Int) -> Role { sentenceRoles[Int(tokens[index].sentence)] }

    /// Whether the token at `index` opens a question that can't be a claim ("do I need …?", "how do …?").
    func isInQuestion(_ index: Int) -> Bool {
        guard rolesOfSentence(at: index).contains(.question) else { return false }
        var first = index
        while first > 0, tokens[first - 1].sentence == tokens[index].sentence, !tokens[first - 1].isBreak { first -= 1 }
        return tokens[first].has(.opener)
    }

    /// Whether a negator governs the token at `index`: at most six words before it, in the same clause, with no new
    /// subject between.
    func isNegated(_ index: Int, reach: Int = 6) -> Bool { negator(before: index, reach: reach) != nil }

    /// The position of that negator.
    func negator(before index: Int, reach: Int = 6) -> Int? {
        var at = index - 1
        let limit = max(0, index - reach)
        while at >= limit {
            let token = tokens[at]
            if token.isBreak || token.has(.contrast) { return nil }
            if token.has(.negator) { return at }
            if token.has(.subject), at < index - 1 { return nil }
            at -= 1
        }
        return nil
    }

    func has(_ role: Role, at index: Int) -> Bool { tokens.indices.contains(index) && tokens[index].has(role) }

    func isKind(_ kind: Token.Kind, at index: Int) -> Bool {
        tokens.indices.contains(index) && tokens[index].kind == kind
    }
}
