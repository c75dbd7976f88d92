import NIOCore

/// One connection: says the handshake, writes exchanges as they come, and matches answers to them by order.
///
/// It ends, once and with a reason, when the socket does, when bytes come that are no answer, and when the oldest answer
/// is overdue: whatever came later could not be told from it.
final class RedisHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the owner is told, on the loop.
    struct Callbacks {
        var ready: (RedisHandler) -> Void
        /// An exchange has left: answered, or given up with the connection.
        var released: (Exchange) -> Void
        var ended: (RedisError) -> Void
    }

    private enum State {
        /// → ready, ended
        case handshake(Handshake)
        /// → ended
        case ready
        case ended
    }

    private struct Awaited {
        let exchange: Exchange
        var answers: [RESPValue] = []
    }

    private var state: State
    private var decoder: RESPDecoder
    private var awaited = CircularBuffer<Awaited>()
    private let callbacks: Callbacks
    private var context: ChannelHandlerContext?
    private var timer: DeadlineTimer?
    private var hasBegun = false

    init(_ endpoint: RedisEndpoint, _ callbacks: Callbacks) {
        state = .handshake(Handshake(endpoint.address, clientName: endpoint.configuration.clientName))
        decoder = RESPDecoder(limits: endpoint.configuration.limits)
        self.callbacks = callbacks
    }

    // MARK: For the owner

    /// Writes them in one go. After the end they fail at once.
    func send(_ exchanges: [Exchange]) {
        guard case .ready = state, let context, !exchanges.isEmpty else {
            for exchange in exchanges { giveUp(exchange, .lost) }
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: exchanges.reduce(0) { $0 + $1.bytes.count })
        var earliest = NIODeadline.distantFuture
        for exchange in exchanges {
            // Whoever left before it was sent costs the server nothing.
            guard exchange.isAwaited else {
                callbacks.released(exchange)
                continue
            }
            buffer.writeBytes(exchange.bytes)
            awaited.append(Awaited(exchange: exchange))
            earliest = min(earliest, exchange.deadline)
        }
        guard buffer.readableBytes > 0 else { return }
        timer?.needs(earliest)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends the connection.
    func close(_ reason: RedisError) {
        end(reason)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(context.eventLoop) { [weak self] now in self?.expire(now) }
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.lost)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.lost)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisEndpoint.error(for: error) ?? .lost)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        decoder.append(buffer.readableBytesView)
        do throws(RESPError) {
            while let answer = try decoder.next() {
                take(answer)
                if case .ended = state { return }
            }
        } catch {
            end(RedisError(error))
        }
    }

    // MARK: Answers

    private func begin(_ context: ChannelHandlerContext) {
        // A connection that is active already when this is added may say so again.
        guard !hasBegun, case .handshake(let handshake) = state else { return }
        hasBegun = true
        write(handshake.first, context)
    }

    private func write(_ command: RedisCommand, _ context: ChannelHandlerContext) {
        var bytes: [UInt8] = []
        command.write(to: &bytes)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func take(_ answer: RESPValue) {
        // Nothing was subscribed to; what a server pushes all the same is not for us.
        if case .push = answer { return }
        switch state {
        case .handshake(var handshake):
            switch handshake.received(answer) {
            case .send(let command):
                state = .handshake(handshake)
                if let context { write(command, context) }
            case .ready:
                state = .ready
                callbacks.ready(self)
            case .failed(let error): end(error)
            }
        case .ready:
            guard !awaited.isEmpty else {
                return end(RedisError(.malformed, "an answer that nobody asked for"))
            }
            let first = awaited.startIndex
            // In place: the subscript would copy the answers that are there already.
            awaited.modify(first) { $0.answers.append(answer) }
            guard awaited[first].answers.count == awaited[first].exchange.answerCount else { return }
            let done = awaited.removeFirst()
            done.exchange.finish(.success(done.answers))
            callbacks.released(done.exchange)
        case .ended: break
        }
    }

    private func expire(_ now: NIODeadline) -> NIODeadline? {
        var next: NIODeadline?
        for place in awaited {
            let deadline = place.exchange.deadline
            if deadline <= now {
                place.exchange.finish(.failure(.late))
            } else {
                next = min(next ?? deadline, deadline)
            }
        }
        guard let oldest = awaited.first, oldest.exchange.deadline <= now else { return next }
        end(.late)
        return nil
    }

    private func giveUp(_ exchange: Exchange, _ error: RedisError) {
        exchange.finish(.failure(error))
        callbacks.released(exchange)
    }

    private func end(_ reason: RedisError) {
        if case .ended = state { return }
        state = .ended
        timer?.cancel()
        timer = nil
        // A reason that concerns the connection is everybody's; a deadline is one caller's.
        let others = reason.code == .deadline ? RedisError.lost : reason
        while let place = awaited.popFirst() { giveUp(place.exchange, others) }
        context?.close(promise: nil)
        callbacks.ended(reason)
    }
}

@available(*, unavailable)
extension RedisHandler: Sendable {}
