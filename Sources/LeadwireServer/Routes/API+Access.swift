import JSONBytes
import Leads
import Realtime
import Scoring

/// Taking access away again: connections that end now, tokens that are refused from now on.
extension API {
    private static let defaultRevocation = Duration.seconds(30 * 86_400)
    private static let longestRevocation = Duration.seconds(366 * 86_400)

    /// `POST /ws/disconnect`: closes every connection of the tenant that all given conditions are true of.
    func disconnectSelected(_ exchange: Exchange) async throws -> Reply {
        let (document, bytes) = try await exchange.collectJSON()
        let request = try DisconnectRequest(document.root)
        try await nodes?.tell(.disconnected, tenant: exchange.tenant, body: bytes, at: clock.now)
        let closed = await hub.disconnect(
            request.selection, tenant: exchange.principal.tenant, code: request.code)
        var json = JSONWriter()
        json.beginObject()
        json.member("closed", closed)
        request.fields.encodeWarnings(into: &json)
        json.endObject()
        return .json(json.bytes)
    }

    /// `POST /tokens/revoke`: one token by its id, or all that a user holds now; its connections are closed.
    func revoke(_ exchange: Exchange) async throws -> Reply {
        let (document, _) = try await exchange.collectJSON()
        var body = BodyFields(document.root, known: ["token_id", "user", "until"])
        let id = body.string("token_id", maximum: TokenClaims.maximumNameBytes)
        let user = body.string("user", maximum: TokenClaims.maximumNameBytes)
        let now = clock.now
        let until = body.timestamp("until") ?? now.advanced(by: Self.defaultRevocation)
        if (id == nil) == (user == nil) { body.report("token_id", "or user is required, one of the two") }
        for (name, value) in [("token_id", id), ("user", user)] {
            if let value, !TokenClaims.isName(value) {
                body.report(name, "must be 1 to 128 bytes without control characters")
            }
        }
        if until <= now || until.duration(since: now) > Self.longestRevocation {
            body.report("until", "must be in the future and at most 366 days away")
        }
        try body.throwProblems()
        guard let revocations else {
            throw APIError(.notFound, "local mode has no tokens to revoke: they belong to --auth jwt")
        }
        // Refused first, closed then: who comes in between is refused at the door.
        let subject: RevocationList.Subject = id.map { .token($0) } ?? .user(user ?? "")
        let entry = revocations.entry(subject, tenant: exchange.principal.tenant, until: until)
        try revocations.revoke(entry)
        let closed = await hub.disconnect(entry.selection, tenant: entry.tenant, code: .forbidden)
        try await telling(
            "refused on this node from now on, but the database is away: repeat this, so that the others hear of it and it "
                + "outlives a restart"
        ) { () async throws(APIError) in
            try await nodes?.tell(
                .revoked, tenant: exchange.tenant, body: RevocationJSON.bytes(entry), at: now, until: until)
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("token_id", id)
        json.member("user", user)
        json.member("revoked_at", entry.revokedAt.description)
        json.member("until", entry.until.description)
        json.member("closed", closed)
        body.encodeWarnings(into: &json)
        json.endObject()
        return .json(json.bytes)
    }

    /// Figures of the whole process tell one tenant of the others' traffic; where an operator's tenant is named, only its
    /// people see them.
    func requireOperator(_ exchange: Exchange) throws(APIError) {
        guard showsProcess(to: exchange) else {
            throw APIError(.forbidden, "figures of the whole process are for the operator's tenant")
        }
    }

    /// What changes for the people of every tenant is the operator's to change, and nobody's where none is named. Local mode
    /// has one tenant.
    func requireOperatorToChange(_ exchange: Exchange) throws(APIError) {
        guard revocations == nil || operatorTenant == exchange.principal.tenant else {
            throw APIError(
                .forbidden, "models for everyone are the operator's to change: name its tenant, --operator-tenant")
        }
    }

    func showsProcess(to exchange: Exchange) -> Bool {
        !exchange.isAnonymous && (operatorTenant == nil || operatorTenant == exchange.principal.tenant)
    }
}
