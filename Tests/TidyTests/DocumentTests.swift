import Foundation
import Testing

/// What the documents promise must be there.
struct DocumentTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8)
    }

    @Test func `the README opens with the two commands`() throws {
        let opening = try text("README.md").split(separator: "\n").prefix(30).joined(separator: "\n")
        #expect(opening.contains("make run"))
        #expect(opening.contains("make test"))
    }

    @Test func `every file that the documents link to exists`() throws {
        let documents = [
            "README.md", "CHANGELOG.md", "docs/architecture.md", "docs/operations.md", "docs/access.md",
            "docs/realtime.md", "docs/clients.md", "docs/data-doctor.md", "docs/learning.md", "docs/report.md",
            "clients/javascript/README.md", "Benchmarks/README.md",
        ]
        for document in documents {
            let folder = SourceTree.root.appending(path: document).deletingLastPathComponent()
            for link in try text(document).matches(of: /\]\(([^)#]+)[^)]*\)/) where !link.1.contains("://") {
                let target = folder.appending(path: String(link.1)).standardized
                #expect(FileManager.default.fileExists(atPath: target.path), "\(document) links to \(link.1)")
            }
        }
    }

    @Test func `the map of names leads to types, files and tests that exist`() throws {
        let rows = try text("docs/architecture.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        let names = [
            "get_metrics", "get_connection_info", "handle_client_message", "broadcast_message", "subscribe_to_events",
            "predict_with_features", "optimize_features",
        ]
        for name in names {
            let row = try #require(rows.first { $0.hasPrefix("| `\(name)`") }, "no row for \(name)")
            let paths = row.matches(of: /`((?:Sources|Tests)\/[^`]+)`/).map { String($0.1) }
            #expect(paths.count >= 2, "\(name) names a file and a test")
            for path in paths {
                let there = FileManager.default.fileExists(atPath: SourceTree.root.appending(path: path).path)
                #expect(there, "\(name) names \(path)")
            }
            let symbol = try #require(row.firstMatch(of: /^\| `[^`]+` \| `([^`]+)`/)).1
            // `Hub.metrics(tenant:)` is looked for as `metrics`.
            let word = String(try #require(symbol.prefix { $0 != "(" }.split(separator: ".").last))
            let file = try #require(paths.first)
            #expect(try text(file).contains(word), "\(file) holds \(word) for \(name)")
        }
    }
}
