import Testing

@testable import Realtime

/// One line of the table: what a client sends, and everything the server must understand of it, up to and including
/// the first violation. The groups follow those of the protocol's public conformance suite; the cases are our own.
struct FrameCase: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var outputs: [FrameParser.Output]

    init(_ name: String, _ frames: [[UInt8]], _ outputs: [FrameParser.Output]) {
        self.name = name
        bytes = frames.flatMap { $0 }
        self.outputs = outputs
    }

    var testDescription: String { name }

    static let wrong = FrameParser.Output.violation(.protocolError)
    static let notText = FrameParser.Output.violation(.invalidText)

    private static func filled(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(0x20 + $0 % 90) } }
    private static func text(_ text: String) -> FrameParser.Output { .text(Array(text.utf8)) }

    static let all: [FrameCase] =
        framing + pings + reservedBits + opcodes + fragments + utf8 + closes + lengths

    // 1: sizes around the two length forms, text and binary.
    static let framing: [FrameCase] = [0, 1, 125, 126, 127, 128, 300].flatMap { count in
        [
            FrameCase("text of \(count)", [ClientFrame.text(bytes: filled(count))], [.text(filled(count))]),
            FrameCase("binary of \(count)", [ClientFrame.binary(filled(count))], [.binary(filled(count))]),
        ]
    }

    // 2: pings and pongs.
    static let pings: [FrameCase] = [
        FrameCase("empty ping", [ClientFrame.ping()], [.ping([])]),
        FrameCase("ping of text", [ClientFrame.ping(filled(12))], [.ping(filled(12))]),
        FrameCase(
            "ping of bytes that are no text", [ClientFrame.ping([0x00, 0xFF, 0xFE])], [.ping([0x00, 0xFF, 0xFE])]),
        FrameCase("ping of 125", [ClientFrame.ping(filled(125))], [.ping(filled(125))]),
        FrameCase("ping of 126", [ClientFrame.ping(filled(126))], [wrong]),
        FrameCase(
            "pong out of the blue", [ClientFrame.pong(filled(3)), ClientFrame.ping()], [.pong(filled(3)), .ping([])]),
        FrameCase("ten pings", (0..<10).map { ClientFrame.ping([$0]) }, (0..<10).map { .ping([$0]) }),
        FrameCase("ping in fragments", [ClientFrame.frame(9, [1], final: false)], [wrong]),
    ]

    // 3: reserved bits, alone, after good frames, on control frames.
    static let reservedBits: [FrameCase] = (1...7).map { bits in
        FrameCase(
            "reserved bits \(bits)",
            [ClientFrame.text("good"), ClientFrame.frame(bits == 5 ? 9 : 1, filled(3), reserved: UInt8(bits))],
            [text("good"), wrong])
    }

    // 4: opcodes that mean nothing.
    static let opcodes: [FrameCase] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { opcode in
        FrameCase(
            "opcode \(opcode)", [ClientFrame.ping([7]), ClientFrame.frame(UInt8(opcode), filled(opcode % 2))],
            [.ping([7]), wrong])
    }

    // 5: fragments, with control frames between, and in wrong order.
    static let fragments: [FrameCase] = [
        FrameCase(
            "two fragments", [ClientFrame.text("frag", final: false), ClientFrame.more("ment", final: true)],
            [text("fragment")]),
        FrameCase(
            "a ping between",
            [
                ClientFrame.text("frag", final: false), ClientFrame.ping([1, 2]), ClientFrame.more("ment", final: true),
            ], [.ping([1, 2]), text("fragment")]),
        FrameCase(
            "empty fragments",
            [
                ClientFrame.text("", final: false), ClientFrame.more("", final: false),
                ClientFrame.more("", final: true),
            ], [text("")]),
        FrameCase(
            "empty, then something",
            [
                ClientFrame.text("", final: false), ClientFrame.more("mid", final: false),
                ClientFrame.more("", final: true),
            ], [text("mid")]),
        FrameCase(
            "binary in four",
            [
                ClientFrame.binary([0xFF], final: false), ClientFrame.more([0xFE], final: false), ClientFrame.pong(),
                ClientFrame.more([0x00], final: false), ClientFrame.more([0x80], final: true),
            ], [.pong([]), .binary([0xFF, 0xFE, 0x00, 0x80])]),
        FrameCase("continuation of nothing, final", [ClientFrame.more("x", final: true)], [wrong]),
        FrameCase("continuation of nothing, open", [ClientFrame.more("x", final: false)], [wrong]),
        FrameCase(
            "continuation after a whole message", [ClientFrame.text("one"), ClientFrame.more("x", final: true)],
            [text("one"), wrong]),
        FrameCase(
            "a new message inside of one", [ClientFrame.text("a", final: false), ClientFrame.text("b")], [wrong]),
        FrameCase(
            "a new binary inside of a text", [ClientFrame.text("a", final: false), ClientFrame.binary([1])], [wrong]),
        FrameCase(
            "two messages in fragments",
            [
                ClientFrame.text("a", final: false), ClientFrame.more("b", final: true),
                ClientFrame.binary([1], final: false), ClientFrame.more([2], final: true),
            ], [text("ab"), .binary([1, 2])]),
    ]

    // 6: UTF-8, whole, in fragments, cut inside of a code point, and every way to be wrong.
    static let utf8: [FrameCase] =
        [
            "", "κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\u{0}",
            "\u{7F}\u{80}\u{7FF}\u{800}\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF}", "\u{D7FF}\u{E000}", "🏠🏡",
        ]
        .map { FrameCase("text \($0.unicodeScalars.map(\.value))", [ClientFrame.text($0)], [text($0)]) }
        + (1..<Array("κόσμε🏠".utf8).count).map { cut in
            let bytes = Array("κόσμε🏠".utf8)
            return FrameCase(
                "a code point over fragments, cut at \(cut)",
                [
                    ClientFrame.text(bytes: Array(bytes[..<cut]), final: false),
                    ClientFrame.more(Array(bytes[cut...]), final: true),
                ], [.text(bytes)])
        }
        + badTexts.flatMap { name, bytes in
            [
                FrameCase("\(name), alone", [ClientFrame.text(bytes: bytes)], [notText]),
                FrameCase("\(name), in text", [ClientFrame.text(bytes: filled(9) + bytes + filled(9))], [notText]),
                FrameCase(
                    "\(name), byte by byte",
                    [ClientFrame.text("", final: false)] + bytes.map { ClientFrame.more([$0], final: false) }
                        + [ClientFrame.more("", final: true)], [notText]),
            ]
        }
        + [FrameCase("bad text in a binary", [ClientFrame.binary([0xFF, 0xC0])], [.binary([0xFF, 0xC0])])]

    static let badTexts: [(String, [UInt8])] = [
        ("a lone continuation byte", [0x80]), ("the last continuation byte", [0xBF]), ("two of them", [0x80, 0xBF]),
        ("C0", [0xC0]), ("C1 BF", [0xC1, 0xBF]), ("FE", [0xFE]), ("FF", [0xFF]),
        ("a slash in two bytes", [0xC0, 0xAF]), ("a slash in three", [0xE0, 0x80, 0xAF]),
        ("a slash in four", [0xF0, 0x80, 0x80, 0xAF]), ("the highest overlong of two", [0xC1, 0xBF]),
        ("the highest overlong of three", [0xE0, 0x9F, 0xBF]),
        ("the highest overlong of four", [0xF0, 0x8F, 0xBF, 0xBF]),
        ("overlong zero", [0xC0, 0x80]), ("the first surrogate", [0xED, 0xA0, 0x80]),
        ("the last surrogate", [0xED, 0xBF, 0xBF]), ("a pair of surrogates", [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80]),
        ("above the last code point", [0xF4, 0x90, 0x80, 0x80]), ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]),
        ("six bytes", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]), ("two bytes, one missing", [0xCE]),
        ("three, one missing", [0xE2, 0x82]), ("four, one missing", [0xF0, 0x9F, 0x8F]),
        ("four, three missing", [0xF0]),
        ("a letter instead of a continuation", [0xE2, 0x82, 0x41]), ("two starts", [0xC3, 0xC3]),
    ]

    // 7: closes, their codes and reasons.
    static let closes: [FrameCase] =
        [
            FrameCase("close without payload", [ClientFrame.close()], [.close(code: nil)]),
            FrameCase("close of one byte", [ClientFrame.close([3])], [wrong]),
            FrameCase("close with a reason", [ClientFrame.close(1000, Array("bye".utf8))], [.close(code: 1000)]),
            FrameCase("close with the longest reason", [ClientFrame.close(1000, filled(123))], [.close(code: 1000)]),
            FrameCase("close too long", [ClientFrame.close(1000, filled(124))], [wrong]),
            FrameCase("close with a bad reason", [ClientFrame.close(1000, [0xCE, 0xBA, 0xED, 0xA0])], [notText]),
            FrameCase("close with a cut reason", [ClientFrame.close(1000, [0xE2, 0x82])], [notText]),
            FrameCase(
                "after a close nothing counts", [ClientFrame.close(1000), ClientFrame.ping(), ClientFrame.text("x")],
                [.close(code: 1000)]),
            FrameCase(
                "close inside of a message", [ClientFrame.text("a", final: false), ClientFrame.close(1001)],
                [.close(code: 1001)]),
            FrameCase("close in fragments", [ClientFrame.frame(8, [3, 0xE8], final: false)], [wrong]),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map { code in
            FrameCase("close code \(code)", [ClientFrame.close(UInt16(code))], [.close(code: UInt16(code))])
        }
        + [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map { code in
            FrameCase("close code \(code)", [ClientFrame.close(UInt16(code))], [wrong])
        }

    // 10, and the length forms: shortest only, and the highest bit zero.
    static let lengths: [FrameCase] = [
        FrameCase("a thousand", [ClientFrame.text(bytes: filled(1_000))], [.text(filled(1_000))]),
        FrameCase("125 in the long form", [[0x82, 0xFE, 0, 125] + ClientFrame.mask], [wrong]),
        FrameCase(
            "65535 in the longest form", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + ClientFrame.mask], [wrong]),
        FrameCase("a negative length", [[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1] + ClientFrame.mask], [wrong]),
        FrameCase("not masked", [ClientFrame.frame(1, filled(4), masked: false)], [wrong]),
        FrameCase("a ping that is not masked", [ClientFrame.frame(9, [], masked: false)], [wrong]),
    ]
}
