public import JSONBytes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Two models' probabilities for the same rows, which neither was trained on: is the challenger better?
///
/// The figure is the mean over rows of the difference in log loss, challenger minus champion, in nats: below 0 the
/// challenger is better. Its 90% interval comes from drawing rows with replacement, each with both models' losses, so that
/// what makes a row hard for both falls out of the comparison.
public struct GateComparison: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// The whole interval is below 0.
        case better
        /// The whole interval is above 0.
        case worse
        /// The interval holds 0, or there are too few rows to have one.
        case undecided
    }

    /// Resamples behind the interval.
    public static let resamples = 1_000
    /// Below so many rows there is no interval.
    public static let minimumRows = 20
    /// Below so many rows of either class there is none: resamples of a handful say nothing about the next ones.
    public static let minimumClassRows = 5

    public let rows: Int
    public let positives: Int
    /// Mean log loss; nil without rows.
    public let championLogLoss: Double?
    public let challengerLogLoss: Double?
    /// Challenger minus champion; nil without rows.
    public let difference: Double?
    /// 5% and 95% point of the difference; nil where the rows are too few.
    public let interval: ClosedRange<Double>?

    /// Compares two models on the rows of a slice.
    ///
    /// - Parameters:
    ///   - champion: probability of each row by the model in use.
    ///   - challenger: of the same rows in the same order.
    ///   - labels: what came true.
    ///   - seed: the same seed gives the same interval.
    /// - Precondition: as many labels as probabilities of either model; no probability is NaN.
    /// - Complexity: O(rows × ``resamples``).
    public init(champion: [Double], challenger: [Double], labels: [Bool], seed: UInt64) {
        precondition(
            champion.count == labels.count && challenger.count == labels.count, "one label a pair of probabilities")
        rows = labels.count
        positives = labels.count { $0 }
        guard !labels.isEmpty else {
            (championLogLoss, challengerLogLoss, difference, interval) = (nil, nil, nil, nil)
            return
        }
        let old = zip(champion, labels).map(Statistics.logLoss)
        let new = zip(challenger, labels).map(Statistics.logLoss)
        let differences = zip(new, old).map { $0 - $1 }
        championLogLoss = Self.mean(old)
        challengerLogLoss = Self.mean(new)
        difference = Self.mean(differences)
        let isEnough =
            rows >= Self.minimumRows && min(positives, rows - positives) >= Self.minimumClassRows
        interval = isEnough ? Self.interval(of: differences, seed: seed) : nil
    }

    /// What ``encode(to:)`` wrote; nil for anything else.
    public init?(_ element: JSONElement) {
        guard let rows = element["rows"]?.int, let positives = element["positives"]?.int, rows >= positives,
            positives >= 0
        else { return nil }
        self.rows = rows
        self.positives = positives
        championLogLoss = element["log_loss_champion"]?.double
        challengerLogLoss = element["log_loss_challenger"]?.double
        difference = element["log_loss_difference"]?.double
        interval = element["interval_90"]?.range
    }

    public var verdict: Verdict {
        guard let interval else { return .undecided }
        if interval.upperBound < 0 { return .better }
        return interval.lowerBound > 0 ? .worse : .undecided
    }

    /// `rows`, `positives`, `log_loss_champion`, `log_loss_challenger`, `log_loss_difference`, `interval_90` (null where
    /// there is none), `verdict`.
    public func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.member("rows", rows)
        json.member("positives", positives)
        json.member("log_loss_champion", championLogLoss)
        json.member("log_loss_challenger", challengerLogLoss)
        json.member("log_loss_difference", difference)
        json.member("interval_90", interval)
        json.member("verdict", verdict.rawValue)
        json.endObject()
    }

    // MARK: Figures

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func interval(of differences: [Double], seed: UInt64) -> ClosedRange<Double> {
        var generator = SplitMix64(seed: seed)
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var sum = 0.0
            for _ in differences.indices { sum += differences[generator.index(below: differences.count)] }
            means.append(sum / Double(differences.count))
        }
        means.sort()
        return means[resamples * 5 / 100]...means[resamples * 95 / 100 - 1]
    }
}
