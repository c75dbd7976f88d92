/// Finds the end of a string and proves that what lies between can be decoded without failure.
struct StringScanner {
    let source: UnsafeBufferPointer<UInt8>

    /// - Parameter quote: index of the opening quote.
    /// - Returns: the index after the closing quote, and whether the text between contains escapes.
    /// - Throws: ``JSONError`` at the byte that can't stand in a string.
    func scan(from quote: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        let count = source.count
        var at = quote &+ 1
        var hasEscapes = false
        while true {
            while at &+ 8 <= count, isPlain(at) { at &+= 8 }
            guard at < count else { throw JSONError(code: .unexpectedEnd, offset: count) }
            let byte = source[at]
            if byte == UInt8(ascii: "\"") { return (at &+ 1, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                at = try escapeEnd(from: at)
            } else if byte >= 0x80 {
                at = try sequenceEnd(from: at)
            } else if byte >= 0x20 {
                at &+= 1
            } else {
                throw JSONError(code: .unexpectedByte, offset: at)
            }
        }
    }

    /// Whether the eight bytes at `at` are ASCII without quote, backslash and control characters.
    ///
    /// The "find a zero byte" trick (Hacker's Delight 6-1) on four conditions at once; it may say no too often
    /// (never yes), and then the careful loop takes one byte.
    @inline(__always)
    private func isPlain(_ at: Int) -> Bool {
        let raw = UnsafeRawBufferPointer(source)
        let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let suspicious = (quotes &- ones) | (backslashes &- ones) | (word &- ones &* 0x20) | word
        return suspicious & (ones &* 0x80) == 0
    }

    // MARK: Escapes

    private func escapeEnd(from backslash: Int) throws(JSONError) -> Int {
        guard backslash &+ 1 < source.count else { throw JSONError(code: .unexpectedEnd, offset: source.count) }
        switch source[backslash &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash &+ 2
        case UInt8(ascii: "u"): break
        default: throw JSONError(code: .invalidEscape, offset: backslash)
        }
        let unit = try codeUnit(ofEscapeAt: backslash)
        guard unit & 0xF800 == 0xD800 else { return backslash &+ 6 }
        // A high surrogate needs its low partner right behind it (RFC 8259, section 8.2).
        let partner = backslash &+ 6
        guard unit < 0xDC00 else { throw JSONError(code: .invalidEscape, offset: backslash) }
        try expect(UInt8(ascii: "\\"), at: partner, ofEscapeAt: backslash)
        try expect(UInt8(ascii: "u"), at: partner &+ 1, ofEscapeAt: backslash)
        guard try codeUnit(ofEscapeAt: partner) & 0xFC00 == 0xDC00 else {
            throw JSONError(code: .invalidEscape, offset: backslash)
        }
        return partner &+ 6
    }

    private func expect(_ byte: UInt8, at index: Int, ofEscapeAt backslash: Int) throws(JSONError) {
        guard index < source.count else { throw JSONError(code: .unexpectedEnd, offset: source.count) }
        guard source[index] == byte else { throw JSONError(code: .invalidEscape, offset: backslash) }
    }

    private func codeUnit(ofEscapeAt backslash: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in (backslash &+ 2)..<(backslash &+ 6) {
            guard index < source.count else { throw JSONError(code: .unexpectedEnd, offset: source.count) }
            guard let digit = Self.hexDigit(source[index]) else {
                throw JSONError(code: .invalidEscape, offset: backslash)
            }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// Value of an ASCII hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    // MARK: UTF-8

    /// Checks one multi-byte sequence against table 3-7 of the Unicode standard: no overlong form, no surrogate,
    /// nothing above U+10FFFF.
    private func sequenceEnd(from start: Int) throws(JSONError) -> Int {
        let lead = source[start]
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError(code: .invalidUTF8, offset: start)
        }
        for index in 1..<length {
            guard start &+ index < source.count else { throw JSONError(code: .unexpectedEnd, offset: source.count) }
            let byte = source[start &+ index]
            guard index == 1 ? second.contains(byte) : byte & 0xC0 == 0x80 else {
                throw JSONError(code: .invalidUTF8, offset: start)
            }
        }
        return start &+ length
    }
}
