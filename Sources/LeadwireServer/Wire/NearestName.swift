/// Finds what a misspelt name was meant to be.
public enum NearestName {
    /// The known name at the smallest edit distance, when that is close enough to be a slip: at most a third of the
    /// name's length, and at least one letter in common position or order. nil otherwise.
    public static func of(_ name: String, among known: [String]) -> String? {
        let given = Array(name.lowercased().utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for candidate in known {
            let distance = editDistance(given, Array(candidate.lowercased().utf8))
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, best.name.utf8.count / 3 + 1) else { return nil }
        return best.name
    }

    /// `unknown field "nmae" is ignored; did you mean "name"?`
    static func unknown(_ kind: String, _ name: String, known: [String]) -> String {
        let shown = String(decoding: name.utf8.prefix(64), as: UTF8.self)
        let hint = of(name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        return "unknown \(kind) \"\(shown)\" is ignored\(hint)"
    }

    /// Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours count one each.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            current.reserveCapacity(right.count + 1)
            for column in 1...right.count {
                let substitution = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var distance = min(last[column] + 1, current[column - 1] + 1, substitution)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    distance = min(distance, beforeLast[column - 2] + 1)
                }
                current.append(distance)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
