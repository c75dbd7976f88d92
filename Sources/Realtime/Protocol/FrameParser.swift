/// RFC 6455's frames and messages out of a stream of bytes, strictly, as early as a byte shows that it is wrong.
///
/// NIO's decoder waits for whole frames and leaves masks, reserved bits, opcodes, fragments, UTF-8 and close codes to
/// its user; this one checks them all, at any split of the input, and holds no buffer while nothing is in flight.
struct FrameParser {
    /// What a peer may send; at a limit the answer is 1009.
    struct Limits: Sendable, Hashable {
        /// Payload bytes of one data frame; checked from the header, before anything is buffered.
        var maximumFrameBytes = 16 << 10
        /// Payload bytes of one message, all its fragments together.
        var maximumMessageBytes = 64 << 10
        /// Frames of one message, so that one-byte and empty fragments can't go on for ever.
        var maximumFragments = 1_024
    }

    enum Output: Equatable {
        case text([UInt8])
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// `code` is nil when the frame had no payload.
        case close(code: UInt16?)
        /// Nothing after it can be understood.
        case violation(CloseCode)
    }

    private enum Phase { case header, payload, failed }

    let limits: Limits
    private var phase = Phase.header
    private var header = InlineArray<14, UInt8>(repeating: 0)
    private var headerCount = 0
    private var headerLength = 2
    private var remaining = 0
    /// Position in the mask of the next payload byte.
    private var maskPhase = 0
    /// The message so far, unmasked; empty between messages.
    private var message: [UInt8] = []
    private var messageIsText: Bool?
    private var fragments = 0
    private var utf8 = UTF8Validator()
    private var control: [UInt8] = []

    init(limits: Limits) {
        self.limits = limits
    }

    /// Something was begun and is not finished: a frame, or a message in fragments.
    var isInsideMessage: Bool { headerCount > 0 || messageIsText != nil }

    /// Takes bytes from `position` on until one thing is complete; nil when all of the input is used up.
    mutating func next(_ input: UnsafeRawBufferPointer, _ position: inout Int) -> Output? {
        while true {
            switch phase {
            case .failed:
                position = input.count
                return nil
            case .header:
                while headerCount < headerLength {
                    guard position < input.count else { return nil }
                    header[headerCount] = input[position]
                    headerCount += 1
                    position += 1
                    if headerCount <= 2, let wrong = headerCount == 1 ? wrongFirstByte() : wrongSecondByte() {
                        return fail(wrong)
                    }
                }
                if let wrong = beginPayload() { return fail(wrong) }
                phase = .payload
            case .payload:
                let count = min(remaining, input.count - position)
                if count > 0 {
                    let bytes = UnsafeRawBufferPointer(rebasing: input[position..<position + count])
                    position += count
                    remaining -= count
                    if let wrong = take(bytes) { return fail(wrong) }
                }
                guard remaining == 0 else { return nil }
                phase = .header
                headerCount = 0
                headerLength = 2
                if let output = endFrame() { return output }
            }
        }
    }

    // MARK: The header

    private var opcode: UInt8 { header[0] & 0x0F }
    private var isFinal: Bool { header[0] & 0x80 != 0 }
    private var isControl: Bool { opcode & 0x08 != 0 }

    /// Reserved bits, opcode, and whether the frame may come now.
    private func wrongFirstByte() -> CloseCode? {
        guard header[0] & 0x70 == 0 else { return .protocolError }
        switch opcode {
        case 0x0: return messageIsText == nil ? .protocolError : nil
        case 0x1, 0x2: return messageIsText == nil ? nil : .protocolError
        case 0x8, 0x9, 0xA: return isFinal ? nil : .protocolError
        default: return .protocolError
        }
    }

    /// A client must mask (section 5.1); a control frame holds at most 125 bytes (section 5.5).
    private mutating func wrongSecondByte() -> CloseCode? {
        guard header[1] & 0x80 != 0 else { return .protocolError }
        let short = header[1] & 0x7F
        if isControl && short > 125 { return .protocolError }
        headerLength = 6 + (short == 126 ? 2 : short == 127 ? 8 : 0)
        return nil
    }

    private mutating func beginPayload() -> CloseCode? {
        let short = header[1] & 0x7F
        var length = UInt64(short)
        if short >= 126 {
            length = 0
            for index in 2..<headerLength - 4 { length = length << 8 | UInt64(header[index]) }
            // Section 5.2: the shortest form, and the highest bit zero.
            guard length > (short == 126 ? 125 : 0xFFFF), length >> 63 == 0 else { return .protocolError }
        }
        remaining = Int(length)
        maskPhase = 0
        guard !isControl else { return nil }
        guard remaining <= limits.maximumFrameBytes, remaining <= limits.maximumMessageBytes - message.count
        else { return .tooLarge }
        fragments += 1
        guard fragments <= limits.maximumFragments else { return .tooLarge }
        if opcode != 0 {
            messageIsText = opcode == 1
            utf8 = UTF8Validator()
        }
        return nil
    }

    // MARK: The payload

    private mutating func take(_ bytes: UnsafeRawBufferPointer) -> CloseCode? {
        let word = maskWord
        maskPhase = (maskPhase + bytes.count) % 4
        guard !isControl else {
            Self.append(bytes, unmaskedBy: word, to: &control)
            return nil
        }
        let start = message.count
        Self.append(bytes, unmaskedBy: word, to: &message)
        guard messageIsText == true else { return nil }
        var validator = utf8
        let isText = message.withUnsafeBytes { validator.accepts(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        utf8 = validator
        return isText ? nil : .invalidText
    }

    /// The mask twice, beginning with what the next payload byte needs: a word of it fits eight bytes at a time.
    private var maskWord: UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(header[headerLength - 4 + (maskPhase + index) % 4]) << (8 * index) }
        return word
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, unmaskedBy word: UInt64, to target: inout [UInt8]) {
        let start = target.count
        target.append(contentsOf: bytes)
        target.withUnsafeMutableBytes { all in
            var index = start
            while index + 8 <= all.count {
                let value = all.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian ^ word
                all.storeBytes(of: value.littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            var rest = word
            while index < all.count {
                all[index] ^= UInt8(truncatingIfNeeded: rest)
                rest >>= 8
                index += 1
            }
        }
    }

    private mutating func endFrame() -> Output? {
        guard !isControl else {
            let payload = control
            control = []
            switch opcode {
            case 0x9: return .ping(payload)
            case 0xA: return .pong(payload)
            default: return close(payload)
            }
        }
        guard isFinal, let isText = messageIsText else { return nil }
        if isText && !utf8.isComplete { return fail(.invalidText) }
        let whole = message
        message = []
        messageIsText = nil
        fragments = 0
        return isText ? .text(whole) : .binary(whole)
    }

    private mutating func close(_ payload: [UInt8]) -> Output {
        guard !payload.isEmpty else { return .close(code: nil) }
        guard payload.count >= 2 else { return fail(.protocolError) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard CloseCode.mayBeSent(code) else { return fail(.protocolError) }
        var reason = UTF8Validator()
        let isText = payload.withUnsafeBytes { reason.accepts(UnsafeRawBufferPointer(rebasing: $0[2...])) }
        guard isText && reason.isComplete else { return fail(.invalidText) }
        phase = .failed
        return .close(code: code)
    }

    private mutating func fail(_ code: CloseCode) -> Output {
        phase = .failed
        message = []
        control = []
        return .violation(code)
    }
}
