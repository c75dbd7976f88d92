import ArgumentParser
import Scoring
import StorePostgres
import StoreSQLite

/// `leadwire new-epoch`.
struct NewEpochCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-epoch",
        abstract: "After restoring a backup: let the event log begin a new epoch.",
        discussion: """
            A restored log gives offsets again that it has given before, to other events. A client that resumes with a \
            position of the old epoch then hears reset, and reads the state anew, instead of missing events silently. Run \
            it once after the restore, while no server runs; it reads the same settings as leadwire serve.

            Example:
              leadwire new-epoch --data data
              LEADWIRE_DATABASE=postgres://leadwire@db.internal/leads leadwire new-epoch
            """)

    @Option(help: "Folder of the embedded store.") var data: String?
    @Option(help: "postgres://..., or sqlite:FILE.") var database: String?
    @Option(help: "File of settings instead of ./leadwire.yaml.") var config: String?

    func run() async throws {
        try await CommandFailure.telling {
            let configuration = try ServeConfiguration(flags: [(.data, data), (.database, database)], file: config)
            let store = try ServeCommand.store(configuration)
            let count =
                switch store {
                case .file(let path, let settings):
                    try SQLiteLeadStore.renewEpochs(path: path, configuration: settings)
                case .postgres(let address, let settings):
                    try await PostgresLeadStore.renewEpochs(address, configuration: settings)
                }
            Terminal.say("\(store): \(count) \(count == 1 ? "log begins" : "logs begin") a new epoch")
        }
    }
}
