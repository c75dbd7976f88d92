import JSONBytes
import Learning
import Leads

/// Moments as files of the past spell them.
struct DateStyleReader {
    /// RFC 3339, or an ISO date with or without a time of day; without a zone it is UTC.
    func moment(_ text: String) -> Timestamp? { DateStyle.iso.timestamp(of: CellText.trimmed(text)) }
}

/// A row of text cells as the JSON of a past lead: each cell as what its field holds.
public enum PastLeadCells {
    /// Columns of the team's own table, for a model that reads it, are named so.
    public static let customPrefix = "custom_fields."

    /// One object. Empty cells are left out. What can't be read as its field's kind stays text, so that the decoder names
    /// the field.
    public static func json(names: [String], cells: [Substring]) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        var custom: [(String, Substring)] = []
        json.beginObject()
        for (name, cell) in zip(names, cells) {
            let text = CellText.trimmed(cell)
            guard !text.isEmpty else { continue }
            if name.hasPrefix(customPrefix) {
                custom.append((String(name.dropFirst(customPrefix.count)), text))
                continue
            }
            json.key(name)
            write(text, as: kind(of: name), to: &json)
        }
        if !custom.isEmpty {
            json.key("custom_fields")
            json.beginObject()
            for (name, text) in custom {
                json.key(name)
                // One point may part thousands, which only the model's column knows.
                let number = Double(text)
                let isPlain = number?.isFinite == true && NumberStyle.comma.value(of: text) ?? number == number
                write(text, as: isPlain ? .number : .text, to: &json)
            }
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    private enum Kind { case text, number, flag, json }

    private static func kind(of name: String) -> Kind {
        if name == "value" { return .number }
        guard let field = LeadField(wireName: name) else { return .text }
        switch field {
        case .bedrooms, .responseTimeHours, .messageLength, .questionsAsked, .previousInteractions,
            .timeoutMilliseconds:
            return .number
        case .priceMentioned, .timelineMentioned, .locationMentioned, .financingMentioned, .familyMentioned,
            .forceRefresh, .includeExplanations, .includeFeatures:
            return .flag
        case .messages, .customFields: return .json
        case .leadID, .name, .email, .phone, .message, .source, .referralSource, .budgetRange, .propertyType,
            .locationPreference, .timelineUrgency, .requestID, .escalation:
            return .text
        }
    }

    private static func write(_ text: Substring, as kind: Kind, to json: inout JSONWriter) {
        switch kind {
        case .text: break
        case .number:
            if let number = NumberStyle.point.value(of: text), number.isFinite {
                // A whole number without a fraction: bedrooms are counted.
                if let whole = Int64(exactly: number) { json.value(whole) } else { json.value(number) }
                return
            }
        case .flag:
            if let flag = BooleanSpelling.value(of: text) {
                json.value(flag)
                return
            }
        case .json:
            let bytes = Array(text.utf8)
            if (try? JSONDocument(parsing: bytes)) != nil {
                json.raw(bytes)
                return
            }
        }
        json.value(String(text))
    }
}
