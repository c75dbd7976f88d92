import Foundation
import JWTKit

/// One key that tokens may be signed with, bound to the one algorithm that it is for: a token that names the key with
/// another algorithm is refused before anything is computed (RFC 8725, section 3.1).
struct AccessKey: Sendable {
    enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// A secret as long as its hash, and no shorter (RFC 7518, section 3.2).
    static let minimumSecretBytes = 32

    /// The name that tokens give it (`kid`); nil for the secret of `--jwt-secret-file`.
    let id: String?
    let algorithm: Algorithm
    private let verifier: any JWTAlgorithm

    private init(id: String?, algorithm: Algorithm, adding: (JWTKeyCollection) async throws -> Void) async throws {
        // A collection of one: its own choice among keys falls back to a default, which must not happen here.
        let collection = JWTKeyCollection()
        try await adding(collection)
        verifier = try await collection.getKey()
        self.id = id
        self.algorithm = algorithm
    }

    /// - Throws: ``KeyProblem`` for a secret below 32 bytes.
    static func secret(_ bytes: [UInt8], id: String? = nil) async throws -> AccessKey {
        guard bytes.count >= minimumSecretBytes else {
            throw KeyProblem(
                "a secret for HS256 needs at least \(minimumSecretBytes) bytes, this one has \(bytes.count)")
        }
        return try await AccessKey(id: id, algorithm: .hs256) {
            await $0.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
        }
    }

    /// Modulus and exponent in Base64URL; at least 2,048 bits.
    static func rsa(modulus: String, exponent: String, id: String?) async throws -> AccessKey {
        let key = try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
        return try await AccessKey(id: id, algorithm: .rs256) { await $0.add(rsa: key, digestAlgorithm: .sha256) }
    }

    /// A point of P-256, coordinates in Base64URL.
    static func p256(x: String, y: String, id: String?) async throws -> AccessKey {
        let key = try ES256PublicKey(parameters: (x, y))
        return try await AccessKey(id: id, algorithm: .es256) { await $0.add(ecdsa: key) }
    }

    /// A point of Ed25519 in Base64URL.
    static func ed25519(x: String, id: String?) async throws -> AccessKey {
        let key = try EdDSA.PublicKey(x: x, curve: .ed25519)
        return try await AccessKey(id: id, algorithm: .edDSA) { await $0.add(eddsa: key) }
    }

    /// Whether `signature` is this key's over `signed`. In constant time for a secret.
    func verifies(_ signature: [UInt8], over signed: ArraySlice<UInt8>) -> Bool {
        (try? verifier.verify(signature, signs: Array(signed))) ?? false
    }

    /// For the issuer; only a secret signs.
    func sign(_ bytes: [UInt8]) throws -> [UInt8] { try verifier.sign(bytes) }
}

/// What is wrong with a key or a set of keys; says what to do, and nothing of the key.
struct KeyProblem: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
