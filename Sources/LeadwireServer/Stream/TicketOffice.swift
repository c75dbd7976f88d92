import CacheRedis
import JSONBytes
import Leads
import Realtime
import Redis

/// Gives tickets, and takes them: those that this node remembers, and where nodes share a Redis those of every node.
/// While Redis is away a ticket is good on the node that gave it.
struct TicketOffice: Sendable {
    let own: StreamTickets
    var shared: RedisTickets?

    func make(for holder: Principal) async throws(APIError) -> (ticket: String, expiresAt: Timestamp) {
        let made = try own.make(for: holder)
        guard let shared else { return made }
        if (try? await shared.put(ticket: made.ticket, value: Self.bytes(of: holder))) == true {
            own.handOver(made.ticket)
            return made
        }
        // Redis may have it although it did not say so in time, and then it would be good twice: nobody gets this one.
        _ = try own.use(made.ticket)
        return try own.make(for: holder)
    }

    /// Who holds the ticket, which is then used up.
    ///
    /// - Throws: 401 for one that is not good now; 503 when the one place that knows can't be asked.
    func use(_ ticket: String, at now: Timestamp) async throws(APIError) -> Principal {
        let refusal: APIError
        do {
            return try own.use(ticket)
        } catch {
            refusal = error
        }
        guard let shared else { throw refusal }
        let value: [UInt8]?
        do {
            value = try await shared.take(ticket: ticket)
        } catch {
            throw APIError(.storeUnavailable, "tickets can't be looked up now; ask for a new one")
        }
        guard let value, let holder = Self.holder(value), holder.expiresAt.map({ now.milliseconds < $0 }) ?? true
        else { throw refusal }
        return holder
    }

    // MARK: Form

    private static func bytes(of holder: Principal) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.member("user", holder.user)
        json.member("role", holder.role.rawValue)
        json.member("tenant", holder.tenant)
        json.member("token_id", holder.tokenID)
        if let time = holder.expiresAt { json.member("expires_at", Timestamp(milliseconds: time).description) }
        if let time = holder.issuedAt { json.member("issued_at", Timestamp(milliseconds: time).description) }
        if let filter = holder.filter {
            json.key("filter")
            json.raw(filter.json)
        }
        if let events = holder.events {
            json.key("events")
            json.beginArray()
            for name in events.map(\.rawValue).sorted() { json.value(name) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }

    /// Nil for what is not whole: a wall that can't be read lets nobody in.
    private static func holder(_ bytes: [UInt8]) -> Principal? {
        guard let root = (try? JSONDocument(parsing: bytes))?.root, let user = root["user"]?.string,
            let role = root["role"]?.string.flatMap(Role.init(rawValue:)), let tenant = root["tenant"]?.string
        else { return nil }
        var holder = Principal(user: user, role: role, tenant: tenant, tokenID: root["token_id"]?.string)
        for (name, place) in [("expires_at", \Principal.expiresAt), ("issued_at", \Principal.issuedAt)] {
            guard let element = root[name] else { continue }
            guard let time = element.string.flatMap({ Timestamp(rfc3339: $0) }) else { return nil }
            holder[keyPath: place] = time.milliseconds
        }
        if let element = root["filter"] {
            guard let filter = try? EventFilter(json: element.bytes) else { return nil }
            holder.filter = filter
        }
        if let element = root["events"] {
            let names = element.elements.map { $0.string.flatMap(EventName.init(rawValue:)) }
            guard !names.contains(where: { $0 == nil }) else { return nil }
            holder.events = Set(names.compactMap(\.self))
        }
        return holder
    }
}
