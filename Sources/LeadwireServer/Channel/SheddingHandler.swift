import NIOCore
import NIOHTTP1

/// Refuses scoring requests on the event loop while all places are taken (``ScoreAdmission``), before any task, route or
/// body has cost anything: under a flood of requests the refusals would otherwise keep the accepted ones from the CPU.
///
/// Who is refused and comes back sooner than `Retry-After` said waits a little for the next refusal, so that a client
/// which asks in a loop uses up its own time and not ours. A request that this handler takes never reaches Hummingbird;
/// it takes one only while no other of its connection is under way, so answers stay in order.
final class SheddingHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// To `shedding` with a head.
        case passing
        /// The rest of a refused request is thrown away; to `answering` with its end.
        case shedding(bytes: Int)
        /// Nothing is read until the refusal is sent; to `passing` with that.
        case answering(Scheduled<Void>)
        /// The connection ends with the refusal.
        case closing
    }

    /// A client that comes back within ``retryAfter`` waits so long.
    private static let penalty = TimeAmount.milliseconds(100)
    private static let retryAfter = TimeAmount.seconds(1)

    private let admission: ScoreAdmission
    private let discardedBytes: Int
    private var state = State.passing
    /// Requests that Hummingbird has and has not answered.
    private var forwarded = 0
    private var refusedAt: NIODeadline?
    private var heldRead = false

    init(admission: ScoreAdmission, discardedBytes: Int) {
        self.admission = admission
        self.discardedBytes = discardedBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, Self.unwrapInboundIn(data)) {
        case (.passing, .head(let head)):
            guard forwarded == 0, Self.isScoring(head), head.isKeepAlive, admission.shedsNow() else {
                forwarded += 1
                context.fireChannelRead(data)
                return
            }
            state = .shedding(bytes: 0)
        case (.passing, _): context.fireChannelRead(data)
        case (.shedding(let bytes), .body(let buffer)):
            let total = bytes + buffer.readableBytes
            state = .shedding(bytes: total)
            if total > discardedBytes { refuseAndClose(context) }
        case (.shedding, .end): answer(context)
        case (.shedding, .head), (.answering, _):
            // The next request came in the same segment. Nobody waits for its answer behind a refusal in good faith.
            if case .answering(let scheduled) = state { scheduled.cancel() }
            refuseAndClose(context)
        case (.closing, _): break
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = state { heldRead = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = Self.unwrapOutboundIn(data) { forwarded -= 1 }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .answering(let scheduled) = state { scheduled.cancel() }
        state = .closing
        context.fireChannelInactive()
    }

    private func answer(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        defer { refusedAt = now }
        guard let refusedAt, now - refusedAt < Self.retryAfter else { return refuse(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        state = .answering(
            context.eventLoop.scheduleTask(in: Self.penalty) {
                let (handler, context) = bound.value
                handler.refuse(context)
                guard handler.heldRead else { return }
                handler.heldRead = false
                context.read()
            })
    }

    private func refuse(_ context: ChannelHandlerContext) {
        state = .passing
        let error = ScoreAdmission.refusal
        let body = error.body(requestID: RequestID.make(), at: SystemClock().now)
        var headers = HTTPHeaders([
            ("content-type", Reply.json), ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
            ("content-length", String(body.count)),
        ])
        for header in error.headers { headers.add(name: header.name, value: header.value) }
        let status = HTTPResponseStatus(statusCode: error.code.status)
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        let buffer = context.channel.allocator.buffer(bytes: body)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func refuseAndClose(_ context: ChannelHandlerContext) {
        state = .closing
        EarlyRefusal.answer(ScoreAdmission.refusal, in: context)
    }

    /// The NDJSON stream is not among them: it has a limit of its own.
    static func isScoring(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .POST else { return false }
        let path = head.uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        return paths.contains { path.elementsEqual($0) }
            || path.starts(with: models) && path.reversed().starts(with: infer)
    }

    private static let paths = ["/score", "/score/features", "/batch-score"].map { Array((API.prefix + $0).utf8) }
    private static let models = Array("/v2/models/".utf8)
    private static let infer = Array("/infer".utf8.reversed())
}

@available(*, unavailable)
extension SheddingHandler: Sendable {}
