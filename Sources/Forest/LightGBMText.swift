/// LightGBM's text format cut into its parts: `key=value` lines of the header and of each tree, then the parameters
/// (`src/boosting/gbdt_model_text.cpp`).
struct LightGBMText {
    /// Lines of one part by key. Later lines of the same key win, as in LightGBM.
    typealias Fields = [String: Substring]

    private(set) var header: Fields = [:]
    /// In the order of the file, which is that of addition.
    private(set) var trees: [Fields] = []
    /// `[name: value]` lines after the trees.
    private(set) var parameters: Fields = [:]
    /// JSON, for models that were trained on a pandas table.
    private(set) var pandasCategories: Substring?

    /// Whether the file begins as such a model does.
    static func recognizes(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "tree\n".utf8) || bytes.starts(with: "tree\r\n".utf8)
    }

    /// - Throws: ``ForestError`` of code `malformed` for text that is no such model or ends too early.
    init(_ bytes: [UInt8], limits: Forest.Limits) throws(ForestError) {
        guard bytes.count <= limits.fileBytes else {
            throw ForestError(.limitExceeded, "a file of \(bytes.count) bytes")
        }
        guard Self.recognizes(bytes) else {
            throw ForestError(.malformed, "LightGBM text begins with a line \"tree\"", byteOffset: 0)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ForestError(.malformed, "the text is not UTF-8")
        }
        var hasEnded = false
        // CRLF is one Character of Swift's, so lines are cut at scalars.
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: true) {
            let line = Substring(line.last == "\r" ? line.dropLast() : line)
            if hasEnded {
                readTail(line)
            } else if line == "end of trees" {
                hasEnded = true
            } else if line.hasPrefix("Tree=") {
                guard line.dropFirst(5) == String(trees.count) else {
                    throw ForestError(.malformed, "the trees are not numbered from 0 on", tree: trees.count)
                }
                guard trees.count < limits.trees else {
                    throw ForestError(.limitExceeded, "more than \(limits.trees) trees")
                }
                trees.append([:])
            } else {
                let key = line.prefix { $0 != "=" }
                let value = line.dropFirst(key.count + 1)
                if trees.isEmpty {
                    header[String(key)] = value
                } else {
                    trees[trees.count - 1][String(key)] = value
                }
            }
        }
        guard hasEnded else {
            throw ForestError(.malformed, "the file ends before its \"end of trees\"", byteOffset: bytes.count)
        }
    }

    private mutating func readTail(_ line: Substring) {
        if line.hasPrefix("pandas_categorical:") {
            pandasCategories = line.dropFirst("pandas_categorical:".count)
        } else if line.hasPrefix("["), line.hasSuffix("]") {
            let inside = line.dropFirst().dropLast()
            let key = inside.prefix { $0 != ":" }
            parameters[String(key)] = inside.dropFirst(key.count + 2)
        }
    }
}
