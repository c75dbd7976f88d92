import Leads
import Scoring

/// How a score is asked for, apart from the lead.
struct ScoreOptions: Sendable, Hashable {
    var requestID: String?
    var forceRefresh = false
    var includeExplanations = true
    var includeFeatures = false
    var escalation = Escalation.auto
    var timeout = Duration.milliseconds(5_000)

    static let timeoutMilliseconds = 100...30_000
    static let requestIDCharacters = 1...128

    /// Reads the options; what is wrong stands in the reader's problems.
    init(_ reader: inout FieldReader) {
        if let id = reader.string(.requestID) {
            if let problem = Self.problem(withRequestID: id) { reader.report("request_id", problem) }
            requestID = id
        }
        forceRefresh = reader.flag(.forceRefresh) ?? false
        includeExplanations = reader.flag(.includeExplanations) ?? true
        includeFeatures = reader.flag(.includeFeatures) ?? false
        if let name = reader.string(.escalation) {
            if let value = Escalation(rawValue: name) {
                escalation = value
            } else {
                let known = Escalation.allCases.map(\.rawValue).joined(separator: ", ")
                reader.report("escalation", "must be one of \(known)")
            }
        }
        if let milliseconds = reader.integer(.timeoutMilliseconds) {
            if Self.timeoutMilliseconds.contains(milliseconds) {
                timeout = .milliseconds(milliseconds)
            } else {
                reader.report("timeout_ms", "must be from 100 to 30000")
            }
        }
    }

    static func problem(withRequestID id: String) -> String? {
        guard requestIDCharacters.contains(id.unicodeScalars.count) else { return "must have 1 to 128 characters" }
        let hasControls = id.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return hasControls ? "must not hold control characters" : nil
    }
}
