import Foundation

/// The repository as the tidy tests see it: its root, and its Swift files with their text.
struct SourceTree {
    struct File {
        /// From the repository's root, with `/`.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        static let levels: Set<Substring> = ["public", "package", "internal"]

        /// `Sources/Forest/Forest.swift` lies in `Forest`.
        var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

        /// Modules this file imports, whatever access level the import has.
        var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), words.count > keyword + 1,
                    words[..<keyword].allSatisfy({ $0.hasPrefix("@") || Self.levels.contains($0) })
                else { return nil }
                let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias"]
                let name = kinds.contains(words[keyword + 1]) ? words[keyword + 2] : words[keyword + 1]
                return String(name.split(separator: ".")[0])
            }
        }
    }

    /// Found from this file's own place, so that the tests run from any folder.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func swiftFiles(under folder: String) -> [File] {
        files(under: folder) { $0.hasSuffix(".swift") }
    }

    static func files(under folder: String, where include: (String) -> Bool) -> [File] {
        let base = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
        return walk.compactMap { $0 as? String }.sorted()
            .filter { include($0) && !$0.contains(".build") }
            .compactMap { relative in
                guard let text = try? String(contentsOf: base.appending(path: relative), encoding: .utf8) else {
                    return nil
                }
                return File(path: folder.isEmpty ? relative : folder + "/" + relative, text: text)
            }
    }
}
