import ArgumentParser
import Foundation
import LeadwireServer
import Scoring

/// `leadwire doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Ask this machine, the store and the model everything that serving needs; changes nothing.",
        discussion: """
            Give it the settings of leadwire serve: it reads the same flags, environment and leadwire.yaml. Each line says \
            what was asked, what was found and what to do. Exits with 0 when nothing is broken (warnings are told), with 1 \
            when something is, and with 2 for settings that make no sense.

            Example:
              leadwire doctor --database postgres://leadwire@db.internal/leads?sslmode=verify-full
              leadwire doctor --data data --json
            """)

    // Not an argument list's first place: a file to look at may come to stand there.
    @OptionGroup var settings: DoctorSettings
    @Flag(help: "The findings as JSON on the standard output.") var json = false

    func run() async throws {
        let checks: [any DoctorCheck]
        do {
            checks = try Self.checks(try settings.read())
        } catch let error as ConfigurationError {
            throw CommandFailure(error.description, code: 2)
        }
        var findings: [Finding] = []
        for check in checks {
            let found = await check.run()
            findings += found
            if !json { for finding in found { Terminal.print(DoctorReport.line(finding)) } }
        }
        if json { Terminal.printJSON(DoctorReport.json(findings, at: SystemClock().now)) }
        let broken = findings.count { $0.verdict == .broken }
        let warnings = findings.count { $0.verdict == .warning }
        if broken > 0 { throw CommandFailure("\(broken) broken, \(warnings) to look at", code: 1) }
        if !json { Terminal.say(warnings == 0 ? "all well" : "nothing broken, \(warnings) to look at") }
    }

    /// What is looked at, in the order in which one thing depends on another.
    static func checks(_ configuration: ServeConfiguration) throws -> [any DoctorCheck] {
        let server = try ServeCommand.settings(configuration)
        return [
            MachineCheck(settings: server), FolderCheck(path: configuration.text(.data) ?? "data"),
            StoreCheck(store: try ServeCommand.store(configuration)),
            RedisCheck(cache: try ServeCommand.cache(configuration)), ModelCheck(configuration: configuration),
            KeysCheck(settings: server),
        ]
    }
}

/// The settings of `leadwire serve` that decide what there is to look at.
struct DoctorSettings: ParsableArguments {
    @Option(help: "Address that would be listened on.") var host: String?
    @Option(help: "Port that would be listened on.") var port: String?
    @Option(help: "Folder of the embedded store.") var data: String?
    @Option(help: "postgres://..., or sqlite:FILE.") var database: String?
    @Option(help: "Address of Redis.") var redis: String?
    @Option(help: "Model artifact.") var model: String?
    @Option(help: "local or jwt.") var auth: String?
    @Option(help: "File of the secret of HS256 tokens.") var jwtSecretFile: String?
    @Option(help: "JWK set: a file or an address.") var jwks: String?
    @Option(help: "The agency's profile, YAML.") var profile: String?
    @Option(help: "File of settings instead of ./leadwire.yaml.") var config: String?

    func read() throws(ConfigurationError) -> ServeConfiguration {
        try ServeConfiguration(
            flags: [
                (.host, host), (.port, port), (.data, data), (.database, database), (.redis, redis), (.model, model),
                (.auth, auth), (.jwtSecretFile, jwtSecretFile), (.jwks, jwks), (.profile, profile),
            ], file: config)
    }
}
