import JSONBytes
import Testing

struct JSONWriterTests {
    @Test func `commas stand between values and nowhere else`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.key("list")
        writer.beginArray()
        writer.value("x")
        writer.beginObject()
        writer.endObject()
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.value(true)
        writer.endArray()
        writer.key(String("k\"ey"))
        writer.raw(Array("[1]".utf8))
        writer.member("none", Int?.none)
        writer.endObject()
        #expect(text(writer) == #"{"a":1,"list":["x",{},null,[],true],"k\"ey":[1],"none":null}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\u{8}\u{9}\u{a}\u{c}\u{d}", #""\b\t\n\f\r""#),
        ("\u{0}\u{1f}\u{1b}", #""\u0000\u001f\u001b""#), ("é🏡\u{7f}\u{2028}", "\"é🏡\u{7f}\u{2028}\""),
    ])
    func `strings are escaped as little as RFC 8259 allows`(value: String, expected: String) throws {
        var writer = JSONWriter()
        writer.value(value)
        #expect(text(writer) == expected)
        #expect(try JSONDocument(parsing: writer.bytes).root.string == value)
    }

    @Test func `integers are written whole`() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.value(Int.min)
        writer.value(UInt64.max)
        writer.value(Int64(0))
        writer.value(-1)
        writer.endArray()
        #expect(text(writer) == "[-9223372036854775808,18446744073709551615,0,-1]")
    }

    @Test func `a double has the shortest text that reads back, as description has`() {
        var generator = SplitMix(state: 11)
        var samples: [Double] = [
            0, -0.0, 1, -1, 0.1, 1e-4, 9.9e-5, 999_999_999, 1e9, 1e16, .leastNonzeroMagnitude, 85, 0.85, 2.5, -7.25,
        ]
        samples += [Double.greatestFiniteMagnitude, 0.30000000000000004, 123_456_789.123_456, 999_999_999.999_999_9]
        for _ in 0..<20_000 {
            let decimals = Int.random(in: 0...9, using: &generator)
            let digits = Int.random(in: -2_000_000_000...2_000_000_000, using: &generator)
            let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
            samples.append(Double(digits) / scale)
            samples.append(Double.random(in: 0...1, using: &generator))
            samples.append((Double(digits) / scale).nextUp)
            let any = Double(bitPattern: generator.next())
            if any.isFinite { samples.append(any) }
        }
        for sample in samples {
            var writer = JSONWriter(reserving: 32)
            writer.value(sample)
            #expect(text(writer) == sample.description)
        }
    }

    @Test func `a float has the shortest text that reads back`() {
        for sample in [Float(0.1), -0.0, .leastNonzeroMagnitude, 3.4028235e38, 0.3, 16_777_216] {
            var writer = JSONWriter()
            writer.value(sample)
            #expect(text(writer) == sample.description)
        }
    }

    @Test func `a document that is taken in pieces is the same document`() {
        var writer = JSONWriter()
        var taken: [UInt8] = []
        writer.beginObject()
        writer.key("a")
        taken += writer.takeBytes()
        writer.beginArray()
        for value in 1...3 {
            writer.value(value)
            taken += writer.takeBytes()
        }
        writer.endArray()
        writer.member("b", true)
        writer.endObject()
        taken += writer.takeBytes()
        #expect(String(decoding: taken, as: UTF8.self) == #"{"a":[1,2,3],"b":true}"#)
        #expect(writer.takeBytes().isEmpty)
    }

    @Test func `model values spell what JSON cannot`() {
        var writer = JSONWriter()
        writer.beginArray()
        for value in [Float.nan, .infinity, -.infinity, 0.5] { writer.modelValue(value) }
        writer.endArray()
        #expect(text(writer) == "[NaN,Infinity,-Infinity,0.5]")
    }

    private func text(_ writer: JSONWriter) -> String { String(decoding: writer.bytes, as: UTF8.self) }
}
