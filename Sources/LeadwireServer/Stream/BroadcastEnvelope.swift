import JSONBytes
import Realtime
import Scoring

/// How a broadcast lies in the log: its data together with its audience, so that a replay keeps to the same walls as
/// the first delivery did.
enum BroadcastEnvelope {
    /// What an administrator may publish; everything else is told by the server itself.
    static let types: [EventType] = [.botStatus, .userActivity, .custom, .systemHealth]

    private static let marker = Array(#"{"audience":"#.utf8)

    static func seal(_ data: some Collection<UInt8>, audience: Audience) -> [UInt8] {
        var json = JSONWriter(reserving: data.count + 96)
        json.beginObject()
        json.key("audience")
        json.beginObject()
        if let roles = audience.roles {
            json.key("roles")
            json.beginArray()
            for role in Role.allCases where roles.contains(role) { json.value(role.rawValue) }
            json.endArray()
        }
        json.member("everyone", audience.reachesEveryone)
        json.endObject()
        json.key("data")
        json.raw(data)
        json.endObject()
        return json.bytes
    }

    /// The data that is sent, and to whom. Events of other types are their data; of these types only what ``seal(_:audience:)``
    /// made is in the log, and anything else is kept from everyone but administrators.
    static func open(_ bytes: [UInt8], type: EventType) -> (data: [UInt8], audience: Audience) {
        guard types.contains(type) else { return (bytes, .subscribers) }
        guard bytes.starts(with: marker), let document = try? JSONDocument(parsing: bytes),
            let audience = document.root["audience"], let data = document.root["data"]
        else { return (bytes, Audience(roles: [.admin])) }
        let roles = audience["roles"].map { list in
            Set(list.elements.compactMap { $0.string.flatMap(Role.init(rawValue:)) })
        }
        let everyone = audience["everyone"]?.bool ?? false
        return (Array(data.bytes), Audience(roles: roles, reachesEveryone: everyone))
    }
}
