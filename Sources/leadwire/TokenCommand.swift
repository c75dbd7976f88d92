import ArgumentParser
import Foundation
import Leads
import LeadwireServer
import Realtime

/// `leadwire token`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token for leadwire serve --auth jwt, or the secret that signs it.",
        discussion: """
            Tokens are for development and for services; people's tokens come from your identity provider (--jwks). \
            The token goes to the standard output, its id, by which it can be revoked, to the standard error.

            Example:
              leadwire token --new-secret --secret-file jwt.secret
              leadwire serve --auth jwt --jwt-secret-file jwt.secret
              leadwire token --secret-file jwt.secret --user crm --role agent --tenant default --expires 12h
              leadwire token --secret-file jwt.secret --user ann --role viewer --filter '{"eq": ["source", "referral"]}'
            """)

    @Option(help: "File of the secret, at least 32 bytes.") var secretFile: String
    @Flag(help: "Write a fresh secret to --secret-file, readable by its owner only; an existing file stays.")
    var newSecret = false
    @Option(help: "Who the token is about (sub).") var user: String?
    @Option(help: "viewer, agent or admin.") var role: String?
    @Option(help: "Whose data it opens; local mode's data is of the tenant default.") var tenant: String = "default"
    @Option(help: "How long it holds: 90s, 15m, 12h or 30d.") var expires: String = "1h"
    @Option(help: "Its id (jti); without one a random id.") var id: String?
    @Option(help: "A filter that every event must pass, as JSON; the client can't remove it.") var filter: String?
    @Option(help: "Event types that it may see at most, separated by commas.") var events: String?
    @Option(help: "aud, where the server has --jwt-audience.") var audience: String?
    @Option(help: "iss, where the server has --jwt-issuer.") var issuer: String?

    func run() async throws {
        do {
            if newSecret {
                guard user == nil, role == nil else {
                    throw CommandFailure("--new-secret makes the secret only; make the token after it", code: 2)
                }
                try TokenIssuer.writeNewSecret(to: secretFile)
                return Terminal.say("\(secretFile) holds a fresh secret; give it to leadwire serve --jwt-secret-file")
            }
            let grant = try grant()
            let clock = SystemClock()
            let token = try await TokenIssuer.token(grant, secretFile: secretFile, now: clock.now)
            Terminal.print(token)
            let end = clock.now.advanced(by: grant.lifetime)
            Terminal.say("token \(grant.id ?? "") of \(grant.user), \(grant.role.rawValue), ends \(end.description)")
        } catch let problem as TokenIssuer.Problem {
            throw CommandFailure(problem.description, code: 2)
        }
    }

    private func grant() throws(CommandFailure) -> TokenIssuer.Grant {
        guard let user else { throw CommandFailure("--user is missing: who is the token about?", code: 2) }
        guard let role else { throw CommandFailure("--role is missing: viewer, agent or admin", code: 2) }
        guard let role = Role(rawValue: role) else {
            throw CommandFailure("--role must be viewer, agent or admin", code: 2)
        }
        var grant = TokenIssuer.Grant(user: user, role: role, tenant: tenant, lifetime: try Self.lifetime(expires))
        grant.id = id ?? TokenIssuer.newID()
        grant.audience = audience
        grant.issuer = issuer
        if let filter {
            do {
                grant.filter = try EventFilter(json: Array(filter.utf8))
            } catch {
                throw CommandFailure("--filter: \(error)", code: 2)
            }
        }
        if let events {
            var names: [EventName] = []
            for word in events.split(separator: ",").map(String.init) {
                guard let name = EventName(rawValue: word) else {
                    let error = ConfigurationError.unknown(
                        "event \(word) of --events", word, EventName.allCases.map(\.rawValue))
                    throw CommandFailure(error.description, code: 2)
                }
                names.append(name)
            }
            grant.events = names
        }
        return grant
    }

    /// `90s`, `15m`, `12h`, `30d`: from a second to a year.
    static func lifetime(_ text: String) throws(CommandFailure) -> Duration {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
            (1...366 * 86_400).contains(count), count * unit <= 366 * 86_400
        else { throw CommandFailure("--expires must be such as 90s, 15m, 12h or 30d, at most 366d", code: 2) }
        return .seconds(count * unit)
    }
}
