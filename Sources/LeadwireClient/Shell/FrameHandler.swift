import NIOCore
import NIOWebSocket

/// The WebSocket end of one connection: whole text messages up, masked frames down, pings answered here.
///
/// While the session takes no bytes, none are read: the kernel's buffers fill, and the server feels it.
final class FrameHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var session: StreamSession?
    private let attempt: Int
    private var context: ChannelHandlerContext?
    private var heldRead = false

    init(session: StreamSession, attempt: Int) {
        self.session = session
        self.attempt = attempt
    }

    // MARK: For the session

    func send(text: [UInt8]) { send(.text, ByteBuffer(bytes: text)) }

    func sendPong() { send(.pong, ByteBuffer()) }

    /// Says goodbye and cuts the connection once that is written.
    func close(_ code: UInt16) {
        session = nil
        guard let context else { return }
        var payload = ByteBuffer()
        payload.writeInteger(code)
        let written = send(.connectionClose, payload)
        let channel = context.channel
        written?.whenComplete { _ in channel.close(promise: nil) }
        // A peer that takes nothing must not keep the socket.
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    /// Cuts the connection without a goodbye.
    func cut() {
        session = nil
        context?.close(promise: nil)
    }

    func resumeReading() {
        guard heldRead, let context else { return }
        heldRead = false
        context.read()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.lost)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.lost)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isProtocol = error is NIOWebSocketError || error is NIOWebSocketFrameAggregator.Error
        end(isProtocol ? .violation("a frame that can't be taken: \(error)") : .lost)
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if session?.wantsBytes ?? true { context.read() } else { heldRead = true }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Also after a part of a frame: a slow line is not a dead one.
        session?.heard(attempt: attempt)
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let session else { return }
        let frame = unwrapInboundIn(data)
        guard frame.maskKey == nil, frame.reservedBits.isEmpty else {
            return end(.violation("a masked frame or reserved bits"))
        }
        switch frame.opcode {
        case .text: session.received(Array(buffer: frame.data), attempt: attempt)
        case .ping: if context.channel.isWritable { send(.pong, frame.data) }
        case .pong: break
        case .connectionClose: closed(by: frame.data, context)
        default: end(.violation("a frame that is neither text nor control"))
        }
    }

    private func closed(by payload: ByteBuffer, _ context: ChannelHandlerContext) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self) ?? CloseClass.noCode
        let reason = String(buffer: payload)
        send(.connectionClose, code == CloseClass.noCode ? ByteBuffer() : ByteBuffer(integer: code))
        end(.frame(code: code, reason: reason))
    }

    // MARK: Helpers

    @discardableResult
    private func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> EventLoopFuture<Void>? {
        guard let context, context.channel.isActive else { return nil }
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: payload)
        return context.writeAndFlush(wrapOutboundOut(frame))
    }

    /// Tells the session once; the session answers by closing or cutting.
    private func end(_ closure: StreamMachine.Closure) {
        guard let session else { return }
        session.closed(closure, attempt: attempt)
        self.session = nil
    }
}

@available(*, unavailable)
extension FrameHandler: Sendable {}
