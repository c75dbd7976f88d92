import NIOCore

/// The end of an event stream in the channel's pipeline: bytes out, nothing in. Confined to the channel's loop.
///
/// It stands between the socket and the HTTP encoder and takes the connection over once the response's head has been
/// written: from then on only what the hub writes goes out, ready framed, and `isWritable` is the socket's own. The
/// connection ends with the stream.
final class EventStreamHandler: ChannelDuplexHandler, SubscriberSink {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A client has nothing to say after its request; what it says all the same is thrown away up to here.
    static let maximumInboundBytes = 16 << 10

    let transport: Transport
    private let encoding: EventStreamEncoding
    private let closeDeadline: TimeAmount
    private var consumer: Consumer?
    private var context: ChannelHandlerContext?
    /// The context's, kept at hand: the fan-out asks it at every delivery.
    private var channel: (any Channel)?
    private var deadline: Scheduled<Void>?
    private var inboundBytes = 0
    /// Set with the last event, or when the transport ended: nothing is written any more.
    private var isEnding = false
    private var closeNumber: UInt16?

    init(encoding: EventStreamEncoding, closeDeadline: TimeAmount, consumer: Consumer) {
        self.encoding = encoding
        self.closeDeadline = closeDeadline
        self.consumer = consumer
        transport = .serverSentEvents(encoding)
    }

    // MARK: For the consumer

    var isWritable: Bool { channel?.isWritable ?? false }

    var bufferedBytes: Int {
        guard let options = channel?.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    var isInsideMessage: Bool { false }

    func write(_ bytes: ByteBuffer) {
        guard !isEnding, let context else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Tells why in a last event, ends the body and then the connection; at the deadline without having told.
    func close(_ code: CloseCode, deadline: TimeAmount?) {
        guard !isEnding, let context else { return }
        isEnding = true
        closeNumber = code.number
        var last = context.channel.allocator.buffer(capacity: 128)
        encoding.append(ServerMessage.closed(code), to: &last)
        encoding.appendEnd(to: &last)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.context?.close(promise: nil) }
        self.deadline = context.eventLoop.scheduleTask(in: deadline ?? closeDeadline) { bound.value.abort() }
        context.writeAndFlush(wrapOutboundOut(last), promise: written)
    }

    func abort() {
        isEnding = true
        context?.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        consumer?.attach(self)
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
        let count = unwrapInboundIn(data).readableBytes
        inboundBytes += count
        consumer?.receivedBytes(count)
        if inboundBytes > Self.maximumInboundBytes { abort() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Whoever wrote the head has no more to say: it would stand in the middle of our chunks.
        promise?.fail(ChannelError.outputClosed)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isEnding { consumer?.writabilityChanged(context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: consumer?.shouldQuiesce()
        // Half-closure is allowed by the server, so a FIN alone does not end the channel; a browser that leaves sends one.
        case ChannelEvent.inputClosed: abort()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Only the socket or TLS can fail below us.
        abort()
    }

    private func finish() {
        isEnding = true
        deadline?.cancel()
        deadline = nil
        consumer?.closed(closeNumber: closeNumber)
        consumer = nil
    }
}

@available(*, unavailable)
extension EventStreamHandler: Sendable {}
