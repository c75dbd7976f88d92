import Foundation
import Testing

/// House rules that a compiler does not know.
struct SourceRuleTests {
    /// Longest file allowed; at 300 lines a reader should look twice, at 500 there are two types in it.
    static let longestFile = 500

    @Test func `no file is longer than a reader can hold`() {
        for file in SourceTree.swiftFiles(under: "Sources") + SourceTree.swiftFiles(under: "Tests") {
            #expect(file.lines.count <= Self.longestFile, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test(arguments: ["try!", "as!", "fatalError(", "TODO", "FIXME", "not implemented"])
    func `libraries hold no word of haste`(word: String) {
        for file in SourceTree.swiftFiles(under: "Sources") {
            for (number, line) in file.lines.enumerated() where line.contains(word) {
                Issue.record("\(file.path):\(number + 1) holds \(word)")
            }
        }
    }

    @Test func `only the command line prints`() {
        for file in SourceTree.swiftFiles(under: "Sources") where file.target != "leadwire" {
            for (number, line) in file.lines.enumerated() where line.contains(/(^|[^\w.])print\(/) {
                Issue.record("\(file.path):\(number + 1) prints")
            }
        }
    }

    @Test func `each unchecked promise to the compiler names its guard`() {
        let promises = ["@unchecked Sendable", "nonisolated(unsafe)", "assumeIsolated"]
        for file in SourceTree.swiftFiles(under: "Sources") {
            let lines = file.lines
            for (number, line) in lines.enumerated() where promises.contains(where: line.contains) {
                if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") { continue }
                let above = lines[max(0, number - 6)...number]
                #expect(
                    above.contains { $0.contains("//") }, "\(file.path):\(number + 1) gives no reason beside it")
            }
        }
    }

    @Test func `no test sleeps`() {
        for file in SourceTree.swiftFiles(under: "Tests") where file.target != "TidyTests" {
            for (number, line) in file.lines.enumerated()
            where line.contains("Task.sleep") || line.contains(/\busleep\(|\bsleep\(/) {
                Issue.record("\(file.path):\(number + 1) sleeps")
            }
        }
    }

    @Test func `the tree names no machine and no package registry`() {
        let slash = "/"
        let folders = ["work", "opt/swift", "root", "farm", "tmp/mini"].map { slash + $0 + slash }
        let hosts = ["pypi" + ".org", "deb.debian" + ".org", "pythonhosted" + ".org"]
        let kinds = [".swift", ".md", ".sh", ".py", ".json", ".html", "Makefile", ".yml", ".yaml", ".lua", ".c"]
        let places = ["Sources", "Tests", "Benchmarks", "FuzzTesting", "docs", "scripts", "tests-live", ".ci"]
        let top = ["README.md", "CHANGELOG.md", "Makefile", "Package.swift"].compactMap { name in
            (try? String(contentsOf: SourceTree.root.appending(path: name), encoding: .utf8))
                .map { SourceTree.File(path: name, text: $0) }
        }
        let files = places.flatMap { place in
            SourceTree.files(under: place) { name in kinds.contains { name.hasSuffix($0) } || place == ".ci" }
        }
        #expect(files.count > 20)
        for file in top + files where file.text.utf8.count < 2_000_000 {
            for word in folders + hosts where file.text.contains(word) {
                Issue.record("\(file.path) names \(word)")
            }
        }
    }
}
