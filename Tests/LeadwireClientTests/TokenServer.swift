import Foundation
import Leads
import LeadwireServer
import NIOConcurrencyHelpers
import Realtime
import TestSupport

@testable import LeadwireClient

/// A server in JWT mode whose wall clock stands where a test puts it, behind a proxy that counts connections.
struct TokenServer: Sendable {
    let running: RunningServer
    let proxy: FaultProxy
    let clock: TestClock
    fileprivate let secretFile: String

    static func run(_ body: @escaping @Sendable (TokenServer) async throws -> Void) async throws {
        try await RunningServer.withFolder { folder in
            let secret = folder.appendingPathComponent("secret").path
            try TokenIssuer.writeNewSecret(to: secret)
            var settings = ServerSettings()
            settings.authentication = .jwt
            settings.access.secretFile = secret
            let clock = TestClock()
            try await RunningServer.run(in: folder, settings: settings, clock: clock) { running in
                try await FaultProxy.run(to: running.port) { proxy in
                    try await body(TokenServer(running: running, proxy: proxy, clock: clock, secretFile: secret))
                }
            }
        }
    }

    /// From now on; `id` names it for revocation. Another secret makes a token that this server does not believe.
    func token(
        _ user: String = "ann", role: Role = .agent, lifetime: Duration, id: String? = nil, secretFile: String? = nil
    ) async throws -> String {
        var grant = TokenIssuer.Grant(user: user, role: role, tenant: Tenant.local.name, lifetime: lifetime)
        grant.id = id
        return try await TokenIssuer.token(grant, secretFile: secretFile ?? self.secretFile, now: clock.now)
    }

    func client(_ token: @escaping LeadwireClient.TokenSource) throws -> LeadwireClient {
        let configuration = LiveClientTests.configuration { $0.refreshRetry = .milliseconds(20) }
        return try LeadwireClient(url: proxy.url, token: token, configuration: configuration)
    }

    /// An administrator's request, past the proxy; answers with all that came back.
    func administer(_ method: String, _ path: String, _ body: String? = nil) async throws -> String {
        let token = try await token("boss", role: .admin, lifetime: .seconds(60))
        return try await PlainRequest.send(
            method, "/api/v1/ml" + path, body, port: running.port, headers: [("Authorization", "Bearer \(token)")])
    }
}

/// Counts how often it is asked, and answers with what it is told to for each time, from 1.
final class TokenDesk: Sendable {
    private let count = NIOLockedValueBox(0)
    private let token: @Sendable (Int) async throws -> String

    init(_ token: @escaping @Sendable (Int) async throws -> String) { self.token = token }

    var asked: Int { count.withLockedValue { $0 } }

    func next() async throws -> String {
        try await token(
            count.withLockedValue { count in
                count += 1
                return count
            })
    }
}
