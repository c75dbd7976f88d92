import JSONBytes
import Testing

/// What the parser refuses, with which code and where.
struct JSONRejectionTests {
    @Test(arguments: [
        ("", JSONError.Code.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1), ("{\"a\":1,}", .unexpectedByte, 7), ("{,}", .unexpectedByte, 1),
        ("{\"a\" 1}", .unexpectedByte, 5), ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1),
        ("[1}", .unexpectedByte, 2), ("{\"a\":1]", .unexpectedByte, 6), ("[1 2]", .unexpectedByte, 3),
        ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("]", .unexpectedByte, 0),
        ("'a'", .unexpectedByte, 0), ("tru", .unexpectedEnd, 3), ("trux", .unexpectedByte, 3),
        ("nul", .unexpectedEnd, 3), ("True", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
        ("01", .invalidNumber, 0), ("-01", .invalidNumber, 1), ("1.", .unexpectedEnd, 2), ("1.e1", .invalidNumber, 2),
        (".5", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), ("-", .unexpectedEnd, 1), ("-a", .invalidNumber, 1),
        ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("[1ee1]", .invalidNumber, 3),
        ("0x10", .trailingBytes, 1), ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .unexpectedByte, 2),
        ("\"\u{1f}\"", .unexpectedByte, 1), (#""\x""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1),
        (#""\u12"#, .unexpectedEnd, 5), (#""\ud800""#, .invalidEscape, 1), (#""\udc00""#, .invalidEscape, 1),
        (#""\ud800\u0041""#, .invalidEscape, 1), (#""\ud800\n""#, .invalidEscape, 1),
        (#""\ud800\ud800""#, .invalidEscape, 1), ("/**/1", .unexpectedByte, 0), ("[1]//", .trailingBytes, 3),
        ("\u{feff}1", .unexpectedByte, 0), ("\u{c}1", .unexpectedByte, 0), ("\"\\", .unexpectedEnd, 2),
        ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5), ("{", .unexpectedEnd, 1),
    ])
    func `bad text is refused with its place`(source: String, code: JSONError.Code, offset: Int) {
        #expect(throws: JSONError(code: code, offset: offset)) { try parse(source) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3, 0x28], [0xE2, 0x82, 0x28],
            [0xF0, 0x9F, 0x8F, 0x28],
        ] as [[UInt8]])
    func `ill-formed UTF-8 is refused, short and behind a long run`(sequence: [UInt8]) {
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) {
            try JSONDocument(parsing: [0x22] + sequence + Array("........\"".utf8))
        }
        let run = [UInt8](repeating: 0x61, count: 29)
        #expect(throws: JSONError(code: .invalidUTF8, offset: 30)) {
            try JSONDocument(parsing: [0x22] + run + sequence + Array("........\"".utf8))
        }
    }

    @Test func `ill-formed UTF-8 outside strings is an unexpected byte`() {
        #expect(throws: JSONError(code: .unexpectedByte, offset: 1)) {
            try JSONDocument(parsing: [0x5B, 0xFF, 0x5D])
        }
    }

    @Test func `depth and size stop at their limits`() throws {
        let limits = JSONLimits(maximumDepth: 3, maximumBytes: 7)
        _ = try parse("[[[1]]]", limits: limits)
        #expect(throws: JSONError(code: .tooDeep, offset: 3)) { try parse("[[[[]]]", limits: limits) }
        #expect(throws: JSONError(code: .tooLarge, offset: 7)) { try parse("[[[1]]] ", limits: limits) }
        let deep = String(repeating: "[", count: 500_000)
        #expect(throws: JSONError(code: .tooDeep, offset: 16)) { try parse(deep) }
    }

    @Test func `a document cut at any byte is refused`() throws {
        let whole = Array(#"{"a":[1,-2.5e-3,"x\u00e9\ud83c\udfe1é🏡"],"b":{"c":null,"d":[true,false]}}"#.utf8)
        _ = try JSONDocument(parsing: whole)
        for length in 0..<whole.count {
            #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(whole[..<length])) }
        }
    }

    @Test func `any one byte changed gives a document or an error, and then every value can be read`() {
        let whole = Array(#"{"a":[1,-2.5e-3,"x\u00e9\ud83c\udfe1é🏡"],"b":{"c":null,"d":[true,false]}}"#.utf8)
        var accepted = 0
        for index in whole.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = whole
                changed[index] = byte
                guard let document = try? JSONDocument(parsing: changed) else { continue }
                accepted += 1
                #expect(readsCompletely(document.root))
            }
        }
        #expect(accepted > whole.count)
    }

    private func readsCompletely(_ element: JSONElement) -> Bool {
        switch element.kind {
        case .object: element.members.allSatisfy { readsCompletely($0.value) }
        case .array: element.elements.allSatisfy(readsCompletely)
        case .string: element.string != nil
        case .number: element.double != nil || element.bytes.count > 2
        case .bool: element.bool != nil
        case .null: element.isNull
        }
    }
}
