import Foundation
import JSONBytes
import Leads
import Logging
import Synchronization
import TestSupport

@testable import LeadwireServer

/// A server in JWT mode whose clock stands where a test puts it, and tokens for it.
struct TokenServer: Sendable {
    let live: LiveServer
    let clock: TestClock

    var port: Int { live.port }

    static func run(
        configure: (inout ServerSettings) -> Void = { _ in }, logger: Logger = LiveServer.silent,
        _ body: @escaping @Sendable (TokenServer) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = folder.appendingPathComponent("secret").path
        try "0123456789abcdef0123456789abcdef\n".write(toFile: secret, atomically: true, encoding: .utf8)
        var settings = ServerSettings()
        settings.authentication = .jwt
        settings.access.secretFile = secret
        settings.access.revocationFile = folder.appendingPathComponent("revocations.json").path
        configure(&settings)
        let clock = TestClock()
        try await LiveServer.run(settings: settings, clock: clock, logger: logger) { live in
            try await body(TokenServer(live: live, clock: clock))
        }
    }

    func token(
        _ user: String = "ann", role: String = "admin", tenant: String = "t1", lifetime: Int64 = 3_600,
        _ more: String = ""
    ) throws -> String {
        let now = clock.now.milliseconds / 1_000
        return try TestToken.make(
            TestToken.claims(user, role: role, tenant: tenant, issued: now, lifetime: lifetime, more))
    }

    /// One request with a token, or with none.
    func send(
        _ method: String, _ path: String, _ body: String? = nil, token: String?, headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        let authorization = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        return try await live.send(
            method, path.hasPrefix("/ml/") ? "/api/v1" + path : path, body: body.map { Array($0.utf8) },
            headers: authorization + headers)
    }

    func open(_ token: String?, subprotocol: String? = nil) async throws -> WebSocketClient {
        var headers = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        if let subprotocol { headers += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return try await WebSocketClient.open(port: port, headers: headers)
    }

    /// Subscribed, with the answer read.
    func subscriber(_ token: String, _ events: [String] = ["*"], more: String = "") async throws -> WebSocketClient {
        let client = try await open(token)
        let names = events.map { "\"\($0)\"" }.joined(separator: ",")
        try await client.send(#"{"type":"subscribe","events":[\#(names)]\#(more)}"#)
        _ = try await client.receive(type: "subscription_updated")
        return client
    }
}
