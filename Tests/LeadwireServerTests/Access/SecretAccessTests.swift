import Foundation
import JSONBytes
import Leads
import Logging
import Realtime
import Synchronization
import TestSupport
import Testing

@testable import LeadwireServer

@Suite(.timeLimit(.minutes(5)))
struct SecretAccessTests {
    /// Keeps every line that is logged, at every level.
    private final class Lines: Sendable {
        let text = Mutex("")
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let own = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.text.withLock { $0 += "\(event.level) \(event.message) \(own)\n" }
        }
    }

    @Test func `nothing of a token or a secret stands in a log, an answer or an error`() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
        try await TokenServer.run(logger: logger) { server in
            let good = try server.token("ann", #","jti":"public-id""#)
            let revoked = try server.token("eve", #","jti":"gone""#)
            let forged = try TestToken.make(TestToken.claims(), .p256("strange"))
            let tokens = [
                good, revoked, forged, try server.token(lifetime: -90), good + "x", "test_token", "no.such.token",
            ]
            _ = try await server.send("POST", "/ml/tokens/revoke", #"{"token_id":"gone"}"#, token: good)
            var answers = ""
            for token in tokens {
                answers += try await server.send("GET", "/ml/leads", token: token).text
                answers += try await server.send("GET", "/ml/leads?access_token=\(token)", token: nil).text
                answers += try await server.send("GET", "/ml/nowhere?x=\(token)", token: token).text
                answers += try await server.send("GET", "/ml/leads", token: nil, headers: [("Authorization", token)])
                    .text
                if let client = try? await server.open(nil, subprotocol: "leadwire.v1, bearer.\(token)") {
                    try await client.send(#"{"type":"refresh","token":"\#(token)"}"#)
                    answers += String(decoding: try await client.receive().bytes, as: UTF8.self) + client.answer
                }
                let first = try await server.open(nil)
                try await first.send(#"{"type":"auth","token":"\#(token)"}"#)
                if let answer = try? await first.receive() { answers += String(decoding: answer.bytes, as: UTF8.self) }
            }
            for path in ["/ml/ws/connections", "/ml/ws/metrics", "/metrics", "/health"] {
                answers += try await server.send("GET", path, token: good).text
            }
            for token in tokens where token.contains(".") {
                for part in token.split(separator: ".") where part.count > 8 {
                    #expect(!answers.contains(part))
                    lines.text.withLock { text in #expect(!text.contains(part)) }
                }
            }
            lines.text.withLock { text in
                #expect(!text.contains("0123456789abcdef") && !text.contains("Bearer "))
                #expect(!text.isEmpty)
            }
        }
    }

    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    @Test func `the secret that we make is its owner's, is never overwritten, and signs what the server takes`()
        async throws
    {
        try await inFolder { folder in
            let path = folder + "/jwt.secret"
            try TokenIssuer.writeNewSecret(to: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let secret = try KeyFiles.secret(path)
            #expect(secret.count == 43)
            #expect(throws: TokenIssuer.Problem.self) { try TokenIssuer.writeNewSecret(to: path) }
            #expect(try KeyFiles.secret(path) == secret)
            var grant = TokenIssuer.Grant(user: "crm", role: .agent, tenant: "t1", lifetime: .seconds(60))
            grant.id = "j1"
            grant.filter = try EventFilter(json: Array(#"{"gte":["ml_score",70]}"#.utf8))
            grant.events = [.leadScored]
            let clock = TestClock()
            let token = try await TokenIssuer.token(grant, secretFile: path, now: clock.now)
            var settings = AccessSettings()
            settings.secretFile = path
            let access = try await Access(settings, clock: clock, logger: LiveServer.silent)
            let principal = try await access.verifier.verify(token).principal
            #expect(principal.user == "crm" && principal.role == .agent && principal.tenant == "t1")
            #expect(principal.tokenID == "j1" && principal.events == [.leadScored] && principal.filter == grant.filter)
            grant.user = "a\nb"
            await #expect(throws: TokenIssuer.Problem.self) {
                try await TokenIssuer.token(grant, secretFile: path, now: clock.now)
            }
        }
    }

    @Test func `a short secret is refused with its length, by the server and by the issuer`() async throws {
        try await inFolder { folder in
            let path = folder + "/short"
            try String(repeating: "k", count: 31).appending("\n\n").write(
                toFile: path, atomically: true, encoding: .utf8)
            let problem = #expect(throws: KeyProblem.self) { try KeyFiles.secret(path) }
            #expect(problem?.description.contains("31 bytes") == true)
            #expect(problem?.description.contains("at least 32") == true)
            try String(repeating: "k", count: 32).write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try KeyFiles.secret(path).count == 32)
        }
    }

    @Test func `a restart remembers who was revoked, and refuses a damaged memory`() async throws {
        try await inFolder { folder in
            let path = folder + "/revocations.json"
            let clock = TestClock()
            let until = clock.now.advanced(by: .seconds(60))
            let list = try RevocationList(clock: clock, file: path)
            try list.revoke(list.entry(.token("j\"1"), tenant: "t1", until: until))
            try list.revoke(list.entry(.user("ann"), tenant: "t1", until: until))
            let issued = clock.now.milliseconds
            func isRevoked(_ list: RevocationList, _ user: String, _ tenant: String, id: String?) -> Bool {
                list.isRevoked(
                    Principal(user: user, role: .admin, tenant: tenant, issuedAt: issued, tokenID: id))
            }
            let next = try RevocationList(clock: clock, file: path)
            #expect(isRevoked(next, "bob", "t1", id: "j\"1") && isRevoked(next, "ann", "t1", id: nil))
            #expect(!isRevoked(next, "bob", "t2", id: "j\"1") && !isRevoked(next, "ann", "t2", id: nil))
            #expect(!isRevoked(next, "bob", "t1", id: "j2"))
            clock.advance(by: .seconds(60))
            #expect(!isRevoked(next, "bob", "t1", id: "j\"1"))
            try "{".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: KeyProblem.self) { try RevocationList(clock: clock, file: path) }
        }
    }

    @Test func `one tenant's revocations can't use up another's room`() throws {
        let clock = TestClock()
        let list = try RevocationList(clock: clock)
        let until = clock.now.advanced(by: .seconds(60))
        for number in 0..<RevocationList.maximumEntriesPerTenant {
            try list.revoke(list.entry(.token("j\(number)"), tenant: "greedy", until: until))
        }
        #expect(throws: APIError.self) { try list.revoke(list.entry(.token("more"), tenant: "greedy", until: until)) }
        try list.revoke(list.entry(.token("j0"), tenant: "greedy", until: until))
        try list.revoke(list.entry(.token("j"), tenant: "other", until: until))
        clock.advance(by: .seconds(60))
        try list.revoke(list.entry(.token("more"), tenant: "greedy", until: clock.now.advanced(by: .seconds(1))))
    }
}
