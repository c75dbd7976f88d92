import Foundation
import Scoring
import StorePostgres
import StoreSQLite

/// Which store serves, and how it is opened.
enum ServeStore: Sendable, CustomStringConvertible {
    case file(path: String, StoreConfiguration)
    case postgres(PostgresAddress, PostgresConfiguration)

    func open(_ sink: any EventSink) async throws(StoreError) -> any LeadStore {
        switch self {
        case .file(let path, let configuration):
            try SQLiteLeadStore(path: path, configuration: configuration, sink: sink)
        case .postgres(let address, let configuration):
            try await PostgresLeadStore.open(address, configuration: configuration, sink: sink)
        }
    }

    /// The folder of the file, for its owner only; a database elsewhere needs none.
    func makeFolder() throws(ConfigurationError) {
        if case .file(let path, _) = self { try ServeCommand.makeFolder(of: path) }
    }

    /// As `--database` takes it, with its password.
    var address: String {
        switch self {
        case .file(let path, _): "sqlite:" + path
        case .postgres(let address, _): address.text
        }
    }

    /// For people: a file's path, or an address without its password.
    var description: String {
        switch self {
        case .file(let path, _): path
        case .postgres(let address, _): address.description
        }
    }
}

extension ServeCommand {
    static func store(_ configuration: ServeConfiguration) throws -> ServeStore {
        let durability: Durability = try configuration.choice(.durability)
        if let text = configuration.text(.database), PostgresAddress.isOne(text) {
            var settings = PostgresConfiguration()
            settings.durability = durability
            do {
                return .postgres(try PostgresAddress(text), settings)
            } catch {
                throw ConfigurationError("--database: \(error.message)")
            }
        }
        var settings = StoreConfiguration()
        settings.durability = durability
        return .file(path: try storePath(configuration), settings)
    }

    /// Where this server keeps revoked tokens: beside the store's file. In PostgreSQL they are the nodes' in common.
    static func revocationFile(_ store: ServeStore) -> String? {
        switch store {
        case .file(let path, _): path + ".revocations.json"
        case .postgres: nil
        }
    }

    /// The database's file.
    private static func storePath(_ configuration: ServeConfiguration) throws(ConfigurationError) -> String {
        var path = (configuration.text(.data) ?? "data") + "/leadwire.sqlite"
        if let address = configuration.text(.database), !address.isEmpty {
            guard address.hasPrefix("sqlite:") else {
                let shown = ServeConfiguration.masked(address)
                throw ConfigurationError("--database \(shown) is neither postgres://... nor sqlite:FILE")
            }
            path = String(address.dropFirst("sqlite:".count))
            if path.hasPrefix("//") { path = String(path.dropFirst(2)) }
        }
        guard !path.isEmpty, !path.hasSuffix("/") else { throw ConfigurationError("--database names no file") }
        return path
    }

    fileprivate static func makeFolder(of path: String) throws(ConfigurationError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ConfigurationError("the folder \(folder.path) can't be made")
        }
    }
}
