import Crypto
import CryptoExtras
import Foundation

/// A key pair, or a secret, that signs tokens in tests: by swift-crypto itself and nothing of the server's.
struct TestKey: Sendable {
    enum Material: Sendable {
        case secret([UInt8])
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    var id: String?
    var algorithm: String
    var material: Material

    static let secret = TestKey(
        id: nil, algorithm: "HS256", material: .secret(Array("0123456789abcdef0123456789abcdef".utf8)))
    /// Made once: 2,048 bits take a while.
    static let rsa = Result { TestKey(id: "rsa-1", algorithm: "RS256", material: .rsa(try .init(keySize: .bits2048))) }

    static func p256(_ id: String?) -> TestKey { TestKey(id: id, algorithm: "ES256", material: .p256(.init())) }
    static func ed25519(_ id: String?) -> TestKey { TestKey(id: id, algorithm: "EdDSA", material: .ed25519(.init())) }

    func signature(over bytes: [UInt8]) throws -> [UInt8] {
        let data = Data(bytes)
        return switch material {
        case .secret(let secret): Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: secret)))
        case .rsa(let key):
            Array(try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
        case .p256(let key): Array(try key.signature(for: data).rawRepresentation)
        case .ed25519(let key): Array(try key.signature(for: data))
        }
    }

    /// As it stands in a JWK set.
    func jwk(_ more: String = "") throws -> String {
        let name = id.map { #","kid":"\#($0)""# } ?? ""
        let members =
            switch material {
            case .secret(let secret): #""kty":"oct","k":"\#(TestToken.encode(secret))""#
            case .rsa(let key):
                try Self.rsaMembers(key.publicKey)
            case .p256(let key):
                #""kty":"EC","crv":"P-256","x":"\#(TestToken.encode(key.publicKey.rawRepresentation.prefix(32)))","#
                    + #""y":"\#(TestToken.encode(key.publicKey.rawRepresentation.suffix(32)))""#
            case .ed25519(let key):
                #""kty":"OKP","crv":"Ed25519","x":"\#(TestToken.encode(key.publicKey.rawRepresentation))""#
            }
        return "{\(members)\(name)\(more)}"
    }

    private static func rsaMembers(_ key: _RSA.Signing.PublicKey) throws -> String {
        let primitives = try key.getKeyPrimitives()
        return #""kty":"RSA","n":"\#(TestToken.encode(primitives.modulus))","#
            + #""e":"\#(TestToken.encode(primitives.publicExponent))""#
    }

    static func set(_ keys: [TestKey]) throws -> String {
        #"{"keys":[\#(try keys.map { try $0.jwk() }.joined(separator: ","))]}"#
    }
}

/// Tokens as an issuer makes them, right or wrong.
enum TestToken {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Signs whole claims under a whole header, by default the key's own algorithm and name.
    static func make(_ claims: String, _ key: TestKey = .secret, header: String? = nil) throws -> String {
        let name = key.id.map { #","kid":"\#($0)""# } ?? ""
        let head = header ?? #"{"alg":"\#(key.algorithm)"\#(name)}"#
        let signed = encode(head.utf8) + "." + encode(claims.utf8)
        return signed + "." + encode(try key.signature(over: Array(signed.utf8)))
    }

    /// A good payload. `more` is written as it is and begins with a comma.
    static func claims(
        _ user: String = "ann", role: String = "admin", tenant: String = "t1", issued: Int64 = Self.now,
        lifetime: Int64 = 3_600, _ more: String = ""
    ) -> String {
        #"{"sub":"\#(user)","role":"\#(role)","tenant":"\#(tenant)","iat":\#(issued),"exp":\#(issued + lifetime)\#(more)}"#
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
