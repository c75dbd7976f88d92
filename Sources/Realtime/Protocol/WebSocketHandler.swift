import NIOCore

/// What lives behind one WebSocket: told of messages, asked for nothing. Confined to the channel's loop.
protocol WebSocketSession: AnyObject {
    func opened(by connection: WebSocketHandler)
    /// One whole message, unmasked and checked.
    func received(_ message: [UInt8], isText: Bool)
    func receivedPong(_ payload: [UInt8])
    /// Bytes arrived, whatever they mean: the peer lives.
    func receivedBytes(_ count: Int)
    func writabilityChanged(_ isWritable: Bool)
    /// The server is shutting down; the session decides when to close.
    func shouldQuiesce()
    /// The transport is gone; the last call. `closeNumber` is nil for a peer that vanished without a close frame.
    func closed(closeNumber: UInt16?)
}

/// The thin shell around ``WebSocketMachine``: bytes in, actions out, two deadlines.
///
/// It reads and writes raw bytes and so stands nearer to the socket than NIO's frame encoder and decoder, if those are
/// in the pipeline. While the peer does not read what we send, nothing more is read from it.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a close handshake may take, and how long unread input is thrown away before the socket is closed.
    struct Deadlines: Sendable {
        var closeHandshake: TimeAmount = .seconds(5)
        var drain: TimeAmount = .seconds(1)
    }

    // What a delivery touches comes first and lies together: with thousands of readers every line of it is cold.
    private var socket = DirectSocket.none
    private var isReading = false
    private var needsFlush = false
    private var heldRead = false
    private var isClosed = false
    private let writesPastPipeline: Bool
    private var machine: WebSocketMachine
    private var context: ChannelHandlerContext?
    private var channel: (any Channel)?
    private var session: (any WebSocketSession)?
    private let deadlines: Deadlines
    private var deadline: Scheduled<Void>?

    /// `writesPastPipeline`: frames may go to the socket directly. Only where no handler below changes bytes.
    init(
        limits: FrameParser.Limits, deadlines: Deadlines = Deadlines(), writesPastPipeline: Bool = false,
        session: any WebSocketSession
    ) {
        machine = WebSocketMachine(limits: limits)
        self.deadlines = deadlines
        self.writesPastPipeline = writesPastPipeline
        self.session = session
    }

    // MARK: For the session

    var isWritable: Bool { socket.isReady || channel?.isWritable ?? false }

    /// Bytes written and not yet taken by the kernel. Not for the hot path.
    var bufferedBytes: Int {
        guard let context, let options = context.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// A message was begun and is not finished.
    var isInsideMessage: Bool { machine.isInsideMessage }
    var isOpen: Bool { machine.state == .open }

    /// Whole frames, as they go to the socket. Flushed at the end of the read burst, or at once outside of one.
    func write(_ frames: ByteBuffer) {
        guard machine.state == .open else { return }
        var sent = 0
        // A burst's answers are gathered for one flush; outside of it there is one write call a message either way.
        if !isReading, socket.prepare(bufferedBytes: { bufferedBytes }) {
            sent = socket.send(frames)
            if sent == frames.readableBytes { return }
        }
        guard let context else { return }
        socket.yield()
        var rest = frames
        rest.moveReaderIndex(forwardBy: sent)
        context.write(wrapOutboundOut(rest), promise: nil)
        if isReading { needsFlush = true } else { context.flush() }
    }

    /// Starts the close handshake; nothing is sent after it.
    func close(_ code: CloseCode, deadline: TimeAmount?) {
        guard let action = machine.close(code) else { return }
        perform(action)
        if let deadline { startDeadline(deadline) }
    }

    /// Ends the transport at once, without a goodbye.
    func abort() {
        _ = machine.transportEnded()
        context?.close(promise: nil)
    }

    /// From here on another session is told of everything.
    func handOver(to next: any WebSocketSession) {
        guard !isClosed else { return }
        session = next
        next.opened(by: self)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        if writesPastPipeline { socket = DirectSocket(of: context.channel) }
        session?.opened(by: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
        channel = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard machine.state != .closed else { return }
        isReading = true
        session?.receivedBytes(buffer.readableBytes)
        buffer.withUnsafeReadableBytes { bytes in
            var position = 0
            while let action = machine.receive(bytes, &position) { perform(action) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable || machine.state != .open { context.read() } else { heldRead = true }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Somebody above us writes to this channel, too: then NIO has the turn.
        socket.yield()
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if isWritable && heldRead {
            heldRead = false
            context.read()
        }
        if machine.state == .open { session?.writabilityChanged(isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            session?.shouldQuiesce()
        case ChannelEvent.inputClosed:
            // Half-closure is allowed by the server, so a FIN alone does not end the channel.
            if let action = machine.transportEnded() { perform(action) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Only the socket (reset, broken pipe) or TLS can fail below us; there is nobody to talk to.
        abort()
    }

    // MARK: Actions

    private func perform(_ action: WebSocketMachine.Action) {
        guard let context else { return }
        switch action {
        case .deliver(let bytes, let isText):
            session?.received(bytes, isText: isText)
        case .notePong(let payload):
            session?.receivedPong(payload)
        case .sendPong(let payload):
            // A peer that does not read gets no more pongs queued: section 5.5.3 lets us answer the newest only.
            guard context.channel.isWritable else { return }
            write(FrameEncoding.frame(FrameEncoding.pong, payload, context.channel.allocator))
        case .sendClose(let code):
            let frame = FrameEncoding.close(code.number, code.name, context.channel.allocator)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            startDeadline(deadlines.closeHandshake)
            resumeReading(context)
        case .sendCloseAndDrain(let number):
            let frame = FrameEncoding.close(number, "", context.channel.allocator)
            let shutDown = context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            shutDown.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
            context.writeAndFlush(wrapOutboundOut(frame), promise: shutDown)
            startDeadline(deadlines.drain)
            resumeReading(context)
        case .closeTransport:
            context.close(promise: nil)
        }
    }

    /// A close frame may be answered even while we hold reads back.
    private func resumeReading(_ context: ChannelHandlerContext) {
        guard heldRead else { return }
        heldRead = false
        context.read()
    }

    private func startDeadline(_ amount: TimeAmount) {
        guard let context, !isClosed else { return }
        deadline?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: amount) { bound.value.abort() }
    }

    private func finish() {
        guard !isClosed else { return }
        isClosed = true
        socket.close()
        deadline?.cancel()
        deadline = nil
        _ = machine.transportEnded()
        session?.closed(closeNumber: machine.closeNumber)
        session = nil
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
