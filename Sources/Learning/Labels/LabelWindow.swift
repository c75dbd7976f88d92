public import Leads

/// How long after its score a lead may be won for the score to count as right.
public struct LabelWindow: Sendable, Hashable {
    /// What a score turned out to be, and how long after it that was known.
    public enum Label: Sendable, Hashable {
        /// Won within the window.
        case won(after: Duration)
        /// Lost or abandoned, and not won within the window as far as is known.
        case lost(after: Duration)
        /// The window has ended, and nothing was heard.
        case expired
        /// The window is open and nothing is known: neither a win nor none.
        case censored
        /// An outcome stands before the score, so there was nothing to predict.
        case resolved
    }

    public static let standard = LabelWindow(length: .seconds(90 * 86_400))

    /// Above zero.
    public let length: Duration

    /// - Precondition: length > 0.
    public init(length: Duration) {
        precondition(length > .zero, "a window has a length")
        self.length = length
    }

    /// The label of a score as it is known at `asOf`: outcomes that happen later are not looked at.
    ///
    /// A win counts up to the window's last moment. A loss followed by a win within the window is a win.
    public func label(of candidate: LabelCandidate, asOf: Timestamp) -> Label {
        guard !candidate.isResolvedBefore else { return .resolved }
        let end = candidate.scoredAt.advanced(by: length)
        let horizon = min(end, asOf)
        if let won = candidate.firstWonAt, won <= horizon {
            return .won(after: won.duration(since: candidate.scoredAt))
        }
        if let other = candidate.firstOtherAt, other <= horizon {
            return .lost(after: other.duration(since: candidate.scoredAt))
        }
        return asOf >= end ? .expired : .censored
    }
}
