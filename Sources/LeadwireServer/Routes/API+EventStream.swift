import HTTPTypes
import JSONBytes
import Leads
import NIOCore
import Realtime

/// The stream as Server-Sent Events.
extension API {
    static let eventsPath = prefix + "/events"

    /// `GET /events`: what a WebSocket gets that subscribes once, with the place in the log as each event's id.
    func events(_ exchange: Exchange) async throws -> Reply {
        let request = try Self.eventStreamRequest(exchange)
        let role = exchange.principal.role
        guard request.isAllowed(for: exchange.principal) else {
            throw APIError(.forbidden, "the role \(role) or its token may see none of these events")
        }
        // A ticket outlives the revocation of the token that it was given for.
        if revocations?.isRevoked(exchange.principal) == true { throw TokenRefusal.revoked.error }
        var reply = Reply(contentType: Reply.eventStream, headers: [("X-Accel-Buffering", "no")], body: .bytes([]))
        if exchange.method == .head { return reply }
        if let refusal = hub.refusal(of: exchange.principal, remoteAddress: exchange.remoteAddress) {
            throw APIError(.overloaded, "no room for another connection (\(refusal.rawValue))")
        }
        let (hub, principal, revocations) = (hub, exchange.principal, revocations)
        reply.body = .takeOver { channel, isChunked in
            // As for a WebSocket: revoked meanwhile, and not among the connections that were closed for it.
            if revocations?.isRevoked(principal) == true { throw TokenRefusal.revoked }
            try EventStreamConnection.install(
                on: channel, request, isChunked: isChunked, principal: principal, hub: hub,
                remoteAddress: channel.remoteAddress)
        }
        return reply
    }

    /// `POST /events/ticket`: lets the caller's browser in once, within thirty seconds.
    func streamTicket(_ exchange: Exchange) async throws -> Reply {
        let (ticket, expiresAt) = try await tickets.make(for: exchange.principal)
        var json = JSONWriter()
        json.beginObject()
        json.member("ticket", ticket)
        json.member("expires_at", expiresAt.description)
        json.endObject()
        return .json(json.bytes)
    }

    private static func eventStreamRequest(_ exchange: Exchange) throws(APIError) -> EventStreamRequest {
        var problems: [FieldProblem] = []
        let names = eventNames(exchange.query, "events", problems: &problems)
        // A browser that reconnects by itself asks for the same URL with a newer header.
        let header = HTTPField.Name("Last-Event-ID").flatMap { exchange.headers[$0] } ?? ""
        let (field, place) =
            header.isEmpty ? ("last_event_id", exchange.query["last_event_id"]) : ("Last-Event-ID", header)
        let since = place.flatMap { logPlace($0, field, problems: &problems) }
        do {
            let request = try EventStreamRequest(events: names, filter: exchange.query["filter"], since: since)
            if problems.isEmpty { return request }
        } catch {
            problems.append(FieldProblem(field: "filter", problem: error.problem))
        }
        throw .invalid(problems)
    }

    // MARK: What the stream and its history ask alike

    /// Names joined by commas, or `*`; nil for all.
    static func eventNames(
        _ query: QueryParameters, _ field: String, problems: inout [FieldProblem]
    ) -> [EventName]? {
        guard let text = query[field], text != "*" else { return nil }
        let known = EventName.allCases
        let parts = text.split(separator: ",", maxSplits: known.count, omittingEmptySubsequences: false)
        let names = parts.compactMap { EventName(rawValue: String($0)) }
        if names.count == parts.count, names.count <= known.count { return names }
        let wrong = parts.first { EventName(rawValue: String($0)) == nil } ?? ""
        let hint = NearestName.of(String(wrong.prefix(64)), among: known.map(\.rawValue))
        problems.append(
            FieldProblem(
                field: field,
                problem: "must be at most \(known.count) names of events joined by commas, or *"
                    + (hint.map { "; did you mean \($0)?" } ?? "")))
        return nil
    }

    /// `epoch:offset`, the id of an event.
    static func logPlace(
        _ text: String, _ field: String, problems: inout [FieldProblem]
    ) -> (epoch: String, offset: UInt64)? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if parts.count == 2, (1...64).contains(parts[0].count), parts[0].allSatisfy(isEpochByte),
            (1...18).contains(parts[1].count), let offset = UInt64(Substring(parts[1])),
            parts[1].first != UInt8(ascii: "+")
        {
            return (String(Substring(parts[0])), offset)
        }
        problems.append(FieldProblem(field: field, problem: "must be the id of an event, epoch:offset"))
        return nil
    }

    private static func isEpochByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
