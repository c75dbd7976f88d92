import JSONBytes
import Leads
import Realtime

/// A revocation as one JSON object: in the file of a server of its own, and in a notice to other nodes.
enum RevocationJSON {
    static func write(_ entry: RevocationList.Entry, to json: inout JSONWriter) {
        json.beginObject()
        json.member("tenant", entry.tenant)
        switch entry.subject {
        case .token(let id): json.member("token_id", id)
        case .user(let user): json.member("user", user)
        }
        json.member("revoked_at", entry.revokedAt.description)
        json.member("until", entry.until.description)
        json.endObject()
    }

    static func bytes(_ entry: RevocationList.Entry) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        write(entry, to: &json)
        return json.bytes
    }

    /// Nil for what is not one.
    static func entry(_ element: JSONElement) -> RevocationList.Entry? {
        guard let tenant = element["tenant"]?.string, let revokedAt = time(element["revoked_at"]),
            let until = time(element["until"])
        else { return nil }
        let subject: RevocationList.Subject
        if let id = element["token_id"]?.string {
            subject = .token(id)
        } else if let user = element["user"]?.string {
            subject = .user(user)
        } else {
            return nil
        }
        return RevocationList.Entry(tenant: tenant, subject: subject, revokedAt: revokedAt, until: until)
    }

    static func entry(_ bytes: [UInt8]) -> RevocationList.Entry? {
        (try? JSONDocument(parsing: bytes)).flatMap { entry($0.root) }
    }

    private static func time(_ element: JSONElement?) -> Timestamp? {
        element?.string.flatMap { Timestamp(rfc3339: $0) }
    }
}

extension RevocationList.Entry {
    /// The connections that it ends.
    var selection: ConnectionSelection {
        switch subject {
        case .token(let id): ConnectionSelection(tokenID: id)
        case .user(let user): ConnectionSelection(user: user)
        }
    }
}
