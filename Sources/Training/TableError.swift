/// Why a table can't be read or learned from: what is wrong, where, and what would be right. Holds no cell's content.
public struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case unreadable
        case unwritable
        case empty
        /// A row has more or fewer cells than the header.
        case raggedRow
        case invalidQuoting
        case invalidUTF8
        case tooLarge
        case duplicateColumn
        /// A column that the caller names is not there.
        case unknownColumn
        /// The label has not the two classes that learning needs.
        case invalidLabel
        case invalidOption
        /// Too few rows, or nothing left to learn from.
        case notEnoughData
        /// libxgboost refused, in its words.
        case library
        /// The rows to be measured on are those that the model was trained on.
        case trainingRows
    }

    public let code: Code
    public let message: String
    /// 1 is the header's line; nil where no line is at fault.
    public let line: Int?

    public init(_ code: Code, _ message: String, line: Int? = nil) {
        self.code = code
        self.message = message
        self.line = line
    }

    public var description: String { line.map { "line \($0): \(message)" } ?? message }
}

/// The name among `known` that a mistyped one most likely means: least edits, at most a third of its length.
public func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(wanted, Array(candidate.lowercased()))
        if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
    return best.name
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var previous = Array(0...right.count)
    for (row, character) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            current.append(
                min(previous[column + 1] + 1, current[column] + 1, previous[column] + (character == other ? 0 : 1)))
        }
        previous = current
    }
    return previous[right.count]
}
