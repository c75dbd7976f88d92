import JSONBytes
import Leads
import Realtime

/// What a token says, read from its payload and checked for kind and size; whether the times fit is asked separately.
struct TokenClaims: Sendable {
    static let maximumNameBytes = 128

    var user: String
    var role: Role
    var tenant: String
    /// Milliseconds since 1970 UTC, as all times here.
    var expiresAt: Int64
    var notBefore: Int64?
    var issuedAt: Int64?
    var id: String?
    var issuer: String?
    /// Nil when the token names none.
    var audiences: [String]?
    var filter: EventFilter?
    var events: Set<EventName>?

    /// - Throws: ``TokenRefusal/claims`` when one is missing or of another kind. A filter or event name that can't be
    ///   read is refused too: leaving it out would show more than was meant.
    init(_ root: JSONElement) throws(TokenRefusal) {
        guard root.kind == .object, let user = Self.name(root["sub"]), let tenant = Self.tenant(root["tenant"]),
            let role = root["role"]?.string.flatMap(Role.init(rawValue:)), let expiresAt = try Self.time(root["exp"])
        else { throw .claims }
        self.user = user
        self.role = role
        self.tenant = tenant
        self.expiresAt = expiresAt
        notBefore = try Self.time(root["nbf"])
        issuedAt = try Self.time(root["iat"])
        id = try Self.optionalName(root["jti"])
        issuer = try Self.text(root["iss"])
        audiences = try Self.audiences(root["aud"])
        if let element = root["filter"], !element.isNull {
            guard let filter = try? EventFilter(json: element.bytes) else { throw .claims }
            self.filter = filter
        }
        if let element = root["events"], !element.isNull { events = try Self.events(element) }
    }

    var principal: Principal {
        Principal(
            user: user, role: role, tenant: tenant, expiresAt: expiresAt, issuedAt: issuedAt, tokenID: id,
            filter: filter, events: events)
    }

    /// - Throws: ``TokenRefusal`` naming the first thing that does not fit.
    func check(at now: Timestamp, _ settings: AccessSettings) throws(TokenRefusal) {
        let leeway = settings.leeway.components.seconds * 1_000
        if now.milliseconds >= expiresAt + leeway { throw .expired }
        if let notBefore, now.milliseconds < notBefore - leeway { throw .notYetValid }
        if let issuedAt, now.milliseconds < issuedAt - leeway { throw .notYetValid }
        if let expected = settings.issuer, issuer != expected { throw .issuer }
        if let expected = settings.audience {
            guard audiences?.contains(expected) == true else { throw .audience }
        } else if audiences != nil {
            // RFC 7519, section 4.1.3: who does not find itself in a token's audience must not take it.
            throw .audience
        }
    }

    // MARK: Kinds

    /// 1 to 128 bytes, no control characters: it is shown to administrators and keeps data apart.
    static func isName(_ text: String) -> Bool {
        (1...maximumNameBytes).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func name(_ element: JSONElement?) -> String? {
        guard let text = element?.string, isName(text) else { return nil }
        return text
    }

    /// Visible ASCII: Swift takes texts that only look alike (composed and decomposed accents) for equal and SQLite does
    /// not, and what keeps data apart must not depend on who compares.
    private static func tenant(_ element: JSONElement?) -> String? {
        guard let text = element?.string, isName(text), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return text
    }

    private static func optionalName(_ element: JSONElement?) throws(TokenRefusal) -> String? {
        guard let element else { return nil }
        guard let text = name(element) else { throw .claims }
        return text
    }

    private static func text(_ element: JSONElement?) throws(TokenRefusal) -> String? {
        guard let element else { return nil }
        guard let text = element.string else { throw .claims }
        return text
    }

    /// Seconds since 1970, whole or not.
    private static func time(_ element: JSONElement?) throws(TokenRefusal) -> Int64? {
        guard let element else { return nil }
        guard let seconds = element.double, (0...1e11).contains(seconds) else { throw .claims }
        return Int64(seconds * 1_000)
    }

    private static func audiences(_ element: JSONElement?) throws(TokenRefusal) -> [String]? {
        guard let element else { return nil }
        if let one = element.string { return [one] }
        guard element.kind == .array, element.count <= 64 else { throw .claims }
        var list: [String] = []
        for item in element.elements {
            guard let text = item.string else { throw .claims }
            list.append(text)
        }
        return list
    }

    private static func events(_ element: JSONElement) throws(TokenRefusal) -> Set<EventName> {
        guard element.kind == .array, element.count <= 64 else { throw .claims }
        var names = Set<EventName>()
        for item in element.elements {
            guard let name = item.string.flatMap(EventName.init(rawValue:)) else { throw .claims }
            names.insert(name)
        }
        return names
    }
}
