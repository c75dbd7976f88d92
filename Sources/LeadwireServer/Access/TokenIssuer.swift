import JSONBytes
public import Leads
public import Realtime

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Makes HS256 tokens for development and for services, from the same secret that the server checks them with.
public enum TokenIssuer {
    /// What a token shall say.
    public struct Grant: Sendable {
        public var user: String
        public var role: Role
        public var tenant: String
        public var lifetime: Duration
        /// Names the token, so that it can be revoked alone.
        public var id: String?
        public var audience: String?
        public var issuer: String?
        public var filter: EventFilter?
        public var events: [EventName]?

        public init(user: String, role: Role, tenant: String, lifetime: Duration) {
            self.user = user
            self.role = role
            self.tenant = tenant
            self.lifetime = lifetime
        }
    }

    /// Why a token was not made; says what to change.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// - Throws: ``Problem`` for a secret that can't be read, and for a grant that the server would refuse.
    public static func token(_ grant: Grant, secretFile: String, now: Timestamp) async throws -> String {
        let key: AccessKey
        do {
            key = try await .secret(try KeyFiles.secret(secretFile))
        } catch let problem as KeyProblem {
            throw Problem(description: problem.description)
        }
        let claims = json(grant, now: now)
        guard let document = try? JSONDocument(parsing: claims), (try? TokenClaims(document.root)) != nil else {
            throw Problem(
                description: "user and id are 1 to 128 bytes without control characters, tenant is visible ASCII")
        }
        let header = Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
        let signed = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        let token = signed + "." + Base64URL.encode(try key.sign(Array(signed.utf8)))
        guard token.utf8.count <= TokenVerifier.maximumBytes else {
            throw Problem(description: "the token would be longer than \(TokenVerifier.maximumBytes) bytes")
        }
        return token
    }

    private static func json(_ grant: Grant, now: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.member("sub", grant.user)
        json.member("role", grant.role.rawValue)
        json.member("tenant", grant.tenant)
        let seconds = now.milliseconds / 1_000
        json.member("iat", seconds)
        json.member("exp", seconds + grant.lifetime.components.seconds)
        if let id = grant.id { json.member("jti", id) }
        if let audience = grant.audience { json.member("aud", audience) }
        if let issuer = grant.issuer { json.member("iss", issuer) }
        if let filter = grant.filter {
            json.key("filter")
            json.raw(filter.json)
        }
        if let events = grant.events {
            json.key("events")
            json.beginArray()
            for event in events { json.value(event.rawValue) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }

    /// Writes 32 random bytes, as 43 characters that other programs can take as text, into a new file that only its owner
    /// reads.
    ///
    /// - Throws: ``Problem`` when the file is there already or can't be made.
    public static func writeNewSecret(to path: String) throws(Problem) {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<AccessKey.minimumSecretBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let text = Array((Base64URL.encode(bytes) + "\n").utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let reason = errno == EEXIST ? "is there already: a secret is never overwritten" : "can't be made"
            throw Problem(description: "\(path) \(reason)")
        }
        let written = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard close(file) == 0, written == text.count else {
            unlink(path)
            throw Problem(description: "\(path) can't be written")
        }
    }

    /// A name for a token: 128 random bits.
    public static func newID() -> String { RequestID.make() }
}
