import JSONBytes
import Leads

/// A lead out of either wire form, with every problem found at once.
struct DecodedLead {
    /// With an empty id where `lead_id` is missing; that stands in `problems`.
    var lead: Lead
    var options: ScoreOptions
    var problems: [FieldProblem]
    var warnings: [String]
}

/// Reads the lead of the contract, section 2: `lead_data` and flat, aliases, unknown names with the nearest known one.
enum LeadDecoder {
    static func decode(_ root: JSONElement) -> DecodedLead {
        guard root.kind == .object else {
            var reader = FieldReader()
            let options = ScoreOptions(&reader)
            return DecodedLead(
                lead: Lead(id: ""), options: options,
                problems: [FieldProblem(field: "body", problem: "must be an object")], warnings: [])
        }
        var reader = FieldReader()
        reader.collect(root)
        let id = reader.string(.leadID)
        if id == nil { reader.report("lead_id", "is required") }
        var lead = Lead(id: id ?? "")
        readContact(&lead, &reader)
        readMeasures(&lead, &reader)
        readMessages(&lead, &reader)
        readCustomFields(&lead, &reader)
        let options = ScoreOptions(&reader)
        for problem in lead.problems() { reader.report(problem.field, problem.problem) }
        return DecodedLead(lead: lead, options: options, problems: reader.problems, warnings: reader.warnings)
    }

    private static func readContact(_ lead: inout Lead, _ reader: inout FieldReader) {
        lead.name = reader.string(.name)
        lead.email = reader.string(.email)
        lead.phone = reader.string(.phone)
        lead.message = reader.string(.message)
        lead.source = reader.string(.source)
        lead.referralSource = reader.string(.referralSource)
        lead.budgetRange = reader.string(.budgetRange)
        lead.propertyType = reader.string(.propertyType)
        lead.locationPreference = reader.string(.locationPreference)
        lead.timelineUrgency = reader.string(.timelineUrgency)
    }

    private static func readMeasures(_ lead: inout Lead, _ reader: inout FieldReader) {
        lead.bedrooms = reader.integer(.bedrooms)
        lead.responseTimeHours = reader.number(.responseTimeHours)
        lead.messageLength = reader.number(.messageLength)
        lead.questionsAsked = reader.number(.questionsAsked)
        lead.previousInteractions = reader.number(.previousInteractions)
        lead.priceMentioned = reader.flag(.priceMentioned)
        lead.timelineMentioned = reader.flag(.timelineMentioned)
        lead.locationMentioned = reader.flag(.locationMentioned)
        lead.financingMentioned = reader.flag(.financingMentioned)
        lead.familyMentioned = reader.flag(.familyMentioned)
    }

    // MARK: The conversation

    private static let messageNames = ["direction", "body", "at", "channel", "automated"]

    private static func readMessages(_ lead: inout Lead, _ reader: inout FieldReader) {
        guard let list = reader.element(.messages) else { return }
        guard list.kind == .array else { return reader.report("messages", "must be an array") }
        guard list.count <= LeadLimits.messages else {
            return reader.report("messages", "holds more than \(LeadLimits.messages) messages")
        }
        for (index, element) in list.elements.enumerated() {
            if let message = message(element, at: "messages[\(index)]", &reader) { lead.messages.append(message) }
        }
    }

    private static func message(_ element: JSONElement, at place: String, _ reader: inout FieldReader) -> Message? {
        guard element.kind == .object else {
            reader.report(place, "must be an object")
            return nil
        }
        for (key, _) in element.members where !messageNames.contains(key) {
            reader.noteUnknown(key, known: messageNames, kind: "field of \(place)")
        }
        let direction = element["direction"]?.string.flatMap(Message.Direction.init(rawValue:))
        if direction == nil { reader.report("\(place).direction", "must be inbound or outbound") }
        let body = element["body"]?.string
        if body == nil { reader.report("\(place).body", "must be a string") }
        let at = element["at"]?.string.flatMap { Timestamp(rfc3339: $0) }
        if at == nil { reader.report("\(place).at", "must be an RFC 3339 time") }
        let channel = element["channel"].flatMap { $0.isNull ? nil : $0 }
        if let channel, channel.kind != .string { reader.report("\(place).channel", "must be a string") }
        let automated = element["automated"].flatMap { $0.isNull ? nil : $0 }
        if let automated, automated.kind != .bool { reader.report("\(place).automated", "must be true or false") }
        guard let direction, let body, let at else { return nil }
        return Message(
            direction: direction, body: body, at: at, channel: channel?.string, automated: automated?.bool ?? false)
    }

    // MARK: The team's own columns

    private static func readCustomFields(_ lead: inout Lead, _ reader: inout FieldReader) {
        guard let object = reader.element(.customFields) else { return }
        guard object.kind == .object else { return reader.report("custom_fields", "must be an object") }
        guard object.count <= LeadLimits.customFields else {
            return reader.report("custom_fields", "holds more than \(LeadLimits.customFields) keys")
        }
        var seen: [String: Int] = [:]
        for (key, value) in object.members {
            guard let decoded = customValue(value, key: key, &reader) else { continue }
            if let earlier = seen[key] {
                if lead.customFields[earlier].value != decoded {
                    reader.report("custom_fields.\(key)", "is given twice with different values")
                }
            } else {
                seen[key] = lead.customFields.count
                lead.customFields.append(CustomField(name: key, value: decoded))
            }
        }
    }

    private static func customValue(
        _ value: JSONElement, key: String, _ reader: inout FieldReader
    ) -> CustomField.Value? {
        switch value.kind {
        case .string: return value.string.map(CustomField.Value.text)
        case .bool: return value.bool.map(CustomField.Value.bool)
        case .null: return .null
        case .number:
            if let number = value.double { return .number(number) }
            reader.report("custom_fields.\(key)", "is beyond the range of a number")
            return nil
        case .object, .array:
            reader.report("custom_fields.\(key)", "must be flat: a string, a number, true, false or null")
            return nil
        }
    }
}
