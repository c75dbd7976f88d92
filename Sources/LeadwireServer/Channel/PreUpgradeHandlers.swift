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

/// Works round NIO 2.101.2: when a request carries `Upgrade:` and no upgrader takes it, the typed upgrade handler
/// drops the request's head and forwards only what followed. Sits before it and remembers the first head.
final class HeadTap: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private(set) var upgradeHead: HTTPRequestHead?
    private var seen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !seen, case .head(let head) = Self.unwrapInboundIn(data) {
            seen = true
            if head.headers.contains(name: "upgrade") { upgradeHead = head }
        }
        context.fireChannelRead(data)
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
