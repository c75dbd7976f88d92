import Crypto
import CryptoExtras
import Foundation
import Leads
import Logging
import Realtime
import TestSupport
import Testing

@testable import LeadwireServer

@Suite(.timeLimit(.minutes(5)))
struct VerifierAccessTests {
    private static let clock = TestClock()
    private static var now: Int64 { clock.now.milliseconds / 1_000 }

    private static func verifier(
        _ keys: [TestKey], clock: TestClock = clock, allowsSecrets: Bool = true,
        _ configure: (inout AccessSettings) -> Void = { _ in }
    ) async throws -> TokenVerifier {
        var settings = AccessSettings()
        configure(&settings)
        let set = Array(try TestKey.set(keys).utf8)
        let source = try await KeySource(interval: .seconds(30), clock: clock, logger: LiveServer.silent) {
            try await KeySet.read(set, allowsSecrets: allowsSecrets)
        }
        return TokenVerifier(
            keys: source, settings: settings, clock: clock, revocations: try RevocationList(clock: clock))
    }

    private static func good(_ more: String = "") -> String { TestToken.claims(issued: now, more) }

    private func refusal(_ token: String, by verifier: TokenVerifier) async -> TokenRefusal? {
        do {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error
        }
    }

    @Test func `each algorithm is verified with a real key, and every claim arrives`() async throws {
        let keys = [TestKey.secret, try TestKey.rsa.get(), .p256("ec-1"), .ed25519("ed-1")]
        let verifier = try await Self.verifier(keys)
        let more = #","jti":"j1","filter":{"eq":["source","web"]},"events":["lead_scored"],"other":[1]"#
        for key in keys {
            let token = try TestToken.make(Self.good(more), key)
            for _ in 0..<2 {
                let principal = try await verifier.verify(token).principal
                #expect(principal.user == "ann" && principal.role == .admin && principal.tenant == "t1")
                #expect(principal.tokenID == "j1" && principal.events == [.leadScored])
                #expect(principal.filter?.json.elementsEqual(#"{"eq":["source","web"]}"#.utf8) == true)
                #expect(principal.expiresAt == (Self.now + 3_600) * 1_000 && principal.issuedAt == Self.now * 1_000)
            }
        }
    }

    @Test func `one changed character anywhere makes a token worthless`() async throws {
        for key in [TestKey.secret, .p256("ec-1"), .ed25519("ed-1")] {
            let verifier = try await Self.verifier([key])
            let token = Array(try TestToken.make(Self.good(), key).utf8)
            for place in token.indices {
                var changed = token
                changed[place] = token[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                let refused = await refusal(String(decoding: changed, as: UTF8.self), by: verifier)
                #expect(refused != nil, "\(key.algorithm), character \(place)")
            }
        }
    }

    @Test func `no token without a signature, whatever it calls its algorithm`() async throws {
        let verifier = try await Self.verifier([.secret])
        for name in ["none", "None", "NONE", "", "HS384", "HS512", "RS512", "PS256", "ES384", "hs256"] {
            let token = try TestToken.make(Self.good(), header: #"{"alg":"\#(name)"}"#)
            #expect(await refusal(token, by: verifier) == .algorithm, "\(name)")
        }
        let parts = try TestToken.make(Self.good()).split(separator: ".")
        for token in ["\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "..", "", "a.b.c", "\(parts[0])..x"] {
            #expect(await refusal(token, by: verifier) == .malformed, "\(token.count)")
        }
    }

    @Test func `a public key is no secret: HS256 signed with it is refused`() async throws {
        let rsa = try TestKey.rsa.get()
        guard case .rsa(let key) = rsa.material else { throw TestFailure("no RSA key") }
        let verifier = try await Self.verifier([rsa, .p256("ec-1")])
        let texts = [key.publicKey.pemRepresentation, try rsa.jwk(), key.publicKey.pemRepresentation + "\n"]
        let secrets = texts.map { Array($0.utf8) } + [Array(key.publicKey.derRepresentation)]
        for secret in secrets {
            var forged = TestKey(id: "rsa-1", algorithm: "HS256", material: .secret(secret))
            #expect(await refusal(try TestToken.make(Self.good(), forged), by: verifier) == .algorithm)
            forged.id = nil
            #expect(await refusal(try TestToken.make(Self.good(), forged), by: verifier) == .algorithm)
        }
        // And a key of one kind does not answer for another.
        let crossed = TestKey(id: "ec-1", algorithm: "RS256", material: rsa.material)
        #expect(await refusal(try TestToken.make(Self.good(), crossed), by: verifier) == .algorithm)
    }

    @Test func `a key is taken from our set only, never from the token`() async throws {
        let verifier = try await Self.verifier([.p256("ec-1"), .p256("ec-2")])
        let stranger = TestKey.p256("ec-9")
        #expect(await refusal(try TestToken.make(Self.good(), stranger), by: verifier) == .unknownKey)
        let jwk = try stranger.jwk()
        for member in [#""jwk":\#(jwk)"#, #""jku":"https://evil.example/keys""#, #""x5c":["MIIB"]"#] {
            let header = #"{"alg":"ES256","kid":"ec-1",\#(member)}"#
            #expect(
                await refusal(try TestToken.make(Self.good(), stranger, header: header), by: verifier) == .signature)
        }
        // Two keys of an algorithm, and the token names none: nobody guesses.
        let unnamed = try TestToken.make(Self.good(), stranger, header: #"{"alg":"ES256"}"#)
        #expect(await refusal(unnamed, by: verifier) == .unknownKey)
        let critical = #"{"alg":"ES256","kid":"ec-1","crit":["b64"],"b64":false}"#
        #expect(await refusal(try TestToken.make(Self.good(), stranger, header: critical), by: verifier) == .malformed)
    }

    @Test func `times are held to, with thirty seconds for clocks that differ`() async throws {
        let clock = TestClock()
        let verifier = try await Self.verifier([.secret], clock: clock)
        let now = clock.now.milliseconds / 1_000
        func refusal(_ claims: String) async throws -> TokenRefusal? {
            await self.refusal(try TestToken.make(claims), by: verifier)
        }
        #expect(try await refusal(TestToken.claims(issued: now - 100, lifetime: 71)) == nil)
        #expect(try await refusal(TestToken.claims(issued: now - 100, lifetime: 70)) == .expired)
        #expect(try await refusal(TestToken.claims(issued: now, #","nbf":\#(now + 30)"#)) == nil)
        #expect(try await refusal(TestToken.claims(issued: now, #","nbf":\#(now + 31)"#)) == .notYetValid)
        #expect(try await refusal(TestToken.claims(issued: now + 31)) == .notYetValid)
        // One that was believed, and so is remembered, ends like any other.
        let short = try TestToken.make(TestToken.claims(issued: now, lifetime: 10))
        #expect(await self.refusal(short, by: verifier) == nil)
        clock.advance(by: .seconds(39))
        #expect(await self.refusal(short, by: verifier) == nil)
        clock.advance(by: .seconds(1))
        #expect(await self.refusal(short, by: verifier) == .expired)
    }

    @Test func `audience and issuer are held to`() async throws {
        let open = try await Self.verifier([.secret])
        let bound = try await Self.verifier([.secret]) { settings in
            settings.audience = "leadwire"
            settings.issuer = "https://id.example"
        }
        let issuer = #","iss":"https://id.example""#
        func refusal(_ more: String, _ verifier: TokenVerifier) async throws -> TokenRefusal? {
            await self.refusal(try TestToken.make(Self.good(more)), by: verifier)
        }
        #expect(try await refusal(issuer + #","aud":"leadwire""#, bound) == nil)
        #expect(try await refusal(issuer + #","aud":["other","leadwire"]"#, bound) == nil)
        #expect(try await refusal(issuer + #","aud":"other""#, bound) == .audience)
        #expect(try await refusal(issuer, bound) == .audience)
        #expect(try await refusal(#","aud":"leadwire""#, bound) == .issuer)
        #expect(try await refusal(#","iss":"https://id.example/","aud":"leadwire""#, bound) == .issuer)
        #expect(try await refusal(issuer, open) == nil)
        // Meant for somebody, and we were not told that it is us.
        #expect(try await refusal(#","aud":"leadwire""#, open) == .audience)
    }

    @Test(arguments: [
        #"{"role":"admin","tenant":"t1","exp":9e10}"#, #"{"sub":"ann","tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":"admin","exp":9e10}"#, #"{"sub":"ann","role":"admin","tenant":"t1"}"#,
        #"{"sub":"","role":"admin","tenant":"t1","exp":9e10}"#, #"{"sub":"ann","role":"admin","tenant":"","exp":9e10}"#,
        #"{"sub":7,"role":"admin","tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":"Admin","tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":"root","tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":["admin"],"tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":"9e10"}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":1e300}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":-1}"#,
        #"{"sub":"a\u0000b","role":"admin","tenant":"t1","exp":9e10}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":9e10,"jti":5}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":9e10,"nbf":"x"}"#,
        #"{"sub":"ann","role":"admin","tenant":"t1","exp":9e10,"aud":{}}"#,
        #"{"sub":"ann","role":"viewer","tenant":"t1","exp":9e10,"filter":{"like":["a","b"]}}"#,
        #"{"sub":"ann","role":"viewer","tenant":"t1","exp":9e10,"filter":"none"}"#,
        #"{"sub":"ann","role":"viewer","tenant":"t1","exp":9e10,"events":["lead_scored","leads"]}"#,
        #"{"sub":"ann","role":"viewer","tenant":"t1","exp":9e10,"events":"*"}"#, "[]", "7",
    ])
    func `a claim that is missing or of another kind is refused, never guessed`(claims: String) async throws {
        let verifier = try await Self.verifier([.secret])
        #expect(await refusal(try TestToken.make(claims), by: verifier) == .claims)
    }

    @Test func `a token beyond eight KiB is not read`() async throws {
        let verifier = try await Self.verifier([.secret])
        let long = Self.good(#","x":"\#(String(repeating: "x", count: 8_000))""#)
        #expect(await refusal(try TestToken.make(long), by: verifier) == .tooLong)
    }

    @Test func `a key set is read for what it is, and a wrong one says what is wrong`() async throws {
        func problem(_ text: String, allowsSecrets: Bool = false) async -> String? {
            do {
                _ = try await KeySet.read(Array(text.utf8), allowsSecrets: allowsSecrets)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(await problem("[]")?.contains("of the form") == true)
        #expect(await problem(try TestKey.set([.secret]))?.contains("may not hold a secret") == true)
        let short = TestKey(id: nil, algorithm: "HS256", material: .secret(Array(repeating: 1, count: 31)))
        #expect(await problem(try TestKey.set([short]), allowsSecrets: true)?.contains("at least 32 bytes") == true)
        let weak =
            #"{"keys":[{"kty":"RSA","n":"\#(TestToken.encode([UInt8](repeating: 0xFF, count: 128)))","e":"AQAB"}]}"#
        #expect(await problem(weak)?.contains("2,048 bits") == true)
        let offCurve = #"{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]}"#
        #expect(await problem(offCurve) != nil)
        #expect(await problem(try TestKey.set([.p256("a"), .p256("a")]))?.contains("same kid") == true)
        let many = try TestKey.set((0..<101).map { .ed25519("k\($0)") })
        #expect(await problem(many)?.contains("more than 100") == true)
        // For encryption, of other kinds, for other algorithms: somebody else's business.
        let others = try [
            TestKey.p256("e").jwk(#","use":"enc""#), TestKey.p256("o").jwk(#","key_ops":["sign"]"#),
            TestKey.p256("a").jwk(#","alg":"ES384""#), #"{"kty":"XX"}"#, TestKey.p256("ours").jwk(#","use":"sig""#),
        ].joined(separator: ",")
        #expect(try await KeySet.read(Array(#"{"keys":[\#(others)]}"#.utf8), allowsSecrets: false).count == 1)
    }

    @Test func `base64url has one text for one value`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let text = TestToken.encode(bytes)
            #expect(Base64URL.encode(bytes) == text)
            #expect(Base64URL.decode(text.utf8) == bytes)
        }
        for text in ["A", "AB=", "A+", "A/", "AA==", "AB", "AAB", "A A", "AA\n"] {
            #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
        }
    }
}
