import Foundation
import Leads
import LeadwireServer
import Learning
import Logging
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
        if let redis = configuration.text(.redis), !redis.isEmpty {
            throw ConfigurationError("--redis is not part of this version: cache and event log are this server's own")
        }
        return settings
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
    var host: String
    var model: ModelArtifact
    /// Where leads and scores are kept.
    var place: String

    func print(port: Int) {
        let shown = host == "::1" ? "[::1]" : host
        let address = "http://\(shown):\(port)"
        let modelLine =
            model.kind == .prior
            ? "Model: \(Prior.disclaimer). It serves until you have closings to train on (leadwire train)."
            : "Model: \(model.card.name) \(model.version), \(model.kind.rawValue)."
        let text = """
            Leadwire \(LeadwireVersion.current) listens on \(address)
            Local mode: everyone on this machine is administrator. The development token is test_token.
            \(modelLine)
            Leads and scores are kept in \(place).
            Board: \(address)/   API: \(address)/docs

            Send a first lead:
              curl -X POST \(address)/api/v1/ml/score \\
                -H "Content-Type: application/json" -H "Authorization: Bearer test_token" \\
                -d '{"lead_id": "test_123", "lead_data": {"name": "Test Lead"}}'

            """
        Terminal.say(text)
    }
}
