import Foundation
import Yams

/// The YAML files of `leadwire serve`, read into plain trees; a file is at most 1 MiB.
enum ServeFiles {
    private static let maximumBytes = 1 << 20

    /// The top of a YAML file, which must be a mapping; an empty file is an empty one.
    static func mapping(at path: String) throws(ConfigurationError) -> Node.Mapping {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path) can't be read")
        }
        guard data.count <= maximumBytes else { throw ConfigurationError("\(path) is larger than 1 MiB") }
        guard let text = String(data: data, encoding: .utf8) else { throw ConfigurationError("\(path) is not UTF-8") }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError("\(path) is not YAML: \(error)")
        }
        guard let node, node.scalar?.string != "" else { return Node.Mapping([]) }
        guard let mapping = node.mapping else { throw ConfigurationError("\(path) must hold \"key: value\" lines") }
        return mapping
    }

    /// `leadwire.yaml`: flat, each value a scalar.
    static func settings(at path: String) throws(ConfigurationError) -> [(String, String)] {
        var entries: [(String, String)] = []
        for (key, value) in try mapping(at: path) {
            guard let name = key.string else { throw ConfigurationError("\(path) has a key that is not text") }
            guard let scalar = value.scalar else {
                throw ConfigurationError("\(name) in \(path) must be a single value")
            }
            entries.append((name, scalar.string))
        }
        return entries
    }
}

extension ServeConfiguration {
    /// As a command finds them: its flags, the environment, and the file that was named or `./leadwire.yaml`.
    init(flags: [(ServeKey, String?)], file named: String?) throws(ConfigurationError) {
        var file: (name: String, entries: [(String, String)])?
        let path = named ?? "leadwire.yaml"
        if named != nil || FileManager.default.fileExists(atPath: path) {
            file = (path, try ServeFiles.settings(at: path))
        }
        try self.init(flags: flags, environment: ProcessInfo.processInfo.environment, file: file)
    }
}
