public import Leads

/// The names of what a tenant's stream can carry; the wire strings of the contract, section 3.
public enum EventType: String, Sendable, Hashable, CaseIterable {
    case leadScored = "lead_scored"
    case scoreChanged = "score_changed"
    case leadEscalated = "lead_escalated"
    case analysisCompleted = "analysis_completed"
    case batchProcessing = "batch_processing"
    case modelStatus = "model_status"
    case botStatus = "bot_status"
    case outcomeRecorded = "outcome_recorded"
    case performanceAlert = "performance_alert"
    case systemHealth = "system_health"
    case userActivity = "user_activity"
    case custom
}

/// Something that happened and is not yet in the log: it has no offset.
public struct NewEvent: Sendable, Hashable {
    public var tenant: Tenant
    public var type: EventType
    /// Unique; a retry with the same id is the same event.
    public var id: String
    public var timestamp: Timestamp
    /// One JSON object, UTF-8, without surrounding white space.
    public var data: [UInt8]
    /// The lead it speaks of, so that erasing the lead erases the event.
    public var leadID: String?

    public init(
        tenant: Tenant, type: EventType, id: String, timestamp: Timestamp, data: [UInt8], leadID: String?
    ) {
        self.tenant = tenant
        self.type = type
        self.id = id
        self.timestamp = timestamp
        self.data = data
        self.leadID = leadID
    }
}

/// An event with its place in the tenant's log: dense offsets from 1, within one epoch.
public struct CommittedEvent: Sendable, Hashable {
    public var event: NewEvent
    public var offset: UInt64
    public var epoch: String

    public init(event: NewEvent, offset: UInt64, epoch: String) {
        self.event = event
        self.offset = offset
        self.epoch = epoch
    }
}

/// Where a tenant's log stands.
public struct StreamPosition: Sendable, Hashable {
    public var epoch: String
    /// Of the newest event; 0 when the log is empty.
    public var offset: UInt64

    public init(epoch: String, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }
}

/// Receives every committed event, each tenant's in offset order, after it is durable. Called from the store's writer:
/// it must return at once and must not call back into the store.
public protocol EventSink: Sendable {
    func deliver(_ events: [CommittedEvent])
}
