import Crypto
import JSONBytes
import Leads
import Realtime
import Synchronization

/// Says whether a token is to be believed, and who it is about. Knows keys, claims, the clock and what was revoked; a token
/// that was believed once is found again by its SHA-256 until it ends or the keys change.
final class TokenVerifier: Sendable {
    typealias Digest = SHA256.Digest

    struct Verified: Sendable {
        var principal: Principal
        /// Of the whole token: names it in tables without holding it.
        var digest: Digest
    }

    private struct Entry {
        var principal: Principal
        var generation: Int
    }

    /// A longer token is refused unread.
    static let maximumBytes = 8 << 10
    /// Tokens remembered at a time; when there are more, half of them are forgotten and checked anew.
    static let maximumRemembered = 10_000

    private let keys: KeySource
    private let settings: AccessSettings
    private let clock: any WallClock
    private let revocations: RevocationList
    private let remembered = Mutex<[Digest: Entry]>([:])

    init(keys: KeySource, settings: AccessSettings, clock: any WallClock, revocations: RevocationList) {
        self.keys = keys
        self.settings = settings
        self.clock = clock
        self.revocations = revocations
    }

    /// - Throws: ``TokenRefusal``.
    func verify(_ token: String) async throws(TokenRefusal) -> Verified {
        guard token.utf8.count <= Self.maximumBytes else { throw .tooLong }
        let bytes = Array(token.utf8)
        let digest = SHA256.hash(data: bytes)
        let principal = try await principal(of: bytes, digest)
        if revocations.isRevoked(principal) { throw .revoked }
        return Verified(principal: principal, digest: digest)
    }

    private func principal(of bytes: [UInt8], _ digest: Digest) async throws(TokenRefusal) -> Principal {
        let generation = keys.current.generation
        if let entry = remembered.withLock({ $0[digest] }), entry.generation == generation {
            let end = (entry.principal.expiresAt ?? .max) + settings.leeway.components.seconds * 1_000
            if clock.now.milliseconds < end { return entry.principal }
            throw .expired
        }
        let parts = try Parts(bytes)
        let key = try await key(of: parts)
        guard key.verifies(parts.signature, over: parts.signed) else { throw .signature }
        let claims = try TokenClaims(parts.claims.root)
        try claims.check(at: clock.now, settings)
        remember(claims.principal, digest, generation)
        return claims.principal
    }

    private func key(of parts: Parts) async throws(TokenRefusal) -> AccessKey {
        do {
            return try keys.current.set.key(id: parts.keyID, algorithm: parts.algorithm)
        } catch {
            guard error == .unknownKey, parts.keyID != nil else { throw error }
        }
        // The issuer may have begun to use a key that we have not seen yet.
        await keys.refresh()
        return try keys.current.set.key(id: parts.keyID, algorithm: parts.algorithm)
    }

    private func remember(_ principal: Principal, _ digest: Digest, _ generation: Int) {
        remembered.withLock { table in
            if table.count >= Self.maximumRemembered {
                let now = clock.now.milliseconds
                table = table.filter { $0.value.generation == generation && ($0.value.principal.expiresAt ?? 0) > now }
                for key in Array(table.keys.prefix(max(0, table.count - Self.maximumRemembered / 2))) {
                    table[key] = nil
                }
            }
            table[digest] = Entry(principal: principal, generation: generation)
        }
    }
}

extension TokenVerifier: TokenRefresher {
    func verdict(onToken token: String) async -> TokenVerdict {
        do {
            return .valid(try await verify(token).principal)
        } catch {
            return error == .expired ? .expired : .invalid
        }
    }

    func isRevoked(_ principal: Principal) -> Bool { revocations.isRevoked(principal) }
}

/// The three parts of a compact JWS (RFC 7515, section 7.1), decoded and not yet believed.
private struct Parts {
    /// Header and claims as they were signed.
    let signed: ArraySlice<UInt8>
    let algorithm: AccessKey.Algorithm
    let keyID: String?
    let claims: JSONDocument
    let signature: [UInt8]

    private static let limits = JSONLimits(maximumDepth: 16, maximumBytes: TokenVerifier.maximumBytes)

    init(_ token: [UInt8]) throws(TokenRefusal) {
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.document(parts[0]), header.root.kind == .object else {
            throw .malformed
        }
        // RFC 7515, section 4.1.11: an extension that must be understood, and none is. Keys that a token brings along
        // or points to (jwk, jku, x5c, x5u) are not looked at.
        guard header.root["crit"] == nil, let name = header.root["alg"]?.string else { throw .malformed }
        guard let algorithm = AccessKey.Algorithm(rawValue: name == "Ed25519" ? "EdDSA" : name) else {
            throw .algorithm
        }
        var keyID: String?
        if let element = header.root["kid"] {
            guard let text = element.string else { throw .malformed }
            keyID = text
        }
        guard let claims = Self.document(parts[1]), let signature = Base64URL.decode(parts[2]), !signature.isEmpty
        else { throw .malformed }
        self.algorithm = algorithm
        self.keyID = keyID
        self.claims = claims
        self.signature = signature
        signed = token[token.startIndex..<parts[1].endIndex]
    }

    private static func document(_ part: ArraySlice<UInt8>) -> JSONDocument? {
        guard let bytes = Base64URL.decode(part) else { return nil }
        return try? JSONDocument(parsing: bytes, limits: limits)
    }
}
