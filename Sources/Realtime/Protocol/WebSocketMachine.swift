/// One WebSocket's life after the handshake: what to do with what comes in, and the close handshake of RFC 6455
/// section 7. Pure: the handler performs the actions.
struct WebSocketMachine {
    /// - `open` → `closeSent`, `draining`, `closed`
    /// - `closeSent` (we began to close; the peer's close frame is awaited, data is dropped) → `draining`, `closed`
    /// - `draining` (our last byte is written; input is thrown away until the peer hangs up, so that the kernel does
    ///   not answer unread bytes with a reset that would overtake our close frame) → `closed`
    /// - `closed`
    enum State: Equatable { case open, closeSent, draining, closed }

    enum Action: Equatable {
        case deliver([UInt8], isText: Bool)
        case sendPong([UInt8])
        case notePong([UInt8])
        /// Write this close frame (`nil`: without payload), then shut our side down. A deadline must be running.
        case sendCloseAndDrain(UInt16?)
        /// Write this close frame, and start the deadline for the peer's.
        case sendClose(CloseCode)
        case closeTransport
    }

    private(set) var state = State.open
    /// The number that ended it, from either side; nil while open and for a peer that vanished.
    private(set) var closeNumber: UInt16?
    private var parser: FrameParser

    init(limits: FrameParser.Limits) {
        parser = FrameParser(limits: limits)
    }

    var isInsideMessage: Bool { state == .open && parser.isInsideMessage }

    /// The next thing to do about the input from `position` on; nil when it is used up.
    mutating func receive(_ input: UnsafeRawBufferPointer, _ position: inout Int) -> Action? {
        while state == .open || state == .closeSent, let output = parser.next(input, &position) {
            switch output {
            case .text(let bytes) where state == .open: return .deliver(bytes, isText: true)
            case .binary(let bytes) where state == .open: return .deliver(bytes, isText: false)
            case .ping(let bytes) where state == .open: return .sendPong(bytes)
            case .pong(let bytes) where state == .open: return .notePong(bytes)
            case .text, .binary, .ping, .pong: continue
            case .close(let code):
                let isAnswer = state == .closeSent
                state = isAnswer ? .closed : .draining
                if closeNumber == nil { closeNumber = code ?? CloseCode.normal.number }
                return isAnswer ? .closeTransport : .sendCloseAndDrain(code)
            case .violation(let code):
                // After our own close frame nothing may follow it.
                let isLate = state == .closeSent
                state = isLate ? .closed : .draining
                if closeNumber == nil { closeNumber = code.number }
                return isLate ? .closeTransport : .sendCloseAndDrain(code.number)
            }
        }
        position = input.count
        return nil
    }

    /// We want to end it; nil when that is already under way.
    mutating func close(_ code: CloseCode) -> Action? {
        guard state == .open else { return nil }
        state = .closeSent
        closeNumber = code.number
        return .sendClose(code)
    }

    /// The peer hung up its side, with or without a close frame, or the deadline passed.
    mutating func transportEnded() -> Action? {
        guard state != .closed else { return nil }
        state = .closed
        return .closeTransport
    }
}
