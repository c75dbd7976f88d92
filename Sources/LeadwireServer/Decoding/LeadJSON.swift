import JSONBytes
public import Leads

/// The flat wire form of a lead, for programs that send leads.
public enum LeadDocument {
    /// UTF-8 JSON, byte-stable; what is not known is left out.
    public static func encode(_ lead: Lead) -> [UInt8] { LeadJSON.encode(lead) }
}

/// The flat wire form of a lead, byte-stable: what is stored, exported and learned from.
enum LeadJSON {
    static func encode(_ lead: Lead) -> [UInt8] {
        var json = JSONWriter(reserving: 256 + (lead.message?.utf8.count ?? 0))
        json.beginObject()
        json.member("lead_id", lead.id)
        text("name", lead.name, &json)
        text("email", lead.email, &json)
        text("phone", lead.phone, &json)
        text("message", lead.message, &json)
        encodeMessages(lead.messages, &json)
        text("source", lead.source, &json)
        text("referral_source", lead.referralSource, &json)
        text("budget_range", lead.budgetRange, &json)
        text("property_type", lead.propertyType, &json)
        text("location_preference", lead.locationPreference, &json)
        text("timeline_urgency", lead.timelineUrgency, &json)
        if let bedrooms = lead.bedrooms { json.member("bedrooms", bedrooms) }
        number("response_time_hours", lead.responseTimeHours, &json)
        number("message_length", lead.messageLength, &json)
        number("questions_asked", lead.questionsAsked, &json)
        number("previous_interactions", lead.previousInteractions, &json)
        flag("price_mentioned", lead.priceMentioned, &json)
        flag("timeline_mentioned", lead.timelineMentioned, &json)
        flag("location_mentioned", lead.locationMentioned, &json)
        flag("financing_mentioned", lead.financingMentioned, &json)
        flag("family_mentioned", lead.familyMentioned, &json)
        encodeCustomFields(lead.customFields, &json)
        json.endObject()
        return json.bytes
    }

    private static func text(_ key: StaticString, _ value: String?, _ json: inout JSONWriter) {
        if let value { json.member(key, value) }
    }

    private static func number(_ key: StaticString, _ value: Double?, _ json: inout JSONWriter) {
        if let value { json.member(key, value) }
    }

    private static func flag(_ key: StaticString, _ value: Bool?, _ json: inout JSONWriter) {
        if let value { json.member(key, value) }
    }

    private static func encodeMessages(_ messages: [Message], _ json: inout JSONWriter) {
        guard !messages.isEmpty else { return }
        json.key("messages")
        json.beginArray()
        for message in messages {
            json.beginObject()
            json.member("direction", message.direction.rawValue)
            json.member("body", message.body)
            json.member("at", message.at.description)
            text("channel", message.channel, &json)
            if message.automated { json.member("automated", true) }
            json.endObject()
        }
        json.endArray()
    }

    private static func encodeCustomFields(_ fields: [CustomField], _ json: inout JSONWriter) {
        guard !fields.isEmpty else { return }
        json.key("custom_fields")
        json.beginObject()
        for field in fields {
            json.key(field.name)
            switch field.value {
            case .number(let number): json.value(number)
            case .text(let text): json.value(text)
            case .bool(let flag): json.value(flag)
            case .null: json.null()
            }
        }
        json.endObject()
    }
}
