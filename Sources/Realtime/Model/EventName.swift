/// The names that a stream can carry; the wire strings of the contract, section 3. Their order is the bit in an
/// ``EventSet`` and the index of a ring.
public enum EventName: String, Sendable, Hashable, CaseIterable {
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

    static let count = allCases.count

    /// Position in `allCases`.
    var index: Int {
        switch self {
        case .leadScored: 0
        case .scoreChanged: 1
        case .leadEscalated: 2
        case .analysisCompleted: 3
        case .batchProcessing: 4
        case .modelStatus: 5
        case .botStatus: 6
        case .outcomeRecorded: 7
        case .performanceAlert: 8
        case .systemHealth: 9
        case .userActivity: 10
        case .custom: 11
        }
    }

    /// A state, of which a reader that fell behind only needs the newest.
    var isConflatable: Bool { self == .modelStatus || self == .botStatus || self == .systemHealth }
}

/// A set of event names.
struct EventSet: OptionSet, Sendable, Hashable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }
    init(_ name: EventName) { self.init(rawValue: 1 << name.index) }
    init(_ names: some Sequence<EventName>) { self = names.reduce(into: []) { $0.insert(EventSet($1)) } }

    static let all = EventSet(rawValue: 1 << EventName.count - 1)

    func contains(_ name: EventName) -> Bool { contains(EventSet(name)) }

    /// In the order of `EventName.allCases`.
    var names: [EventName] { EventName.allCases.filter(contains) }
}
