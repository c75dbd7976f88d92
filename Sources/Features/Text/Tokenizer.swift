/// Cuts UTF-8 bytes into tokens, once per text, and numbers the sentences.
struct Tokenizer: Sendable {
    let lexicon: Lexicon

    /// Replaces `tokens` by those of `text`. Total over any bytes. O(bytes).
    func tokenize(_ text: String, into tokens: inout [Token]) {
        tokens.removeAll(keepingCapacity: true)
        var copy = text
        copy.withUTF8 { buffer in
            var scan = Scan(bytes: buffer, lexicon: lexicon)
            scan.run(into: &tokens)
        }
    }
}

/// One pass over one text.
private struct Scan {
    let bytes: UnsafeBufferPointer<UInt8>
    let lexicon: Lexicon
    var at = 0
    var spaced = true
    var joined = false
    var sentence: Int32 = 0
    var startsSentence = true

    init(bytes: UnsafeBufferPointer<UInt8>, lexicon: Lexicon) {
        self.bytes = bytes
        self.lexicon = lexicon
    }

    func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func run(into tokens: inout [Token]) {
        while at < bytes.count {
            let byte = bytes[at]
            if byte.isLetter {
                word(into: &tokens)
            } else if byte.isDigit {
                number(into: &tokens)
            } else if byte >= 0x80 {
                if let sign = wideSign() {
                    at += sign.length
                    self.sign(sign.ascii, into: &tokens)
                } else {
                    word(into: &tokens)
                }
            } else {
                at += 1
                sign(byte, into: &tokens)
            }
        }
    }

    /// Typographic signs that stand for an ASCII one.
    func wideSign() -> (ascii: UInt8, length: Int)? {
        switch (byte(at), byte(at + 1), byte(at + 2)) {
        case (0xC2, 0xA0, _): (UInt8(ascii: " "), 2)
        case (0xC2, 0xA3, _): (UInt8(ascii: "$"), 2)
        case (0xE2, 0x82, 0xAC): (UInt8(ascii: "$"), 3)
        case (0xE2, 0x80, 0x90...0x95): (UInt8(ascii: "-"), 3)
        case (0xE2, 0x88, 0x92): (UInt8(ascii: "-"), 3)
        case (0xE2, 0x80, 0x98...0x9F): (UInt8(ascii: "\""), 3)
        case (0xE2, 0x80, 0xA6): (UInt8(ascii: "."), 3)
        case (0xE2, 0x80, 0xA2), (0xE2, 0x80, 0x80...0x8A): (UInt8(ascii: " "), 3)
        default: nil
        }
    }

    mutating func append(_ token: Token, to tokens: inout [Token]) {
        var token = token
        if spaced { token.marks.insert(.spaced) }
        if joined { token.marks.insert(.joined) }
        if startsSentence { token.marks.insert(.first) }
        token.sentence = sentence
        tokens.append(token)
        spaced = false
        joined = false
        startsSentence = false
    }

    /// Letters, digits after them, inner apostrophes, and any byte of a wider character.
    mutating func word(into tokens: inout [Token]) {
        let start = at
        var hash = Lexicon.offsetBasis
        var upper = 0
        var continuations: UInt16 = 0
        var letters = 0
        while at < bytes.count {
            var byte = bytes[at]
            if byte.isUpper {
                upper += 1
                letters += 1
                byte |= 0x20
            } else if byte >= 0x80 {
                if byte == 0xE2, self.byte(at + 1) == 0x80, self.byte(at + 2) == 0x99, self.byte(at + 3).isLetter {
                    byte = UInt8(ascii: "'")
                    continuations &+= 2
                    at += 2
                } else if wideSign() != nil {
                    break
                }
                letters += 1
            } else if byte == UInt8(ascii: "'") {
                guard self.byte(at + 1).isLetter else { break }
            } else if byte.isLetter || byte.isDigit {
                letters += 1
            } else {
                break
            }
            if byte & 0xC0 == 0x80 { continuations &+= 1 }
            hash = (hash ^ UInt64(byte)) &* Lexicon.prime
            at += 1
        }
        let id = lexicon.find(hash: hash)
        var token = Token(start: Int32(start), end: Int32(at), kind: .word, word: id)
        token.roles = lexicon.roles[Int(id)]
        token.value = lexicon.values[Int(id)]
        token.extraBytes = continuations
        if bytes[start].isUpper || (bytes[start] == 0xC3 && (0x80...0x9E).contains(byte(start + 1))) {
            token.marks.insert(.capital)
        }
        if letters > 1, upper == letters { token.marks.insert(.allCaps) }
        let isLink = token.has(.reference) && token.value == 1 && (byte(at) == UInt8(ascii: ":") || byte(at) == 46)
        let isHost = token.has(.reference) && token.value == 2 && !spaced && start > 0 && byte(start - 1) == 46
        if isLink || isHost {
            address(into: &tokens)
        } else {
            append(token, to: &tokens)
        }
    }

    /// Takes the whole run without white space, what stands before included, as an address.
    mutating func address(into tokens: inout [Token]) {
        var isSpaced = spaced
        while !isSpaced, let last = tokens.last, last.kind != .stop {
            isSpaced = last.marks.contains(.spaced)
            startsSentence = startsSentence || last.marks.contains(.first)
            tokens.removeLast()
        }
        let start = at
        while at < bytes.count, bytes[at] > 0x20 { at += 1 }
        spaced = true
        append(Token(start: Int32(start), end: Int32(at), kind: .address), to: &tokens)
    }

    mutating func number(into tokens: inout [Token]) {
        let start = at
        var value = 0.0
        var digits: UInt16 = 0
        var marks: Token.Marks = []
        func isGroup(_ index: Int, _ separator: UInt8) -> Bool {
            byte(index) == separator && byte(index + 1).isDigit && byte(index + 2).isDigit && byte(index + 3).isDigit
                && !byte(index + 4).isDigit
        }
        while byte(at).isDigit || isGroup(at, UInt8(ascii: ",")) {
            if bytes[at] == UInt8(ascii: ",") {
                marks.insert(.grouped)
            } else {
                // More digits than a double holds are no amount of anything here.
                value = min(value * 10 + Double(bytes[at] - 48), 1e15)
                digits = min(digits + 1, 99)
            }
            at += 1
        }
        if isGroup(at, 46), isGroup(at + 4, 46) {
            while isGroup(at, 46) {
                for place in 1...3 { value = min(value * 10 + Double(bytes[at + place] - 48), 1e15) }
                digits = min(digits + 3, 99)
                at += 4
            }
            marks.insert(.grouped)
        } else if byte(at) == 46, byte(at + 1).isDigit {
            var mantissa = value
            var divisor = 1.0
            at += 1
            while byte(at).isDigit {
                if divisor < 1e6, mantissa < 1e9 {
                    mantissa = mantissa * 10 + Double(bytes[at] - 48)
                    divisor *= 10
                }
                at += 1
            }
            // "$450.000" is written by people who count thousands so; "1.125M" is not.
            if divisor == 1_000, value >= 50, !byte(at).isLetter {
                value = mantissa
                marks.insert(.grouped)
            } else {
                value = mantissa / divisor
                marks.insert(.decimal)
            }
        }
        var kind = Token.Kind.number
        if byte(at) == UInt8(ascii: ":"), byte(at + 1).isDigit {
            while byte(at).isDigit || byte(at) == UInt8(ascii: ":") { at += 1 }
            kind = .clock
        }
        append(
            Token(start: Int32(start), end: Int32(at), kind: kind, marks: marks, word: digits, value: value),
            to: &tokens)
    }

    mutating func sign(_ byte: UInt8, into tokens: inout [Token]) {
        func put(_ kind: Token.Kind, _ roles: Role = []) {
            append(Token(start: Int32(at - 1), end: Int32(at), kind: kind, roles: roles), to: &tokens)
        }
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            spaced = true
        case UInt8(ascii: "_"):
            // "300k_400k" is a range, "1_month" two words.
            if self.byte(at).isDigit { hyphen(into: &tokens) } else { spaced = true }
        case UInt8(ascii: "\n"), UInt8(ascii: "!"), UInt8(ascii: "?"):
            stop(byte, into: &tokens)
        case UInt8(ascii: "."):
            let next = self.byte(at)
            let isSentenceEnd = next <= 0x20 || next == UInt8(ascii: ")") || next == 34 || next == 0xE2
            if isSentenceEnd, !isAbbreviated(tokens.last) { stop(byte, into: &tokens) }
        case UInt8(ascii: "$"): put(.currency)
        case UInt8(ascii: "-"): hyphen(into: &tokens)
        case UInt8(ascii: "/"): put(.slash)
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"): put(.comma)
        case UInt8(ascii: ":"), UInt8(ascii: "="): put(.comma, .colon)
        case UInt8(ascii: "%"): put(.percent)
        case UInt8(ascii: "+"): put(.plus)
        case UInt8(ascii: "#"): put(.hash)
        case UInt8(ascii: "~"): put(.tilde)
        case UInt8(ascii: "@"): if !spaced { address(into: &tokens) }
        case 0..<0x20: spaced = true
        default: break
        }
    }

    /// "St. Louis", "approx. 400k" go on; "$2,500/mo. We …" does not.
    func isAbbreviated(_ last: Token?) -> Bool {
        guard let last, last.isWord else { return false }
        // An initial, not the "k" of "$500k."
        if last.end - last.start == 1 { return last.marks.isSuperset(of: [.capital, .spaced]) }
        guard last.has(.abbreviation) else { return false }
        return last.has(.nameAbbreviation) || !byte(at + 1).isUpper
    }

    mutating func stop(_ byte: UInt8, into tokens: inout [Token]) {
        guard let last = tokens.last else { return }
        let isQuestion = byte == UInt8(ascii: "?")
        if last.kind == .stop {
            if isQuestion { tokens[tokens.count - 1].roles.insert(.question) }
        } else {
            append(
                Token(start: Int32(at - 1), end: Int32(at), kind: .stop, roles: isQuestion ? .question : []),
                to: &tokens)
            sentence += 1
        }
        startsSentence = true
        spaced = true
    }

    /// A hyphen inside a compound joins, before a figure it makes a range, between spaces it is a pause.
    mutating func hyphen(into tokens: inout [Token]) {
        let before = at >= 2 ? bytes[at - 2] : 32
        var next = at
        while byte(next) == 32 { next += 1 }
        let isSpacedOut = spaced && next > at
        let joinsFigures =
            byte(next).isDigit || byte(next) == UInt8(ascii: "$") || byte(next) == 0xC2 || byte(next) == 0xE2
        if joinsFigures, tokens.last.map({ $0.isNumber || $0.has([.scale, .moneyWord, .measure]) }) ?? false {
            append(Token(start: Int32(at - 1), end: Int32(at), kind: .dash), to: &tokens)
        } else if before > 32, next == at, byte(at) > 32 {
            joined = true
        } else if isSpacedOut {
            append(Token(start: Int32(at - 1), end: Int32(at), kind: .comma), to: &tokens)
        } else {
            spaced = true
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 48 < 10 }
    var isUpper: Bool { self &- 65 < 26 }
    var isLetter: Bool { (self | 0x20) &- 97 < 26 }
}
