#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many leads are won: among those whose label is known, and estimated over all.
///
/// A win is heard of when it happens, a lead that is never won only when its window has ended. So among young leads those
/// with a label are mostly winners, and the observed rate is too high. Every lead is followed from its score until now
/// and no shorter, so each win stands for all the leads that were not followed long enough to show theirs:
///
///     estimated = Σ over wins of 1 / #{leads with follow-up ≥ the time the win took}
///
/// It holds where leads of one month are won as often and as fast as those of another.
///
/// - SeeAlso: Robins and Rotnitzky 1992, inverse probability of censoring weights; Horvitz and Thompson 1952.
public struct BaseRate: Sendable, Hashable {
    /// Wins by labels, 0...1.
    public let observed: Double
    /// 0...1; equal to `observed` where nothing is censored.
    public let estimated: Double
    /// What weighting adds to the variance of the estimate's log-odds, over that of as many unweighted wins.
    public let addedVariance: Double

    /// Nil without labels.
    ///
    /// - Parameters:
    ///   - decided: every lead with a label, and how long after its score it was known.
    ///   - followUps: of every lead.
    ///   - censored: leads without a label.
    /// - Complexity: O(n log n).
    public init?(decided: [(isPositive: Bool, after: Duration)], followUps: [Duration], censored: Int) {
        guard !decided.isEmpty else { return nil }
        let wins = decided.filter(\.isPositive)
        let observed = Double(wins.count) / Double(decided.count)
        self.observed = observed
        guard censored > 0, !wins.isEmpty else {
            (estimated, addedVariance) = (observed, 0)
            return
        }
        let ascending = followUps.sorted()
        var sum = 0.0
        var squares = 0.0
        for win in wins {
            let followed = ascending.count - Self.firstIndex(of: win.after, in: ascending)
            // The lead itself was followed at least until it was won.
            let weight = 1 / Double(max(1, followed))
            sum += weight
            squares += weight * weight
        }
        // A few late wins with nobody left to compare them with can carry the sum past one.
        let rate = min(sum, 1)
        estimated = rate
        let spread = squares / (sum * sum) - 1 / Double(wins.count)
        addedVariance = rate < 1 ? max(0, spread) / ((1 - rate) * (1 - rate)) : 0
    }

    /// What the log-odds of a model that was fitted to the observed rate have to move by; nil where there is nothing to
    /// correct, or where the rate of one class is 0.
    ///
    /// - SeeAlso: King and Zeng 2001, "Logistic Regression in Rare Events Data", doi:10.1093/oxfordjournals.pan.a004868,
    ///   prior correction.
    public var shift: PriorShift? {
        guard estimated != observed, (0..<1).contains(estimated), observed < 1, estimated > 0, observed > 0 else {
            return nil
        }
        let logOdds = Statistics.logOdds(estimated) - Statistics.logOdds(observed)
        return PriorShift(logOdds: logOdds, variance: addedVariance)
    }

    /// The first position whose follow-up is not shorter.
    private static func firstIndex(of time: Duration, in ascending: [Duration]) -> Int {
        var low = 0
        var high = ascending.count
        while low < high {
            let middle = (low + high) / 2
            if ascending[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
