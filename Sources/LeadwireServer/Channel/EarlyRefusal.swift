import NIOCore
import NIOHTTP1

/// A refusal from below the responder, in the API's error shape; the connection ends with it.
enum EarlyRefusal {
    static func answer(_ error: APIError, in context: ChannelHandlerContext) {
        let body = error.body(requestID: RequestID.make(), at: SystemClock().now)
        let headers = HTTPHeaders([
            ("content-type", Reply.json), ("cache-control", "no-store"), ("connection", "close"),
            ("content-length", String(body.count)),
        ])
        let status = HTTPResponseStatus(statusCode: error.code.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        let buffer = context.channel.allocator.buffer(bytes: body)
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(buffer))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}
