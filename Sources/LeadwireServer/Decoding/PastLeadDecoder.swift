public import JSONBytes
public import Leads
public import Scoring

/// A row of the past, read: the lead with its moment and outcome, or everything that is wrong with it.
public struct DecodedPastLead: Sendable {
    /// nil where there are problems.
    public var past: PastLead?
    public var problems: [FieldProblem]
    /// Unknown fields, with the nearest known name.
    public var warnings: [String]

    public init(past: PastLead?, problems: [FieldProblem], warnings: [String]) {
        self.past = past
        self.problems = problems
        self.warnings = warnings
    }
}

/// Reads a past lead: the fields of `POST /score`, and beside them `at`, `outcome`, `outcome_at` and `value`.
public struct PastLeadDecoder: Sendable {
    /// The member that says when the lead stood so.
    public let time: String

    /// An outcome may be told ahead by a day: clocks and calendars differ.
    static let tolerance = Duration.seconds(86_400)

    public init(time: String = "at") { self.time = time }

    private var ownNames: [String] { [time, "outcome", "outcome_at", "value"] }

    /// Decodes an object. Messages dated after its moment are left out: at that moment nobody had them.
    public func decode(_ root: JSONElement, now: Timestamp) -> DecodedPastLead {
        guard root.kind == .object else {
            return DecodedPastLead(
                past: nil, problems: [FieldProblem(field: "row", problem: "must be an object")], warnings: [])
        }
        var fields = Fields(root, names: ownNames, lenient: DateStyleReader())
        let at = fields.moment(time, isRequired: true)
        if let at, at > now { fields.report(time, "lies in the future") }
        let outcome = outcome(&fields, at: at, now: now)
        let decoded = Self.lead(root, without: Set(ownNames))
        let problems = fields.problems + decoded.problems
        guard problems.isEmpty, let at else {
            return DecodedPastLead(past: nil, problems: problems, warnings: decoded.warnings)
        }
        var lead = decoded.lead
        lead.messages.removeAll { $0.at > at }
        let known = outcome.map { Outcome(leadID: lead.id, result: $0.result, value: $0.value, at: $0.at) }
        return DecodedPastLead(
            past: PastLead(lead: lead, json: LeadJSON.encode(lead), at: at, outcome: known), problems: [],
            warnings: decoded.warnings)
    }

    private func outcome(
        _ fields: inout Fields, at: Timestamp?, now: Timestamp
    ) -> (result: Outcome.Result, value: Double?, at: Timestamp)? {
        let result = fields.result("outcome")
        let moment = fields.moment("outcome_at", isRequired: result != nil)
        if fields.element("outcome") == nil, moment != nil {
            fields.report("outcome", "is missing, though outcome_at says when it came")
        }
        if let moment {
            if let at, moment < at { fields.report("outcome_at", "is before \(time): the lead was settled already") }
            if moment > now.advanced(by: Self.tolerance) { fields.report("outcome_at", "lies in the future") }
        }
        let value = result == nil ? nil : fields.amount("value")
        guard let result, let moment else { return nil }
        return (result, value, moment)
    }

    /// The lead's own members, through the decoder of the wire.
    private static func lead(_ root: JSONElement, without names: Set<String>) -> DecodedLead {
        var json = JSONWriter(reserving: root.bytes.count)
        json.beginObject()
        for (key, value) in root.members where !names.contains(key) {
            json.key(key)
            json.raw(value.bytes)
        }
        json.endObject()
        // What parsed once parses again.
        guard let document = try? JSONDocument(parsing: json.bytes) else { return LeadDecoder.decode(root) }
        return LeadDecoder.decode(document.root)
    }
}

/// The members of a past lead that are not the lead's.
private struct Fields {
    private let root: JSONElement
    private let moments: DateStyleReader
    private(set) var problems: [FieldProblem] = []

    init(_ root: JSONElement, names: [String], lenient moments: DateStyleReader) {
        self.root = root
        self.moments = moments
        var seen: Set<String> = []
        for (key, _) in root.members where names.contains(key) && !seen.insert(key).inserted {
            report(key, "is given twice")
        }
    }

    mutating func report(_ field: String, _ problem: String) {
        guard !problems.contains(where: { $0.field == field }) else { return }
        problems.append(FieldProblem(field: field, problem: problem))
    }

    func element(_ name: String) -> JSONElement? {
        guard let value = root[name], !value.isNull, value.string != "" else { return nil }
        return value
    }

    mutating func moment(_ name: String, isRequired: Bool) -> Timestamp? {
        guard let value = element(name) else {
            if isRequired { report(name, "is required") }
            return nil
        }
        if let moment = value.string.flatMap(moments.moment) { return moment }
        report(name, "must be a time such as 2026-11-22T09:30:00Z, or a date such as 2026-11-22")
        return nil
    }

    mutating func result(_ name: String) -> Outcome.Result? {
        guard let value = element(name) else { return nil }
        if let result = value.string.flatMap({ Outcome.Result(rawValue: $0.lowercased()) }) { return result }
        report(name, "must be one of \(Outcome.Result.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    mutating func amount(_ name: String) -> Double? {
        guard let value = element(name) else { return nil }
        guard let number = value.double else {
            report(name, "must be a number")
            return nil
        }
        if number < 0 { report(name, "must be at least 0") }
        return number
    }
}
