import JSONBytes
import Leads
import Realtime
import Scoring

extension API {
    private enum Reach: String, CaseIterable { case subscribers, all }

    private enum BroadcastType: String, CaseIterable {
        case botStatus = "bot_status"
        case userActivity = "user_activity"
        case custom
        case systemHealth = "system_health"

        var event: EventType {
            switch self {
            case .botStatus: .botStatus
            case .userActivity: .userActivity
            case .custom: .custom
            case .systemHealth: .systemHealth
            }
        }
    }

    /// A message of the stream holds at most this much data.
    private static let broadcastBytes = 16 << 10

    /// `POST /ws/broadcast`: an event of the administrator's own, stored in the log like any other.
    func broadcast(_ exchange: Exchange) async throws -> Reply {
        let (document, _) = try await exchange.collectJSON()
        var body = BodyFields(document.root, known: ["event_type", "data", "roles", "to"])
        let type: BroadcastType? = body.choice("event_type", isRequired: true)
        let reach: Reach = body.choice("to") ?? .subscribers
        let roles = Self.roles(&body)
        let data = body.element("data")
        if data?.kind != .object {
            body.report("data", "is required: an object")
        } else if let data, data.bytes.count > Self.broadcastBytes {
            body.report("data", "is larger than \(Self.broadcastBytes) bytes")
        }
        try body.throwProblems()
        guard let type, let data else { throw APIError(.internalError, "something failed on our side") }
        let audience = Audience(roles: roles, reachesEveryone: reach == .all)
        let event = NewEvent(
            tenant: exchange.tenant, type: type.event, id: RequestID.make(), timestamp: clock.now,
            data: BroadcastEnvelope.seal(data.bytes, audience: audience), leadID: nil)
        let committed = try await stored { () async throws(StoreError) in
            try await store.commit(Commit(events: [event]))
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("event_type", type.rawValue)
        json.member("id", event.id)
        json.member("offset", committed.first?.offset)
        json.member("epoch", committed.first?.epoch)
        json.member("timestamp", event.timestamp.description)
        body.encodeWarnings(into: &json)
        json.endObject()
        return .json(json.bytes)
    }

    private static func roles(_ body: inout BodyFields) -> Set<Role>? {
        guard let list = body.element("roles") else { return nil }
        let names = list.elements.map { $0.string.flatMap(Role.init(rawValue:)) }
        guard list.kind == .array, !names.contains(where: { $0 == nil }) else {
            body.report("roles", "must be an array of viewer, agent, admin")
            return nil
        }
        return Set(names.compactMap(\.self))
    }
}
