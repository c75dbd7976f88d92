import ArgumentParser
import Foundation
import Leads
import LeadwireServer
import Learning
import Logging
import Scoring

/// `leadwire serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve scores over HTTP and stream them over WebSocket.",
        discussion: """
            Each setting is taken from its flag, else from LEADWIRE_NAME in the environment, else from leadwire.yaml, \
            else from its default; --print-config shows which.

            Example:
              leadwire serve --port 8000 --data data --profile profile.yaml
            """)

    @Option(help: "Address to listen on; local mode takes 127.0.0.1, localhost and ::1.") var host: String?
    @Option(help: "Port to listen on; 0 takes a free one.") var port: String?
    @Option(help: "Folder of the embedded store; made if absent.") var data: String?
    @Option(help: "postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:FILE for a store elsewhere than in --data.")
    var database: String?
    @Option(help: "redis://USER:PASSWORD@HOST:PORT/DATABASE, or rediss:// with TLS: a cache that nodes share.")
    var redis: String?
    @Option(help: "Model artifact; without one the prior serves.") var model: String?
    @Option(help: "local (this machine, everyone is administrator) or jwt (tokens).") var auth: String?
    @Option(help: "File of the secret of HS256 tokens, at least 32 bytes (leadwire token --new-secret makes one).")
    var jwtSecretFile: String?
    @Option(help: "JWK set of the tokens' issuer: a file, an https:// address, or http:// on this machine.")
    var jwks: String?
    @Option(help: "What a token's aud must hold; without it tokens with an aud are refused.") var jwtAudience: String?
    @Option(help: "What a token's iss must be.") var jwtIssuer: String?
    @Option(help: "Origins of other sites whose pages may open the stream, separated by commas.")
    var allowedOrigins: String?
    @Option(help: "The tenant that may see figures of the whole process (jwt); without it every one.")
    var operatorTenant: String?
    @Option(help: "The agency's profile, YAML.") var profile: String?
    @Option(help: "What an acknowledged score survives: full (power loss) or process (kill -9).")
    var durability: String?
    @Flag(help: "Serve a model that was trained against the policy on protected columns.")
    var acceptPolicyOverride = false
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: String?
    @Option(help: "File of settings instead of ./leadwire.yaml.") var config: String?
    @Flag(help: "Show the settings with where each comes from, and exit.") var printConfig = false

    func run() async throws {
        try await CommandFailure.telling {
            let configuration = try readConfiguration()
            if printConfig {
                Terminal.print(configuration.printed())
                return
            }
            try await serve(configuration)
        }
    }

    private func readConfiguration() throws(ConfigurationError) -> ServeConfiguration {
        let flags: [(ServeKey, String?)] = [
            (.host, host), (.port, port), (.data, data), (.database, database), (.redis, redis), (.model, model),
            (.auth, auth), (.jwtSecretFile, jwtSecretFile), (.jwks, jwks), (.jwtAudience, jwtAudience),
            (.jwtIssuer, jwtIssuer), (.allowedOrigins, allowedOrigins), (.operatorTenant, operatorTenant),
            (.profile, profile), (.durability, durability), (.logLevel, logLevel),
            (.acceptPolicyOverride, acceptPolicyOverride ? "true" : nil),
        ]
        return try ServeConfiguration(flags: flags, file: config)
    }

    private func serve(_ configuration: ServeConfiguration) async throws {
        var settings = try ServeCommand.settings(configuration)
        if let refusal = settings.refusal { throw ConfigurationError(refusal) }
        let profile = try configuration.text(.profile).map(ServeProfile.load(from:)) ?? AgencyProfile()
        let model = try ServeCommand.model(configuration, profile: profile)
        let store = try ServeCommand.store(configuration)
        try store.makeFolder()
        let cache = try ServeCommand.cache(configuration)
        if settings.authentication == .jwt {
            settings.access.revocationFile = ServeCommand.revocationFile(store)
        }
        let level: Logger.Level = try configuration.choice(.logLevel)
        var logger = Logger(label: "leadwire") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        // A file that a quota keeps from growing is an error to be answered, not a reason to die (setrlimit(2)).
        signal(SIGXFSZ, SIG_IGN)
        let clock = SystemClock()
        let (scoreCache, redis) = try cache.open(clock: clock, logger: logger)
        var parts = LeadwireServer.Parts(
            model: model, profile: profile, clock: clock, cache: scoreCache,
            openStore: { sink async throws(StoreError) in try await store.open(sink) })
        parts.redis = redis
        parts.trainer = ChildTrainer(database: store.address, settings: settings.learning)
        parts.isModelNamed = configuration.text(.model) != nil
        parts.acceptsPolicyOverride = try configuration.flag(.acceptPolicyOverride)
        let server = try await LeadwireServer(settings: settings, parts: parts, logger: logger)
        let greeting = ServeGreeting(
            settings: settings, model: server.model, instead: server.model.sha256 == model.sha256 ? nil : model,
            place: store.description, sharedCache: cache.place)
        do {
            try await server.run { port in greeting.print(port: port) }
        } catch {
            throw CommandFailure("the server ended: \(error)", code: 1)
        }
    }
}
