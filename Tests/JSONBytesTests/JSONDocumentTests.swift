import JSONBytes
import Testing

/// What the parser accepts and how it reads it.
struct JSONDocumentTests {
    @Test func `a document shows its kinds, counts and source text`() throws {
        let document = try parse(#" {"a":[1,2,{}], "b":"x", "c":null, "d":true, "e":-1.5e3 , "f":{}} "#)
        let root = document.root
        #expect(root.kind == .object)
        #expect(root.count == 6)
        #expect(root.members.map(\.key) == ["a", "b", "c", "d", "e", "f"])
        #expect(root.members.map(\.value.kind) == [.array, .string, .null, .bool, .number, .object])
        #expect(root["a"]?.elements.map(\.kind) == [.number, .number, .object])
        #expect(root["a"].map { String(decoding: $0.bytes, as: UTF8.self) } == "[1,2,{}]")
        #expect(root["e"]?.double == -1500)
        #expect(root["d"]?.bool == true)
        #expect(root["c"]?.isNull == true)
        #expect(root["g"] == nil)
        #expect(root["b"]?["a"] == nil)
    }

    @Test func `duplicate names are all shown and the first one is found`() throws {
        let root = try parse(#"{"a":1,"b":2,"a":3}"#).root
        #expect(root.members.map(\.value.int) == [1, 2, 3])
        #expect(root["a"]?.int == 1)
    }

    @Test func `a value of another kind reads as nil`() throws {
        let root = try parse(#"["1", 1, true, null, {}, []]"#).root
        let elements = Array(root.elements)
        #expect(elements.map { $0.double != nil } == [false, true, false, false, false, false])
        #expect(elements.map { $0.string != nil } == [true, false, false, false, false, false])
        #expect(elements.map { $0.bool != nil } == [false, false, true, false, false, false])
        #expect(elements.map { $0.int != nil } == [false, true, false, false, false, false])
    }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83c\udfe1""#, "🏡"), (#""\u0000x""#, "\u{0}x"),
        ("\"🏡 é € ok and a long tail of ASCII\"", "🏡 é € ok and a long tail of ASCII"),
        (#""eight by"# + #"\n te""#, "eight by\n te"), ("\"\u{7f}\u{2028}\u{10FFFF}\"", "\u{7f}\u{2028}\u{10FFFF}"),
    ])
    func `strings are decoded`(source: String, expected: String) throws {
        #expect(try parse(source).root.string == expected)
    }

    @Test func `an escaped name is found by its decoded text`() throws {
        #expect(try parse(#"{"b":1,"\u0061":2}"#).root["a"]?.int == 2)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("12", 12), ("12.0", 12), ("1.2e1", 12), ("120e-1", 12), ("1.5", nil), ("1e-1", nil),
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("9223372036854775808", nil),
        ("-9223372036854775809", nil), ("1e18", 1_000_000_000_000_000_000), ("1e19", nil), ("0e999999999", 0),
        ("1.000000000000000000000000000000", 1), ("99999999999999999999999", nil), ("1e99999999999999999999", nil),
    ])
    func `integers are exact or nil`(source: String, expected: Int?) throws {
        #expect(try parse(source).root.int == expected)
    }

    @Test(arguments: [
        "0", "-0.0", "1", "0.1", "1e22", "1e23", "123456789012345678", "9007199254740993", "1e-5", "5e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308", "0.30000000000000004",
        "3.14159265358979323846264338327950288", "1E+2", "1E-22", "1E-23", "12345678901234567890", "0.000001",
        "8.5e-1", "72057594037927945", "1.00000005960464477539", "7.0064923216240854e-46", "16777217", "1e-40",
        "0.00000000000000000000000000000000000001", "1.000000059604644775390624", "1.000000059604644775390626",
    ])
    func `numbers are the standard library's, to the bit`(source: String) throws {
        let root = try parse(source).root
        #expect(root.double?.bitPattern == Double(source)?.bitPattern)
        #expect(root.float?.bitPattern == Float(source).flatMap { $0.isFinite ? $0.bitPattern : nil })
    }

    @Test func `random doubles and floats come back to the bit`() throws {
        var generator = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let wide = Double(bitPattern: generator.next())
            let narrow = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            if wide.isFinite {
                #expect(try parse(wide.description).root.double?.bitPattern == wide.bitPattern)
                if Float(wide).isFinite {
                    #expect(try parse(wide.description).root.float?.bitPattern == Float(wide.description)?.bitPattern)
                }
            }
            if narrow.isFinite {
                #expect(try parse(narrow.description).root.float?.bitPattern == narrow.bitPattern)
            }
        }
    }

    @Test func `a decimal beyond the range is not infinity`() throws {
        #expect(try parse("1e999").root.double == nil)
        #expect(try parse("1e39").root.float == nil)
        #expect(try parse("1e39").root.double == 1e39)
    }

    @Test func `non-finite tokens are for model files only`() throws {
        let source = Array("[NaN, Infinity, -Infinity]".utf8)
        #expect(throws: JSONError(code: .unexpectedByte, offset: 1)) { try JSONDocument(parsing: source) }
        let elements = try JSONDocument(parsing: source, limits: .model).root.elements.map(\.float)
        #expect(elements[0]?.isNaN == true)
        #expect(elements[1] == .infinity)
        #expect(elements[2] == -.infinity)
    }
}

func parse(_ source: String, limits: JSONLimits = .request) throws(JSONError) -> JSONDocument {
    try JSONDocument(parsing: Array(source.utf8), limits: limits)
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
