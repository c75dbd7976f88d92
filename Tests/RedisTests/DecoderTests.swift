import Foundation
import Testing

@testable import Redis

@Suite struct DecoderTests {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Every type, with what it means.
    static let samples: [(String, RESPValue)] = [
        ("+OK\r\n", .simple(bytes("OK"))), ("+\r\n", .simple([])),
        ("-ERR no such thing\r\n", .error(bytes("ERR no such thing"))),
        (":0\r\n", .integer(0)), (":-42\r\n", .integer(-42)), (":+7\r\n", .integer(7)),
        (":9223372036854775807\r\n", .integer(.max)), (":-9223372036854775808\r\n", .integer(.min)),
        ("$5\r\nhello\r\n", .bulk(bytes("hello"))), ("$0\r\n\r\n", .bulk([])), ("$-1\r\n", .null),
        ("$8\r\na\r\nb\0\r\nc\r\n", .bulk(bytes("a\r\nb\0\r\nc"))),
        ("*-1\r\n", .null), ("*0\r\n", .array([])),
        ("*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", .array([.integer(1), .array([.bulk(bytes("x"))])])),
        ("_\r\n", .null), ("#t\r\n", .boolean(true)), ("#f\r\n", .boolean(false)),
        (",1.5\r\n", .double(1.5)), (",-2e10\r\n", .double(-2e10)), (",inf\r\n", .double(.infinity)),
        (",-inf\r\n", .double(-.infinity)), (",10\r\n", .double(10)),
        (
            "(-3492890328409238509324850943850943825024385\r\n",
            .bigNumber(bytes("-3492890328409238509324850943850943825024385"))
        ),
        ("!8\r\nERR a\r\nb\r\n", .error(bytes("ERR a\r\nb"))),
        ("=8\r\ntxt:text\r\n", .verbatim(format: bytes("txt"), bytes("text"))),
        ("~2\r\n+a\r\n#t\r\n", .set([.simple(bytes("a")), .boolean(true)])),
        (
            "%1\r\n+key\r\n*2\r\n:1\r\n_\r\n",
            .map([RESPPair(key: .simple(bytes("key")), value: .array([.integer(1), .null]))])
        ),
        ("%0\r\n", .map([])),
        (">2\r\n+invalidate\r\n_\r\n", .push([.simple(bytes("invalidate")), .null])),
        // What an attribute says of the value after it is skipped, wherever it stands.
        ("|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n", .bulk(bytes("x"))), ("|0\r\n:1\r\n", .integer(1)),
        ("*2\r\n|1\r\n+a\r\n%1\r\n+b\r\n*0\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    /// Feeds the pieces and collects what comes out.
    private func decode(
        _ pieces: [ArraySlice<UInt8>], limits: RESPLimits = RESPLimits()
    ) throws(RESPError) -> [RESPValue] {
        var decoder = RESPDecoder(limits: limits)
        var values: [RESPValue] = []
        for piece in pieces {
            decoder.append(piece)
            while let value = try decoder.next() { values.append(value) }
        }
        return values
    }

    private func error(_ text: String, limits: RESPLimits = RESPLimits()) -> RESPError? {
        do {
            _ = try decode([Self.bytes(text)[...]], limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: samples)
    func `each type is read for what it is`(_ text: String, _ expected: RESPValue) throws {
        #expect(try decode([Self.bytes(text)[...]]) == [expected])
    }

    @Test func `not a number is read as such`() throws {
        let values = try decode([Self.bytes(",nan\r\n")[...]])
        guard case .double(let value)? = values.first else {
            Issue.record("no double")
            return
        }
        #expect(value.isNaN)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a whole conversation split anywhere, or into single bytes, is the same conversation`() throws {
        let all = Self.samples.flatMap { Self.bytes($0.0) }
        let expected = Self.samples.map(\.1)
        #expect(try decode([all[...]]) == expected)
        #expect(try decode(all.indices.map { all[$0...$0] }) == expected)
        for place in all.indices {
            #expect(try decode([all[..<place], all[place...]]) == expected, "split at \(place)")
        }
    }

    @Test func `every beginning of an answer waits for the rest`() throws {
        for (text, _) in Self.samples {
            let bytes = Self.bytes(text)
            for count in bytes.indices {
                #expect(try decode([bytes[..<count]]).isEmpty, "\(count) bytes of \(text.debugDescription)")
            }
        }
    }

    @Test(arguments: [
        ("x", RESPError.unknownType), ("HTTP/1.1 400\r\n", .unknownType), ("\r\n", .unknownType), ("\0", .unknownType),
        ("+OK\n", .brokenLine), ("+O\rK\r\n", .brokenLine), ("$3\n", .brokenLine),
        (":\r\n", .badNumber), (":-\r\n", .badNumber), (":1x\r\n", .badNumber),
        (":9223372036854775808\r\n", .badNumber),
        (":-9223372036854775809\r\n", .badNumber), (":00000000000000000000001\r\n", .badNumber),
        ("$\r\n", .badLength), ("$-2\r\n", .badLength), ("$+1\r\n", .badLength), ("$1x\r\n", .badLength),
        ("*-2\r\n", .badLength), ("*?\r\n", .badLength), ("%-1\r\n", .badLength), ("~-1\r\n", .badLength),
        ("$9999999999999999999999\r\n", .badLength), ("_x\r\n", .badLength), ("!-1\r\n", .badLength),
        ("$3\r\nabcd\r\n", .unterminatedBulk), ("$3\r\nabc\rx", .unterminatedBulk), ("$0\r\nxx", .unterminatedBulk),
        ("#x\r\n", .badNumber), ("#\r\n", .badNumber), ("#tt\r\n", .badNumber),
        (",\r\n", .badNumber), (",0x1p3\r\n", .badNumber), (",infinity\r\n", .badNumber), (",1.5.2\r\n", .badNumber),
        ("(\r\n", .badNumber), ("(12a\r\n", .badNumber), ("(--1\r\n", .badNumber),
        ("=3\r\ntxt\r\n", .badLength), ("=5\r\ntxt;x\r\n", .badLength), ("*1\r\n>0\r\n", .misplacedPush),
    ])
    func `what is no answer is an error of its own`(_ text: String, _ expected: RESPError) {
        #expect(error(text) == expected)
    }

    @Test func `depth is bounded, and a thousand brackets need no stack`() {
        var limits = RESPLimits()
        limits.depth = 3
        #expect(error("*1\r\n*1\r\n*1\r\n:1\r\n", limits: limits) == nil)
        #expect(error("*1\r\n*1\r\n*1\r\n*1\r\n", limits: limits) == .tooDeep)
        limits.depth = .max
        #expect(error(String(repeating: "*1\r\n", count: 100_000), limits: limits) == nil)
    }

    @Test func `sizes are refused when they are announced`() {
        var limits = RESPLimits()
        limits.bulkBytes = 10
        #expect(error("$10\r\n", limits: limits) == nil)
        #expect(error("$11\r\n", limits: limits) == .tooLarge)
        limits = RESPLimits()
        limits.elements = 10
        #expect(error("*10\r\n", limits: limits) == nil)
        #expect(error("*11\r\n", limits: limits) == .tooManyElements)
        #expect(error("%6\r\n", limits: limits) == .tooManyElements)
        #expect(error("*5\r\n*5\r\n*1\r\n", limits: limits) == .tooManyElements)
        #expect(error("*999999999999999999\r\n") == .tooManyElements)
        #expect(error("%999999999999999999\r\n") == .tooManyElements)
        #expect(error(String(repeating: "|1\r\n:1\r\n:1\r\n", count: 6), limits: limits) == .tooManyElements)
        limits = RESPLimits()
        limits.lineBytes = 10
        #expect(error("+123456789", limits: limits) == nil)
        #expect(error("+1234567890", limits: limits) == .lineTooLong)
        limits = RESPLimits()
        limits.messageBytes = 30
        #expect(error("*2\r\n$10\r\n0123456789\r\n", limits: limits) == nil)
        #expect(error("*2\r\n$10\r\n0123456789\r\n$10\r\n", limits: limits) == .tooLarge)
        // The next answer has its own account.
        #expect(error("$10\r\n0123456789\r\n$10\r\n0123456789\r\n", limits: limits) == nil)
    }

    @Test func `after an error nothing is read any more, and nothing is kept`() {
        var decoder = RESPDecoder()
        decoder.append(Self.bytes("+OK\r\nx"))
        #expect(throws: Never.self) { try #require(try decoder.next() == .simple(Self.bytes("OK"))) }
        for _ in 0..<2 {
            #expect(throws: RESPError.unknownType) { try decoder.next() }
            decoder.append(Self.bytes("+OK\r\n"))
            #expect(decoder.waitingBytes == 0)
        }
    }

    @Test func `a command is its length and its arguments, byte for byte`() {
        var command = RedisCommand("SET", .bytes([0, 13, 10, 255]), "", "PX", 30_000)
        command.append("é")
        var bytes: [UInt8] = []
        command.write(to: &bytes)
        let expected =
            Self.bytes("*6\r\n$3\r\nSET\r\n$4\r\n") + [0, 13, 10, 255]
            + Self.bytes("\r\n$0\r\n\r\n$2\r\nPX\r\n$5\r\n30000\r\n$2\r\né\r\n")
        #expect(bytes == expected)
        #expect(command.byteCount == bytes.count)
    }

    @Test func `pairs come from a map and from the array in its place`() {
        let pairs = [RESPPair(key: .integer(1), value: .null)]
        #expect(RESPValue.map(pairs).pairs == pairs)
        #expect(RESPValue.array([.integer(1), .null]).pairs == pairs)
        #expect(RESPValue.array([.integer(1)]).pairs == nil)
    }

    @Test func `every input that the fuzzer kept reads the same whole and in pieces, or fails the same`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../FuzzTesting/FailCases/resp").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        try #require(files.count >= 9, "the kept inputs are gone")
        for file in files {
            // The first byte is the fuzzer's own.
            let bytes = try [UInt8](Data(contentsOf: file)).dropFirst()
            let whole = Result { () throws(RESPError) in try decode([bytes]) }
            let pieces = Result { () throws(RESPError) in try decode(bytes.indices.map { bytes[$0...$0] }) }
            #expect(whole == pieces, "\(file.lastPathComponent)")
        }
    }
}
