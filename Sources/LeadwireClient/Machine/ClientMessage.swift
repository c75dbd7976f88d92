import JSONBytes

/// What the client says.
enum ClientMessage {
    static func subscribe(
        _ names: [LeadwireEventName], filter: LeadwireFilter?, since: LeadwirePosition?, id: String
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.member("type", "subscribe")
        json.member("id", id)
        json.key("events")
        json.beginArray()
        for name in names { json.value(name.rawValue) }
        json.endArray()
        if let filter {
            json.key("filter")
            filter.write(to: &json)
        }
        if let since {
            json.key("since")
            json.beginObject()
            json.member("epoch", since.epoch)
            json.member("offset", since.offset)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    static func refresh(token: String, id: String) -> [UInt8] {
        var json = JSONWriter(reserving: token.utf8.count + 64)
        json.beginObject()
        json.member("type", "refresh")
        json.member("id", id)
        json.member("token", token)
        json.endObject()
        return json.bytes
    }

    static let ping = Array(#"{"type":"ping"}"#.utf8)
}
