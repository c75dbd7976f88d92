import HTTPTypes
import Hummingbird
import Leads
import Logging
import NIOCore
import NIOHTTP1
import Realtime

/// What Hummingbird knows of a request besides its head and body.
struct ConnectionContext: InitializableFromSource {
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}

/// Every request's way: the gate, the route, the role, the content type, the answer; and every refusal in one shape.
struct APIResponder: HTTPResponder {
    let gate: any Gate
    let tickets: TicketOffice
    let table: RouteTable
    let limits: RequestLimits
    let statistics: RequestStatistics
    let clock: any WallClock

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let started = ContinuousClock.now
        let id = RequestID.make()
        var pattern = "other"
        let reply: Reply
        var closes = false
        do {
            reply = try await answer(request, context.channel, id: id, started: started, pattern: &pattern)
        } catch let error as HTTPParserError {
            throw error
        } catch let error as APIError {
            reply = refusal(error, id: id)
            closes = error.closesConnection || announcesTooMuch(request)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Only the kind of error: its text could hold what the caller sent.
            context.logger.error(
                "request failed", metadata: ["request.id": "\(id)", "error.type": "\(type(of: error))"])
            reply = refusal(APIError(.internalError, "something failed on our side"), id: id)
        }
        statistics.record(
            route: pattern, method: request.method.rawValue, status: reply.status, duration: started.duration(to: .now))
        if case .takeOver(let start) = reply.body { return Self.handOver(context.channel, head: head(reply), start) }
        return response(reply, isHead: request.method == .head, closing: closes ? context.channel : nil)
    }

    private func answer(
        _ request: Request, _ channel: any Channel, id: String, started: ContinuousClock.Instant, pattern: inout String
    ) async throws -> Reply {
        let principal = try await principal(of: request, on: channel)
        let target = Substring(request.head.path ?? "")
        let question = target.firstIndex(of: "?")
        let path = target[..<(question ?? target.endIndex)]
        switch table.match(request.method, path: path) {
        case .badPath:
            throw APIError(.badRequest, "the path is not percent-encoded UTF-8")
        case .unknownPath:
            throw APIError(.notFound, "no such path")
        case .otherMethods(let methods):
            let allow = methods.map(\.rawValue).joined(separator: ", ")
            if request.method == .options {
                return Reply(status: 204, headers: [("Allow", allow)], body: .bytes([]))
            }
            var error = APIError(.methodNotAllowed, "this path takes \(allow)")
            error.headers.append(("Allow", allow))
            throw error
        case .route(let route, let parameters):
            pattern = route.pattern
            if let role = route.role {
                guard let principal else { throw APIError(.unauthorized, "this needs a token: Authorization: Bearer") }
                guard principal.role >= role else { throw APIError(.forbidden, "this needs the role \(role)") }
            }
            let query = QueryParameters(question.map { target[target.index(after: $0)...] } ?? "")
            let exchange = Exchange(
                id: id, method: request.method, parameters: parameters, query: query, headers: request.headers,
                body: request.body, principal: principal ?? Self.nobody, isAnonymous: principal == nil,
                limits: limits, remoteAddress: channel.remoteAddress, started: started)
            let mayOmitType = route.contentTypeIsOptional && exchange.headers[.contentType] == nil
            if route.method == .post, !mayOmitType, !(route.bodyIsOptional && exchange.announcesNoBody) {
                try exchange.requireContentType(route.contentTypes)
            }
            if !query.problems.isEmpty { throw APIError.invalid(query.problems) }
            return try await route.answer(exchange)
        }
    }

    /// Who asks without a token: the name of no tenant is empty, so nothing is found behind it.
    private static let nobody = Principal(user: "", role: .viewer, tenant: "")

    /// What was decided of a handshake that did not become a WebSocket holds for its request. A ticket in the query of the
    /// event stream stands for the token that it was given for.
    private func principal(of request: Request, on channel: any Channel) async throws -> Principal? {
        if request.method == .get, API.isLiveScores(request.head.path ?? ""),
            let decision = try await decision(on: channel)
        {
            return try decision.principal
        }
        let head = RequestHead(request.head)
        let address = channel.remoteAddress?.ipAddress ?? "local"
        guard request.method == .get, let ticket = StreamTickets.ticket(inTarget: request.head.path ?? "") else {
            return try await gate.admit(head, from: address)
        }
        try gate.checkPlace(head, from: address)
        return try await tickets.use(ticket, at: clock.now)
    }

    private func decision(on channel: any Channel) async throws -> HandshakeDecision? {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: RequestHeadHandler.self).takeDecision()
        }.get()
    }

    private func refusal(_ error: APIError, id: String) -> Reply {
        Reply(
            status: error.code.status, headers: error.headers,
            body: .bytes(error.body(requestID: id, at: clock.now)))
    }

    /// A refused request whose body is longer than we throw away may not keep its connection.
    private func announcesTooMuch(_ request: Request) -> Bool {
        request.headers[.contentLength].flatMap { Int($0) }.map { $0 > limits.mostRead } ?? false
    }

    private func head(_ reply: Reply) -> HTTPFields {
        var headers = HTTPFields()
        if reply.status != 204 { headers[.contentType] = reply.contentType }
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        for header in reply.headers {
            if let name = HTTPField.Name(header.name) { headers[name] = header.value }
        }
        return headers
    }

    private func response(_ reply: Reply, isHead: Bool, closing channel: (any Channel)?) -> Response {
        var headers = head(reply)
        if channel != nil { headers[.connection] = "close" }
        let status = HTTPResponse.Status(code: reply.status)
        switch reply.body {
        case .bytes(let bytes):
            if isHead {
                headers[.contentLength] = String(bytes.count)
                return Response(status: status, headers: headers)
            }
            let buffer = ByteBuffer(bytes: bytes)
            guard let channel else {
                return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
            }
            return Response(status: status, headers: headers, body: Self.closingBody(buffer, channel))
        case .stream where isHead:
            return Response(status: status, headers: headers)
        case .stream(let write):
            return Response(status: status, headers: headers, body: ResponseBody { writer in try await write(&writer) })
        case .takeOver:
            return Response(status: status, headers: headers)
        }
    }

    /// Sends the head, hands the connection over behind it, and waits for its end as the server waits for a WebSocket's.
    private static func handOver(
        _ channel: any Channel, head: HTTPFields, _ start: @escaping @Sendable (any Channel, Bool) throws -> Void
    ) -> Response {
        var headers = head
        headers[.connection] = "close"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { _ in
                try await withTaskCancellationHandler {
                    // The head's write came before and is at work on this loop already, or done.
                    let started = channel.eventLoop.submit {
                        let door = try channel.pipeline.syncOperations.handler(type: RequestHeadHandler.self)
                        guard channel.isActive, !door.hasInputEnded else { throw ChannelError.inputClosed }
                        try start(channel, !door.isHTTP10)
                    }
                    do {
                        try await started.get()
                    } catch {
                        channel.close(promise: nil)
                    }
                    try await channel.closeFuture.get()
                } onCancel: {
                    channel.close(promise: nil)
                }
            })
    }

    /// Sends the answer, says that no more will come, and a second later closes: a close with unread input would make
    /// the kernel send a reset that can overtake the answer.
    private static func closingBody(_ buffer: ByteBuffer, _ channel: any Channel) -> ResponseBody {
        ResponseBody(contentLength: buffer.readableBytes) { writer in
            try await writer.write(buffer)
            try await writer.finish(nil)
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
    }
}
