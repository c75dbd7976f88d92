/// Every name that a scoring request may hold, with its aliases.
enum LeadField: Int, CaseIterable, Sendable {
    case leadID, name, email, phone, message, messages, source, referralSource, budgetRange, propertyType
    case locationPreference, timelineUrgency, bedrooms, responseTimeHours, messageLength, questionsAsked
    case previousInteractions, priceMentioned, timelineMentioned, locationMentioned, financingMentioned
    case familyMentioned, customFields
    case requestID, forceRefresh, includeExplanations, includeFeatures, escalation, timeoutMilliseconds

    var wireName: String { Self.wireNames[rawValue] }

    /// The field of that name or older name; nil for a name that means nothing here.
    init?(wireName: String) {
        guard let field = Self.byName[wireName] else { return nil }
        self = field
    }

    static let wireNames = [
        "lead_id", "name", "email", "phone", "message", "messages", "source", "referral_source", "budget_range",
        "property_type", "location_preference", "timeline_urgency", "bedrooms", "response_time_hours",
        "message_length", "questions_asked", "previous_interactions", "price_mentioned", "timeline_mentioned",
        "location_mentioned", "financing_mentioned", "family_mentioned", "custom_fields", "request_id",
        "force_refresh", "include_explanations", "include_features", "escalation", "timeout_ms",
    ]

    private static let aliases: [String: LeadField] = ["lead_name": .name, "message_content": .message]

    /// What a misspelt name is compared with.
    static let knownNames = wireNames + aliases.keys.sorted() + ["lead_data"]

    private static let byName: [String: LeadField] = {
        var fields = aliases
        for field in allCases { fields[field.wireName] = field }
        return fields
    }()
}
