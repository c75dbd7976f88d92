import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Guards a connection until its first request is known to be plain HTTP or a WebSocket: answers 400 to what is not
/// HTTP, closes at once when the server quiesces (nobody else listens for that yet), and swallows the error that NIO
/// fires when an upgrade is refused, which would close the channel at the tail.
final class PreUpgradeGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    private var requestSeen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        requestSeen = true
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOWebSocketUpgradeError { return }
        guard error is HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        EarlyRefusal.answer(APIError(.badRequest, "not an HTTP request that can be read"), in: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, !requestSeen {
            context.close(promise: nil)
            return
        }
        if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent, !requestSeen {
            // The peer left without a request; half-closure is allowed on these channels, so nobody else would close.
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Finds out what a request with `Upgrade:` may become before NIO's upgrade handler sees it, and holds what follows back
/// until that is known.
///
/// NIO 2.101.2 loses parts where it must wait or refuse: the end of a request that arrives while an upgrader still
/// thinks, a body that arrives then, and the head when no upgrader takes it. So NIO is asked only when the answer
/// stands, and the head is remembered for ``HeadReplay``. Takes itself out when the first request has passed.
final class HeadTap: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart

    private(set) var upgradeHead: HTTPRequestHead?
    private let decide: (HTTPRequestHead, any Channel) -> EventLoopFuture<Void>
    private var isHolding = false
    /// What one read from the socket held beyond the head: nothing more is read meanwhile.
    private var held: [NIOAny] = []
    private var heldRead = false
    private var heldEnd = false
    private var isGone = false

    /// `decide` completes when it is known what the head may become; what it found is its caller's business.
    init(decide: @escaping (HTTPRequestHead, any Channel) -> EventLoopFuture<Void>) {
        self.decide = decide
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isHolding {
            held.append(data)
            return
        }
        guard case .head(let head) = Self.unwrapInboundIn(data), head.headers.contains(name: "upgrade") else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        upgradeHead = head
        isHolding = true
        held = [data]
        // The channel's own loop, where this handler lives.
        decide(head, context.channel).hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.release(context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if isHolding { heldRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isHolding, case .some(ChannelEvent.inputClosed) = event as? ChannelEvent {
            heldEnd = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isGone = true
        held = []
    }

    private func release(_ context: ChannelHandlerContext) {
        guard !isGone else { return }
        isHolding = false
        let parts = held
        held = []
        for part in parts { context.fireChannelRead(part) }
        context.fireChannelReadComplete()
        if heldEnd { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        if heldRead { context.read() }
        if !isGone { context.pipeline.syncOperations.removeHandler(context: context, promise: nil) }
    }
}

/// The other half of ``HeadTap``: replays the lost head before the first part of the plain-HTTP pipeline.
final class HeadReplay: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var lostHead: HTTPRequestHead?

    init(_ head: HTTPRequestHead) {
        lostHead = head
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let head = lostHead {
            lostHead = nil
            switch Self.unwrapInboundIn(data) {
            case .head: break
            case .body, .end: context.fireChannelRead(wrapInboundOut(.head(head)))
            }
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

@available(*, unavailable)
extension PreUpgradeGuard: Sendable {}
@available(*, unavailable)
extension HeadTap: Sendable {}
@available(*, unavailable)
extension HeadReplay: Sendable {}
