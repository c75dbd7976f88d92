import HTTPTypes
import Hummingbird
import JSONBytes
import Leads
import NIOCore
import Realtime
import Scoring

/// The WebSocket's path seen as HTTP, and the administrator's view of the stream (contract, section 4).
extension API {
    static let liveScoresPath = prefix + "/ws/live-scores"

    static func isLiveScores(_ target: String) -> Bool {
        target.utf8.prefix { $0 != UInt8(ascii: "?") }.elementsEqual(liveScoresPath.utf8)
    }

    /// `GET /ws/live-scores` that did not become a WebSocket: no upgrade was asked for, or not rightly, or not as a
    /// connection's first request. Whom the gate or the hub refused does not come so far.
    func refuseWithoutUpgrade(_ exchange: Exchange) async throws -> Reply {
        guard exchange.headers[.upgrade]?.lowercased() == "websocket" else {
            throw APIError(.upgradeRequired, "this path speaks WebSocket")
        }
        var error = APIError(
            .upgradeRequired,
            "not a WebSocket handshake of RFC 6455, version 13, as the first request of its connection")
        // A client that asks again does so on a new connection, where it can succeed.
        error.closesConnection = true
        throw error
    }

    /// `GET /ws/metrics`.
    func streamMetrics(_ exchange: Exchange) async throws -> Reply {
        .json(await hub.metrics(tenant: exchange.principal.tenant).json())
    }

    /// `GET /ws/connections`.
    func connections(_ exchange: Exchange) async throws -> Reply {
        var problems: [FieldProblem] = []
        var query = ConnectionQuery(tenant: exchange.principal.tenant)
        query.limit = exchange.query.integer("limit", in: 1...ConnectionQuery.maximumLimit, problems: &problems) ?? 100
        query.cursor = exchange.query["cursor"]
        if let cursor = query.cursor, !hub.accepts(cursor: cursor) {
            problems.append(FieldProblem(field: "cursor", problem: "must be the next_cursor of an earlier page"))
        }
        query.user = exchange.query.text("user", problems: &problems)
        query.event = exchange.query.choice("event", problems: &problems)
        query.isLagging = exchange.query.flag("lagging", problems: &problems)
        query.role = exchange.query.choice("role", problems: &problems)
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        let page = await hub.connections(query)
        guard page.connections.count > ConnectionPage.Pieces.connections else { return .json(page.json()) }
        // Rendered between writes: in one go it would hold a core for milliseconds, and the write of it a loop.
        return Reply(
            body: .stream { writer in
                for piece in page.pieces { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
    }

    /// `DELETE /ws/connections/{id}`.
    func disconnect(_ exchange: Exchange) async throws -> Reply {
        let id = exchange.parameters[0]
        var state = "closed"
        if !(await hub.disconnect(id: id, tenant: exchange.principal.tenant)) {
            // Another node's, perhaps: it closes it, if it has it and it is of this tenant.
            guard let nodes, !hub.accepts(cursor: id), id.utf8.count <= 64 else {
                throw APIError(.notFound, "no connection of this id")
            }
            let body = DisconnectRequest.json(connectionID: id)
            try await nodes.tell(.disconnected, tenant: exchange.tenant, body: body, at: clock.now)
            state = "passed_on"
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("connection_id", id)
        json.member("state", state)
        json.endObject()
        return .json(json.bytes, status: state == "closed" ? 200 : 202)
    }
}
