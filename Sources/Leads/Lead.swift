/// One person who may buy, sell or rent, as the caller described them, after validation.
///
/// Field names on the wire are the snake_case forms of these; both wire forms (`lead_data` and flat) mean this one value.
public struct Lead: Sendable, Hashable {
    /// 1...128 characters, no control characters.
    public var id: String
    public var name: String?
    public var email: String?
    public var phone: String?
    /// The newest inbound message, at most 16 KiB of UTF-8.
    public var message: String?
    /// The conversation, at most 200 messages, in the order given.
    public var messages: [Message]
    public var source: String?
    public var referralSource: String?
    public var budgetRange: String?
    public var propertyType: String?
    public var locationPreference: String?
    public var timelineUrgency: String?
    /// 0...10. Kept for the agent; never a model input (a proxy for family size).
    public var bedrooms: Int?
    public var responseTimeHours: Double?
    public var messageLength: Double?
    public var questionsAsked: Double?
    public var previousInteractions: Double?
    public var priceMentioned: Bool?
    public var timelineMentioned: Bool?
    public var locationMentioned: Bool?
    public var financingMentioned: Bool?
    /// Accepted on the wire for compatibility; nothing reads it.
    public var familyMentioned: Bool?
    /// Columns of a model trained on the team's own table, in the order given; at most 256.
    public var customFields: [CustomField]

    public init(id: String) {
        self.id = id
        self.messages = []
        self.customFields = []
    }
}

/// One message of the conversation.
public struct Message: Sendable, Hashable {
    public enum Direction: String, Sendable, Hashable { case inbound, outbound }

    public var direction: Direction
    public var body: String
    public var at: Timestamp
    public var channel: String?
    /// Sent by a workflow or a campaign rather than by a person.
    public var automated: Bool

    public init(direction: Direction, body: String, at: Timestamp, channel: String? = nil, automated: Bool = false) {
        self.direction = direction
        self.body = body
        self.at = at
        self.channel = channel
        self.automated = automated
    }
}

/// One flat key of `custom_fields`.
public struct CustomField: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case number(Double)
        case text(String)
        case bool(Bool)
        case null
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}
