import NIOCore
import NIOHTTP1

/// What HTTP/1.1 asks of a server before a request is looked at, and Hummingbird leaves open.
///
/// - Exactly one `Host` (RFC 9112, section 3.2); anything else is 400.
/// - `Expect: 100-continue` (RFC 9110, section 10.1.1) is answered at once. A body that is too large is then sent,
///   thrown away and answered with 413, as for a client that did not ask.
/// - A response to HTTP/1.0 is one (RFC 9112, section 6.1): no chunks, a body of unknown length ends with the connection.
/// - `Connection` becomes a bare `close` where the connection can't be kept, the only form that Hummingbird reads. That is
///   so, too, after a request for an upgrade that nobody took: NIO's decoder reads nothing behind it, so the response says
///   that it is the last.
final class RequestHeadHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The newest request is HTTP/1.0; it is then the last one of its connection.
    private(set) var isHTTP10 = false
    /// The peer sends nothing more (half-closure is allowed on these channels).
    private(set) var hasInputEnded = false
    private var isRefused = false
    /// NIO's decoder stops behind the newest request.
    private var isLast = false
    /// Of the connection's first request, if that was a handshake.
    private var decision: HandshakeDecision?

    init(decision: HandshakeDecision? = nil) {
        self.decision = decision
    }

    /// Once: it is about one request.
    func takeDecision() -> HandshakeDecision? {
        defer { decision = nil }
        return decision
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        guard case .head(var head) = Self.unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        let hosts = head.headers["host"].count
        guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else {
            isRefused = true
            EarlyRefusal.answer(APIError(.badRequest, "a request needs exactly one Host header"), in: context)
            return
        }
        isHTTP10 = head.version == .http1_0
        if head.version == .http1_1, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            let interim = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
        isLast = Self.endsDecoding(head)
        if !head.isKeepAlive || isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isHTTP10 || isLast, case .head(var head) = Self.unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        if isHTTP10 { head.version = .http1_0 }
        if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// As llhttp decides it: what follows such a head is no HTTP any more.
    private static func endsDecoding(_ head: HTTPRequestHead) -> Bool {
        if head.method == .CONNECT { return true }
        return head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent { hasInputEnded = true }
        context.fireUserInboundEventTriggered(event)
    }
}

@available(*, unavailable)
extension RequestHeadHandler: Sendable {}
