import JSONBytes
import Realtime

/// The body of `POST /ws/disconnect`; the same bytes are the notice to other nodes.
struct DisconnectRequest {
    var selection = ConnectionSelection()
    var allowsReconnect: Bool
    private(set) var fields: BodyFields

    var code: CloseCode { allowsReconnect ? .reconnect : .forbidden }

    /// - Throws: 422 naming every field that is wrong, or that nobody is meant.
    init(_ root: JSONElement) throws(APIError) {
        var body = BodyFields(root, known: ["user", "token_id", "role", "filter", "reconnect"])
        selection.user = body.string("user", maximum: 1_000)
        selection.tokenID = body.string("token_id", maximum: 1_000)
        selection.role = body.choice("role")
        if let element = body.element("filter") {
            do {
                selection.filter = try EventFilter(json: element.bytes)
            } catch {
                body.report("filter", error.description)
            }
        }
        allowsReconnect = body.flag("reconnect") ?? false
        if selection.isEmpty {
            body.report("user", "or token_id, role or filter is required: nobody is meant by an empty selection")
        }
        try body.throwProblems()
        fields = body
    }

    init(json: [UInt8]) throws(APIError) {
        let root: JSONElement
        do {
            root = try JSONDocument(parsing: json).root
        } catch {
            throw .notJSON(error)
        }
        try self.init(root)
    }

    /// Of one connection, wherever it is.
    static func json(connectionID: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("filter")
        json.beginObject()
        json.key("eq")
        json.beginArray()
        json.value("id")
        json.value(connectionID)
        json.endArray()
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
