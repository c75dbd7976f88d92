/// The name of an event, as it stands on the wire. Open: a server may know names that this client does not.
public struct LeadwireEventName: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let leadScored: Self = "lead_scored"
    public static let scoreChanged: Self = "score_changed"
    public static let leadEscalated: Self = "lead_escalated"
    public static let analysisCompleted: Self = "analysis_completed"
    public static let batchProcessing: Self = "batch_processing"
    public static let modelStatus: Self = "model_status"
    public static let botStatus: Self = "bot_status"
    public static let outcomeRecorded: Self = "outcome_recorded"
    public static let performanceAlert: Self = "performance_alert"
    public static let systemHealth: Self = "system_health"
    public static let userActivity: Self = "user_activity"
    public static let custom: Self = "custom"

    /// All that the token's role may see. Only for subscribing; no event has this name.
    public static let everything: Self = "*"

    public var description: String { rawValue }
}
