import JSONBytes
import Leads

/// The members of a small request body, read by name; all that is wrong is found before anything is refused.
struct BodyFields {
    private let root: JSONElement
    private var problems: [FieldProblem] = []
    private var warnings: [String] = []

    init(_ root: JSONElement, known: [String]) {
        self.root = root
        guard root.kind == .object else {
            problems.append(FieldProblem(field: "body", problem: "must be an object"))
            return
        }
        var seen: [String: JSONElement] = [:]
        for (key, value) in root.members {
            if !known.contains(key) {
                if warnings.count < 20 { warnings.append(NearestName.unknown("field", key, known: known)) }
            } else if let earlier = seen.updateValue(value, forKey: key), earlier.bytes != value.bytes {
                report(key, "is given twice with different values")
            }
        }
    }

    mutating func report(_ field: String, _ problem: String) {
        problems.append(FieldProblem(field: field, problem: problem))
    }

    func throwProblems() throws(APIError) {
        guard problems.isEmpty else { throw .invalid(problems) }
    }

    func encodeWarnings(into json: inout JSONWriter) {
        json.key("warnings")
        json.beginArray()
        for warning in warnings { json.value(warning) }
        json.endArray()
    }

    /// The member, unless it is absent or null.
    func element(_ name: String) -> JSONElement? {
        guard let value = root[name], !value.isNull else { return nil }
        return value
    }

    mutating func leadID() -> String? {
        guard let value = element("lead_id") else {
            if root.kind == .object { report("lead_id", "is required") }
            return nil
        }
        guard let id = value.string else {
            report("lead_id", "must be a string")
            return nil
        }
        problems += Lead(id: id).problems()
        return id
    }

    mutating func string(_ name: String, maximum: Int) -> String? {
        guard let value = element(name) else { return nil }
        guard let text = value.string else {
            report(name, "must be a string")
            return nil
        }
        if text.unicodeScalars.count > maximum { report(name, "must have at most \(maximum) characters") }
        return text
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, isRequired: Bool = false
    ) -> Choice? where Choice.RawValue == String {
        guard let value = element(name) else {
            if isRequired, root.kind == .object { report(name, "is required") }
            return nil
        }
        if let choice = value.string.flatMap(Choice.init(rawValue:)) { return choice }
        report(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    mutating func number(_ name: String, atLeast minimum: Double) -> Double? {
        guard let value = element(name) else { return nil }
        guard let number = value.double else {
            report(name, "must be a number")
            return nil
        }
        if number < minimum { report(name, "must be at least \(minimum)") }
        return number
    }

    mutating func flag(_ name: String) -> Bool? {
        guard let value = element(name) else { return nil }
        if let flag = value.bool { return flag }
        report(name, "must be true or false")
        return nil
    }

    mutating func timestamp(_ name: String) -> Timestamp? {
        guard let value = element(name) else { return nil }
        if let time = value.string.flatMap({ Timestamp(rfc3339: $0) }) { return time }
        report(name, "must be an RFC 3339 time, such as 2026-11-22T09:30:00Z")
        return nil
    }
}
