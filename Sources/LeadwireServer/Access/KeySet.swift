import JSONBytes

/// The keys that tokens may be signed with. Immutable; a rotation makes another one.
struct KeySet: Sendable {
    /// More keys than any issuer has in use.
    static let maximumKeys = 100
    static let maximumBytes = 1 << 20

    private let keys: [AccessKey]

    init(_ keys: [AccessKey]) {
        self.keys = keys
    }

    var isEmpty: Bool { keys.isEmpty }
    var count: Int { keys.count }

    func joined(with other: KeySet) -> KeySet { KeySet(keys + other.keys) }

    /// The one key that a token's header means. Without a `kid` it must be the only one of its algorithm.
    func key(id: String?, algorithm: AccessKey.Algorithm) throws(TokenRefusal) -> AccessKey {
        guard let id else {
            let candidates = keys.filter { $0.algorithm == algorithm }
            guard candidates.count == 1 else { throw candidates.isEmpty ? .algorithm : .unknownKey }
            return candidates[0]
        }
        let named = keys.filter { $0.id == id }
        guard !named.isEmpty else { throw .unknownKey }
        guard let key = named.first(where: { $0.algorithm == algorithm }) else { throw .algorithm }
        return key
    }

    /// Reads a JWK set. Keys for encryption, of other kinds and for other algorithms are left out; a key that is ours to
    /// read and wrong is a problem.
    ///
    /// - Parameters:
    ///   - bytes: JSON, at most ``maximumBytes``.
    ///   - allowsSecrets: whether `oct` keys may stand in it. Not where the set is public.
    /// - Returns: the keys that are of use here; there may be none.
    /// - Throws: ``KeyProblem``.
    static func read(_ bytes: [UInt8], allowsSecrets: Bool) async throws -> KeySet {
        guard bytes.count <= maximumBytes else { throw KeyProblem("the key set is larger than \(maximumBytes) bytes") }
        guard let document = try? JSONDocument(parsing: bytes), let list = document.root["keys"], list.kind == .array
        else { throw KeyProblem("the key set is not JSON of the form {\"keys\": [...]}") }
        guard list.count <= maximumKeys else { throw KeyProblem("the key set has more than \(maximumKeys) keys") }
        var keys: [AccessKey] = []
        for element in list.elements {
            if let key = try await key(element, allowsSecrets: allowsSecrets) { keys.append(key) }
        }
        let names = keys.compactMap(\.id)
        guard Set(names).count == names.count else { throw KeyProblem("two keys of the set have the same kid") }
        return KeySet(keys)
    }

    private static func key(_ jwk: JSONElement, allowsSecrets: Bool) async throws -> AccessKey? {
        let use = jwk["use"]?.string
        guard use == nil || use == "sig" else { return nil }
        if let operations = jwk["key_ops"], operations.kind == .array,
            !operations.elements.contains(where: { $0.string == "verify" })
        {
            return nil
        }
        let id = jwk["kid"]?.string
        if let id, !(1...256).contains(id.utf8.count) { throw KeyProblem("a kid has 1 to 256 bytes") }
        let algorithm = jwk["alg"]?.string
        func isFor(_ expected: AccessKey.Algorithm) -> Bool { algorithm == nil || algorithm == expected.rawValue }
        func member(_ name: String) throws -> String {
            guard let value = jwk[name]?.string else { throw KeyProblem("a key of the set has no \(name)") }
            return value
        }
        do {
            switch (jwk["kty"]?.string, jwk["crv"]?.string) {
            case ("RSA", _) where isFor(.rs256):
                return try await .rsa(modulus: try member("n"), exponent: try member("e"), id: id)
            case ("EC", "P-256") where isFor(.es256):
                return try await .p256(x: try member("x"), y: try member("y"), id: id)
            case ("OKP", "Ed25519") where isFor(.edDSA) || algorithm == "Ed25519":
                return try await .ed25519(x: try member("x"), id: id)
            case ("oct", _) where isFor(.hs256):
                guard allowsSecrets else {
                    throw KeyProblem("a key set from an address may not hold a secret (kty oct); give it as a file")
                }
                guard let secret = Base64URL.decode(try member("k").utf8) else {
                    throw KeyProblem("a secret of the set is not Base64URL")
                }
                return try await .secret(secret, id: id)
            default: return nil
            }
        } catch let problem as KeyProblem {
            throw problem
        } catch {
            throw KeyProblem("a key of the set can't be used: wrong coordinates, or an RSA key below 2,048 bits")
        }
    }
}
