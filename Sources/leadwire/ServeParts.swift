import Foundation
import Leads
import LeadwireServer
import Learning
import Logging
import Realtime
import Scoring

/// From settings to what a server is made of; each refusal says what to set.
extension ServeCommand {
    static func settings(_ configuration: ServeConfiguration) throws(ConfigurationError) -> ServerSettings {
        var settings = ServerSettings()
        settings.host = configuration.text(.host) ?? settings.host
        settings.port = try configuration.integer(.port, in: 0...65_535)
        settings.authentication = try configuration.choice(.auth)
        settings.limits.bodyBytes = try configuration.integer(.bodyLimitBytes, in: 1_024...64 << 20)
        settings.limits.batchBodyBytes = try configuration.integer(.batchBodyLimitBytes, in: 1_024...64 << 20)
        settings.limits.lineBytes = try configuration.integer(.lineLimitBytes, in: 1_024...8 << 20)
        settings.maximumConcurrentScores = try configuration.integer(.maximumConcurrentScores, in: 1...100_000)
        settings.access = try access(configuration)
        settings.drainWindow = .milliseconds(try configuration.integer(.drainWindowMilliseconds, in: 0...300_000))
        settings.drainDeadline = .milliseconds(try configuration.integer(.drainDeadlineMilliseconds, in: 200...600_000))
        settings.learning.afterOutcomes = try configuration.integer(.retrainAfterOutcomes, in: 0...1_000_000)
        let hours = try configuration.integer(.retrainEveryHours, in: 0...8_760)
        settings.learning.every = hours == 0 ? nil : .seconds(hours * 3_600)
        let days = try configuration.integer(.labelWindowDays, in: 1...3_650)
        settings.learning.labelWindow = LabelWindow(length: .seconds(days * 86_400))
        settings.learning.promotion = try configuration.choice(.promotion)
        settings.hub.maximumConnections = DescriptorLimit.connections(
            wanted: settings.hub.maximumConnections, descriptors: DescriptorLimit.raise())
        return settings
    }

    private static func access(_ configuration: ServeConfiguration) throws(ConfigurationError) -> AccessSettings {
        func text(_ key: ServeKey) -> String? { configuration.text(key).flatMap { $0.isEmpty ? nil : $0 } }
        var access = AccessSettings()
        access.secretFile = text(.jwtSecretFile)
        access.jwks = text(.jwks)
        access.audience = text(.jwtAudience)
        access.issuer = text(.jwtIssuer)
        access.operatorTenant = text(.operatorTenant)
        for part in text(.allowedOrigins)?.split(separator: ",") ?? [] {
            let origin = part.trimmingCharacters(in: .whitespaces)
            guard let url = URL(string: origin), let scheme = url.scheme, ["http", "https"].contains(scheme),
                url.host() != nil, url.path.isEmpty, url.query == nil, url.user == nil
            else {
                throw ConfigurationError(
                    "allowed_origins must be such as https://board.example.com, without a path, not \"\(origin)\"")
            }
            access.allowedOrigins.append(origin)
        }
        return access
    }

    static func model(
        _ configuration: ServeConfiguration, profile: AgencyProfile
    ) throws -> ModelArtifact {
        guard let path = configuration.text(.model) else { return try Prior.artifact(profile: profile) }
        let model = try ModelArtifact.load(from: path)
        guard model.canAssess else {
            throw ConfigurationError(
                """
                \(path) has no reference population, so it can't score leads: import it again with \
                leadwire import-model FILE --reference FILE.csv [--label COLUMN] --out ARTIFACT
                """)
        }
        let acceptsOverride = try configuration.flag(.acceptPolicyOverride)
        guard !model.policyOverridden || acceptsOverride else {
            throw ConfigurationError(
                """
                \(path) was trained with columns that the policy leaves out (its card says policy: overridden); \
                serve it with --accept-policy-override if it does not decide about housing
                """)
        }
        return model
    }
}

/// What start-up tells the person at the terminal.
struct ServeGreeting: Sendable {
    var settings: ServerSettings
    /// What serves.
    var model: ModelArtifact
    /// What was asked for, where another was promoted since.
    var instead: ModelArtifact?
    /// Where leads and scores are kept.
    var place: String
    /// Where the cache is shared; nil for this process's memory.
    var sharedCache: String?

    func print(port: Int) {
        let host = settings.host
        let shown = host.contains(":") ? "[\(host)]" : host
        let address = "http://\(shown):\(port)"
        let modelLine =
            model.kind == .prior
            ? "Model: \(Prior.disclaimer). It serves until you have closings to train on (leadwire train)."
            : "Model: \(model.card.name) \(model.version), \(model.kind.rawValue)."
        let text = """
            Leadwire \(LeadwireVersion.current) listens on \(address)
            \(accessLine)
            \(modelLine)\(promotionLine)
            Leads and scores are kept in \(place).\(cacheLine)
            Board: \(address)/   API: \(address)/docs

            Send a first lead:
              curl -X POST \(address)/api/v1/ml/score \\
                -H "Content-Type: application/json" -H "Authorization: Bearer \(token)" \\
                -d '{"lead_id": "test_123", "lead_data": {"name": "Test Lead"}}'

            """
        Terminal.say(text)
    }

    private var promotionLine: String {
        guard let instead, instead.kind != .prior else { return "" }
        return """

            It was promoted after \(instead.version), which --model names; POST /models/VERSION/promote changes it.
            """
    }

    private var cacheLine: String { sharedCache.map { "\nThe cache is shared at \($0)." } ?? "" }

    private var accessLine: String {
        switch settings.authentication {
        case .local: "Local mode: everyone on this machine is administrator. The development token is test_token."
        case .jwt where settings.access.secretFile != nil:
            "JWT mode: every caller needs a token. Make one with leadwire token --secret-file FILE --user NAME --role agent."
        case .jwt: "JWT mode: every caller needs a token of the issuer whose keys --jwks names."
        }
    }

    private var token: String { settings.authentication == .local ? LeadwireServer.developmentToken : "TOKEN" }
}
