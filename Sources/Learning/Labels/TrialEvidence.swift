public import Leads

/// What a trial has shown: the champion's and the challenger's probabilities for leads whose label window has ended, one
/// score a lead.
///
/// Only ended windows count: among younger leads those that are decided are mostly won, and whichever model promises more
/// would look better.
public struct TrialEvidence: Sendable {
    /// Leads looked at; more are passed over, oldest scores first in.
    public static let maximumLeads = 200_000

    private struct Pair {
        var ticket: UInt64
        var champion: Double
        var challenger: Double
        var isPositive: Bool
    }

    public let window: LabelWindow
    public let asOf: Timestamp
    private var pairs: [UInt64: Pair] = [:]

    public init(window: LabelWindow, asOf: Timestamp) {
        self.window = window
        self.asOf = asOf
    }

    /// Takes a score; one without a trial, of a young lead, or made after an outcome is passed over.
    public mutating func add(_ candidate: LabelCandidate) {
        guard let challenger = candidate.trialProbability,
            candidate.scoredAt.advanced(by: window.length) <= asOf
        else { return }
        let isPositive: Bool
        switch window.label(of: candidate, asOf: asOf) {
        case .won: isPositive = true
        case .lost, .expired: isPositive = false
        case .censored, .resolved: return
        }
        let pair = Pair(
            ticket: candidate.ticket, champion: candidate.probability, challenger: challenger, isPositive: isPositive)
        if let standing = pairs[candidate.leadKey] {
            if pair.ticket < standing.ticket { pairs[candidate.leadKey] = pair }
        } else if pairs.count < Self.maximumLeads {
            pairs[candidate.leadKey] = pair
        }
    }

    /// The same scores give the same figures, whatever their order.
    public func comparison(seed: UInt64 = 1) -> GateComparison {
        let sorted = pairs.sorted { $0.key < $1.key }.map(\.value)
        return GateComparison(
            champion: sorted.map(\.champion), challenger: sorted.map(\.challenger), labels: sorted.map(\.isPositive),
            seed: seed)
    }
}
