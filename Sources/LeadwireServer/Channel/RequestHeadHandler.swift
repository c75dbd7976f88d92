import NIOCore
import NIOHTTP1

/// What HTTP/1.1 asks of a server before a request is looked at, and Hummingbird leaves open.
///
/// - Exactly one `Host` (RFC 9112, section 3.2); anything else is 400.
/// - `Expect: 100-continue` (RFC 9110, section 10.1.1) is answered at once. A body that is too large is then sent,
///   thrown away and answered with 413, as for a client that did not ask.
/// - `Connection` becomes a bare `close` where the connection can't be kept, the only form that Hummingbird reads.
final class RequestHeadHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var isRefused = false

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
        if head.version == .http1_1, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            let interim = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
        if !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}

@available(*, unavailable)
extension RequestHeadHandler: Sendable {}
