import ArgumentParser
import Foundation
import LeadwireServer
import Scoring

/// `leadwire doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine this machine, or with FILE.csv a table before anything is learned from it; changes nothing.",
        discussion: """
            Without a file: everything that serving needs of the machine, the store and the model. Give it the settings of \
            leadwire serve: it reads the same flags, environment and leadwire.yaml. Each line says what was asked, what was \
            found and what to do.

            With a file: its text (encoding, delimiter, broken and repeated rows), its label, and each column: kind, missing \
            values, how well it tells the label alone, whether policy forbids it, and whether it leaks, that is, is known \
            only after the outcome (leaks, suspect or safe, each with its evidence). leadwire train leaves out what leaks.

            Exits with 0 when nothing is broken (warnings and leaks are told), with 1 when something is or the table can't \
            be trained on, and with 2 for settings that make no sense.

            Example:
              leadwire doctor --database postgres://leadwire@db.internal/leads?sslmode=verify-full
              leadwire doctor --data data --json
              leadwire doctor history.csv --label converted --positive yes --time created_at
            """)

    @Argument(help: "The table to examine: CSV with a header. Without it this machine is examined.") var file: String?
    @OptionGroup(title: "Of a table") var question: DataDoctor.Options
    @OptionGroup(title: "Of this machine") var settings: DoctorSettings
    @Flag(help: "The findings as JSON on the standard output.") var json = false

    func run() async throws {
        if let file {
            guard !settings.isGiven else {
                throw CommandFailure(
                    "\(file) is examined without this machine: leave out the settings of serve, or the file", code: 2)
            }
            return try DataDoctor(file: file, options: question, isJSON: json).run()
        }
        guard !question.isGiven else {
            throw CommandFailure("--label, --positive and --time belong to a table: name its file", code: 2)
        }
        try await examineMachine()
    }

    private func examineMachine() async throws {
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

    var isGiven: Bool {
        [host, port, data, database, redis, model, auth, jwtSecretFile, jwks, profile, config].contains { $0 != nil }
    }

    func read() throws(ConfigurationError) -> ServeConfiguration {
        try ServeConfiguration(
            flags: [
                (.host, host), (.port, port), (.data, data), (.database, database), (.redis, redis), (.model, model),
                (.auth, auth), (.jwtSecretFile, jwtSecretFile), (.jwks, jwks), (.profile, profile),
            ], file: config)
    }
}
