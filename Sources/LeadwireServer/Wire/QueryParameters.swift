import Leads

/// The query string, percent-decoded, each name at most once.
struct QueryParameters: Sendable {
    private(set) var items: [(name: String, value: String)] = []
    /// Names that came twice, or text that is not percent-encoded UTF-8.
    private(set) var problems: [FieldProblem] = []

    init(_ text: Substring) {
        for part in text.utf8.split(separator: UInt8(ascii: "&")).prefix(64) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(sides[0], plusIsSpace: true) else {
                problems.append(FieldProblem(field: "query", problem: "is not percent-encoded UTF-8"))
                continue
            }
            guard let value = sides.count == 2 ? PercentCoding.decode(sides[1], plusIsSpace: true) : "" else {
                problems.append(FieldProblem(field: name, problem: "is not percent-encoded UTF-8"))
                continue
            }
            if items.contains(where: { $0.name == name }) {
                problems.append(FieldProblem(field: name, problem: "is given twice"))
            } else {
                items.append((name, value))
            }
        }
    }

    subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// Text of at most `limit` characters, counted as JSON Schema counts them.
    func text(
        _ name: String, limit: Int = LeadLimits.stringCharacters, problems: inout [FieldProblem]
    ) -> String? {
        guard let text = self[name] else { return nil }
        if text.unicodeScalars.count <= limit { return text }
        problems.append(FieldProblem(field: name, problem: "must be at most \(limit) characters"))
        return nil
    }

    /// A time of the query string, where `+02:00` often arrives with its plus sign decoded to a space.
    func timestamp(_ name: String, problems: inout [FieldProblem]) -> Timestamp? {
        guard let text = self[name] else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        if let space = text.lastIndex(of: " ") {
            var repaired = text
            repaired.replaceSubrange(space...space, with: "+")
            if let time = Timestamp(rfc3339: repaired) { return time }
        }
        problems.append(FieldProblem(field: name, problem: "must be an RFC 3339 time, such as 2026-11-22T09:30:00Z"))
        return nil
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, problems: inout [FieldProblem]
    ) -> Choice? where Choice.RawValue == String {
        guard let text = self[name] else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        problems.append(FieldProblem(field: name, problem: "must be one of \(known)"))
        return nil
    }

    func number(_ name: String, in range: ClosedRange<Double>, problems: inout [FieldProblem]) -> Double? {
        guard let text = self[name] else { return nil }
        if let value = Double(text), range.contains(value) { return value }
        problems.append(
            FieldProblem(field: name, problem: "must be a number from \(range.lowerBound) to \(range.upperBound)"))
        return nil
    }

    func integer(_ name: String, in range: ClosedRange<Int>, problems: inout [FieldProblem]) -> Int? {
        guard let text = self[name] else { return nil }
        if let value = Int(text), range.contains(value) { return value }
        problems.append(
            FieldProblem(field: name, problem: "must be an integer from \(range.lowerBound) to \(range.upperBound)"))
        return nil
    }

    func flag(_ name: String, problems: inout [FieldProblem]) -> Bool? {
        switch self[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        default:
            problems.append(FieldProblem(field: name, problem: "must be true or false"))
            return nil
        }
    }

    /// One sentence for each name that the route does not know.
    func unknownNames(known: [String]) -> [String] {
        items.filter { !known.contains($0.name) }.prefix(20).map {
            NearestName.unknown("parameter", $0.name, known: known)
        }
    }
}
