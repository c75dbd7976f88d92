import Leads
import Logging
import Synchronization
import TestSupport
import Testing

@testable import LeadwireServer

/// Key sets from a real web server on this machine, exchanged while tokens come in.
@Suite(.timeLimit(.minutes(5)))
struct RotationAccessTests {
    private final class Deadline: Sendable {
        private let state = Mutex(Duration.seconds(60))
        var value: Duration { state.withLock { $0 } }
        func set(_ value: Duration) { state.withLock { $0 = value } }
    }

    private struct Issuer {
        let server: KeySetServer
        let clock = TestClock()
        let source: KeySource
        let verifier: TokenVerifier
        /// How long a fetch may take: long, but for an issuer that is to say nothing.
        let deadline = Deadline()

        init(_ keys: [TestKey], configure: (inout AccessSettings) -> Void = { _ in }) async throws {
            server = try KeySetServer()
            server.answer(.body(try TestKey.set(keys)))
            var settings = AccessSettings()
            settings.jwks = server.address
            configure(&settings)
            source = try await KeySource(
                interval: settings.keyRefreshInterval, clock: clock, logger: LiveServer.silent,
                reading: { [deadline, settings] in
                    var settings = settings
                    settings.fetchDeadline = deadline.value
                    return try await KeyFiles.reading(settings)()
                })
            verifier = TokenVerifier(
                keys: source, settings: settings, clock: clock, revocations: try RevocationList(clock: clock))
        }

        func token(_ key: TestKey) throws -> String {
            try TestToken.make(TestToken.claims(issued: clock.now.milliseconds / 1_000), key)
        }

        func refusal(_ token: String) async -> TokenRefusal? {
            do {
                _ = try await verifier.verify(token)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func `a new key is fetched when a token names it, and a withdrawn one ends`() async throws {
        let (old, new) = (TestKey.p256("2026-10"), TestKey.ed25519("2026-11"))
        let issuer = try await Issuer([old])
        let before = try issuer.token(old)
        #expect(await issuer.refusal(before) == nil)
        #expect(issuer.server.requests == 1)
        issuer.server.answer(.body(try TestKey.set([old, new])))
        issuer.clock.advance(by: .seconds(30))
        #expect(await issuer.refusal(try issuer.token(new)) == nil)
        #expect(await issuer.refusal(before) == nil)
        #expect(issuer.server.requests == 2)
        // Withdrawn: what was remembered of its tokens is forgotten with it.
        issuer.server.answer(.body(try TestKey.set([new])))
        issuer.clock.advance(by: .seconds(30))
        await issuer.source.refresh()
        #expect(await issuer.refusal(before) == .unknownKey)
        #expect(await issuer.refusal(try issuer.token(new)) == nil)
    }

    @Test func `unknown keys can't make us ask more than every thirty seconds`() async throws {
        let issuer = try await Issuer([.p256("ours")])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let stranger = TestKey.p256("k\(number)")
                    #expect(await issuer.refusal((try? issuer.token(stranger)) ?? "") == .unknownKey)
                }
            }
        }
        #expect(issuer.server.requests == 1)
        issuer.clock.advance(by: .seconds(29))
        #expect(await issuer.refusal(try issuer.token(.p256("again"))) == .unknownKey)
        #expect(issuer.server.requests == 1)
        issuer.clock.advance(by: .seconds(1))
        for _ in 0..<3 { #expect(await issuer.refusal(try issuer.token(.p256("again"))) == .unknownKey) }
        #expect(issuer.server.requests == 2)
    }

    @Test func `a reading that fails leaves the old keys in force`() async throws {
        let key = TestKey.p256("ours")
        let issuer = try await Issuer([key])
        let elsewhere = try KeySetServer()
        let stranger = TestKey.p256("evil")
        elsewhere.answer(.body(try TestKey.set([stranger])))
        let large = #"{"keys":[],"x":"\#(String(repeating: "x", count: 1 << 20))"}"#
        let answers: [KeySetServer.Answer] = [
            .status(500), .body("<html>"), .body(#"{"keys":[]}"#), .body(large), .redirect(to: elsewhere.address),
            .silence,
            .body(try TestKey.set([.secret])),
        ]
        for (count, answer) in answers.enumerated() {
            issuer.server.answer(answer)
            if case .silence = answer { issuer.deadline.set(.seconds(5)) } else { issuer.deadline.set(.seconds(60)) }
            issuer.clock.advance(by: .seconds(30))
            #expect(await issuer.refusal(try issuer.token(stranger)) == .unknownKey, "\(answer)")
            #expect(issuer.server.requests == count + 2)
            #expect(await issuer.refusal(try issuer.token(key)) == nil, "\(answer)")
        }
        #expect(elsewhere.requests == 0)
    }

    @Test func `without keys nothing starts, and the reason names what to set`() async throws {
        func problem(_ configure: (inout AccessSettings) -> Void) async -> String {
            var settings = AccessSettings()
            configure(&settings)
            do {
                _ = try await Access(settings, clock: TestClock(), logger: LiveServer.silent)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(await problem { $0.secretFile = "/nowhere/secret" }.contains("can't be read"))
        #expect(await problem { $0.jwks = "http://127.0.0.1:1/keys" }.contains("answer"))
        #expect(await problem { $0.jwks = "http://keys.example/keys" }.contains("https://"))
        #expect(await problem { $0.jwks = "https://user:pass@keys.example/keys" }.contains("pass") == false)
        let server = try KeySetServer()
        server.answer(.body(#"{"keys":[]}"#))
        let empty = await problem {
            $0.jwks = server.address
            $0.fetchDeadline = .seconds(60)
        }
        #expect(empty.contains("no key for"))
        for (access, expected) in [(AccessSettings(), "--jwt-secret-file")] {
            var settings = ServerSettings()
            settings.authentication = .jwt
            settings.access = access
            #expect(settings.refusal?.contains(expected) == true)
            settings.access.secretFile = "s"
            settings.host = "0.0.0.0"
            #expect(settings.refusal == nil)
            settings.authentication = .local
            #expect(settings.refusal?.contains("--auth jwt") == true)
        }
    }
}
