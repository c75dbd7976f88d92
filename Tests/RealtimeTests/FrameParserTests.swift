import Testing

@testable import Realtime

struct FrameParserTests {
    static let limits = FrameParser.Limits(
        maximumFrameBytes: 4_096, maximumMessageBytes: 8_192, maximumFragments: 64)

    /// Everything the parser says when it gets the bytes in these pieces.
    static func outputs(
        of pieces: [ArraySlice<UInt8>], limits: FrameParser.Limits = limits
    ) -> [FrameParser.Output] {
        var parser = FrameParser(limits: limits)
        var outputs: [FrameParser.Output] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                var position = 0
                while let output = parser.next(bytes, &position) { outputs.append(output) }
                #expect(position == bytes.count)
            }
        }
        return outputs
    }

    @Test(arguments: FrameCase.all)
    func `a stream means the same whole, split at every byte, and byte by byte`(_ line: FrameCase) {
        #expect(Self.outputs(of: [line.bytes[...]]) == line.outputs)
        for cut in 1..<max(2, line.bytes.count) where cut < line.bytes.count {
            #expect(Self.outputs(of: [line.bytes[..<cut], line.bytes[cut...]]) == line.outputs, "cut at \(cut)")
        }
        #expect(Self.outputs(of: line.bytes.indices.map { line.bytes[$0...$0] }) == line.outputs)
    }

    /// How many bytes the parser must see before it refuses.
    private func bytesUntilRefusal(_ bytes: [UInt8]) -> Int? {
        var parser = FrameParser(limits: Self.limits)
        for index in bytes.indices {
            let refused = bytes[index...index].withUnsafeBytes { bytes in
                var position = 0
                if case .violation? = parser.next(bytes, &position) { return true }
                return false
            }
            if refused { return index + 1 }
        }
        return nil
    }

    @Test func `a violation is found at the byte that makes it one`() {
        #expect(bytesUntilRefusal(ClientFrame.frame(1, [65], reserved: 4)) == 1)
        #expect(bytesUntilRefusal(ClientFrame.frame(3, [65])) == 1)
        #expect(bytesUntilRefusal(ClientFrame.frame(1, [65], masked: false)) == 2)
        #expect(bytesUntilRefusal(ClientFrame.ping(Array(repeating: 0, count: 126))) == 2)
        // Six bytes of header; the third byte of the text can't follow the second.
        #expect(bytesUntilRefusal(ClientFrame.text(bytes: [65, 0xED, 0xA0, 0x80, 66, 67])) == 6 + 3)
        // A frame that is too large is refused by its header, before a byte of it is held.
        #expect(bytesUntilRefusal(ClientFrame.binary(Array(repeating: 0, count: 5_000))) == 8)
    }

    @Test func `the limits on frame, message and fragments answer 1009`() {
        let tooLarge = [FrameParser.Output.violation(.tooLarge)]
        let part = Array(repeating: UInt8(65), count: 4_096)
        #expect(Self.outputs(of: [ClientFrame.binary(part)[...]]) == [.binary(part)])
        #expect(Self.outputs(of: [ClientFrame.binary(part + [65])[...]]) == tooLarge)
        let two = ClientFrame.binary(part, final: false) + ClientFrame.more(part, final: true)
        #expect(Self.outputs(of: [two[...]]) == [.binary(part + part)])
        let over = ClientFrame.binary(part, final: false) + ClientFrame.more(part, final: false)
        #expect(Self.outputs(of: [(over + ClientFrame.more([65], final: true))[...]]) == tooLarge)
        let empties = Array(repeating: ClientFrame.more([], final: false), count: 62).flatMap { $0 }
        let start = ClientFrame.text("", final: false)
        #expect(Self.outputs(of: [(start + empties + ClientFrame.more([], final: true))[...]]) == [.text([])])
        #expect(
            Self.outputs(of: [
                (start + empties + ClientFrame.more([], final: false) + ClientFrame.more([], final: true))[...]
            ])
                == tooLarge)
    }

    @Test func `nothing is half done between messages`() {
        var parser = FrameParser(limits: Self.limits)
        func feed(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { bytes in
                var position = 0
                while parser.next(bytes, &position) != nil {}
            }
        }
        #expect(!parser.isInsideMessage)
        feed(Array(ClientFrame.text("hello")[..<3]))
        #expect(parser.isInsideMessage)
        feed(Array(ClientFrame.text("hello")[3...]))
        #expect(!parser.isInsideMessage)
        feed(ClientFrame.text("a", final: false))
        #expect(parser.isInsideMessage)
    }

    @Test func `a server frame has the shortest header that fits`() {
        for (count, header) in [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (0xFFFF, [0x81, 126, 0xFF, 0xFF]),
            (0x10000, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])] {
            var bytes: [UInt8] = []
            FrameEncoding.header(FrameEncoding.text, payload: count, appendTo: &bytes)
            #expect(bytes == header)
            #expect(FrameEncoding.headerLength(payload: count) == header.count)
        }
    }
}
