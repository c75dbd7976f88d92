/// What became of a lead: the label that training learns from.
public struct Outcome: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable, CaseIterable { case won, lost, abandoned }

    public var leadID: String
    public var result: Result
    /// Price or commission as the team records it, in the agency's currency.
    public var value: Double?
    /// When it happened, which may be before it was reported.
    public var at: Timestamp

    public init(leadID: String, result: Result, value: Double?, at: Timestamp) {
        self.leadID = leadID
        self.result = result
        self.value = value
        self.at = at
    }
}
