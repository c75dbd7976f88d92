import ArgumentParser
import Leads
import LeadwireServer
import Learning
import Scoring

/// `leadwire backfill`.
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Score leads of the past as of their moment, and store them with their outcomes.",
        discussion: """
            The file holds one lead a row: the fields of POST /score as columns (CSV) or members (NDJSON), and beside them \
            at (when it stood so), outcome (won, lost or abandoned; empty while it is open), outcome_at and value. In a CSV \
            messages is JSON text, and a column custom_fields.NAME is one of the team's own table. Nothing dated after at \
            is read. Nobody is told of these scores, and running it again stores nothing twice. With the embedded store no \
            server may run meanwhile; with PostgreSQL it may.

            Example:
              leadwire backfill closings.csv --data data --time created_at
            """)

    @Argument(help: "CSV with a header, or NDJSON; - is the standard input.") var file: String
    @Option(help: "Folder of the embedded store; made if absent.") var data: String?
    @Option(help: "postgres://..., or sqlite:FILE. Put an address with a password into LEADWIRE_DATABASE.")
    var database: String?
    @Option(help: "File of settings instead of ./leadwire.yaml.") var config: String?
    @Option(help: "The agency's profile, YAML.") var profile: String?
    @Option(help: "Whose leads they are.") var tenant = Tenant.local.name
    @Option(help: "The model that scores. [default: the store's model in service, else the prior]") var model: String?
    @Option(help: "The column that says when the lead stood so.") var time = "at"
    @Option(help: "csv or ndjson. [default: by the file's name]") var format: String?
    @Flag(help: "Print what was done as JSON on the standard output.") var json = false

    func run() async throws {
        let format = try format.map { text throws(CommandFailure) in
            guard let known = PastLeadFile.Format(rawValue: text) else {
                throw CommandFailure("--format \(text) is neither csv nor ndjson", code: 2)
            }
            return known
        }
        try await CommandFailure.telling {
            let rows = try PastLeadFile(path: file, format: format, time: time)
            let configuration = try ServeConfiguration(
                flags: [(.data, data), (.database, database), (.profile, profile), (.model, model)], file: config)
            let place = try ServeCommand.store(configuration)
            try place.makeFolder()
            let store = try await open(place)
            let summary: BackfillSummary
            do {
                let artifact = try await Self.model(configuration, of: store, tenant: Tenant(tenant))
                let engine = try Self.engine(configuration, artifact, store)
                summary = try await Backfill(engine: engine, tenant: Tenant(tenant), model: artifact).run(rows)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
            summary.describe()
            if json { Terminal.printJSON(summary.json(file: file)) }
            if summary.bad > 0 { throw CommandFailure("\(summary.bad) of \(summary.rows) rows were not taken") }
        }
    }

    private func open(_ place: ServeStore) async throws -> any LeadStore {
        do {
            return try await place.open(Deaf())
        } catch {
            guard error.reason == .locked, case .file(let path, _) = place else { throw error }
            throw CommandFailure(
                "\(path) is in use: stop the server that serves it, run this again, and start it anew")
        }
    }

    /// Nobody listens to what happened long ago.
    private struct Deaf: EventSink {
        func deliver(_ events: [CommittedEvent]) {}
    }

    // MARK: Model and engine

    /// The named one, else the one that the store serves, else the prior. It is kept in the store, for scores refer to it.
    private static func model(
        _ configuration: ServeConfiguration, of store: any LeadStore, tenant: Tenant
    ) async throws -> ModelArtifact {
        let profile = try profile(configuration)
        var artifact = try ServeCommand.model(configuration, profile: profile)
        guard let shelf = store as? any ModelShelf else { return artifact }
        // Local mode has one scope, and its tenant is known by its name.
        let scope: ModelScope = tenant == .local ? .everyone : .tenant(tenant)
        var promoted = try await shelf.promotions(in: scope, limit: 1).first
        if promoted == nil { promoted = try await shelf.promotions(in: .everyone, limit: 1).first }
        if configuration.text(.model) == nil, let promoted,
            let bytes = try await shelf.artifact(promoted)
        {
            artifact = try ModelArtifact(serialized: bytes)
        }
        let kept = KeptModel(
            sha256: artifact.sha256, version: artifact.version, addedAt: SystemClock().now, hasScores: true)
        try await shelf.keep(kept, artifact: artifact.serialized(), in: scope)
        return artifact
    }

    private static func engine(
        _ configuration: ServeConfiguration, _ artifact: ModelArtifact, _ store: any LeadStore
    ) throws -> ScoringEngine {
        let clock = SystemClock()
        return try ScoringEngine(
            model: artifact, profile: try profile(configuration), store: store, cache: MemoryScoreCache(clock: clock),
            clock: clock)
    }

    private static func profile(_ configuration: ServeConfiguration) throws -> AgencyProfile {
        try configuration.text(.profile).map(ServeProfile.load(from:)) ?? AgencyProfile()
    }
}
