import Features
public import Leads

/// Makes training rows of stored scores that come in any order: one row a lead.
///
/// Of a lead's scores one is drawn, by lead and moment alone (``LabelCandidate/ticket``), before anything is known of its
/// label: so a lead that writes often weighs no more than another, the moments are the mix that serving meets, and
/// whether a lead was won says nothing about which of its scores is looked at. Memory grows with the leads, about 400
/// bytes each, up to ``maximumLeads``.
public struct LabelCollector: Sendable {
    /// More than this many leads are refused.
    public static let maximumLeads = 2_000_000

    /// More leads than can be held.
    public struct TooManyLeads: Error, Sendable, Hashable, CustomStringConvertible {
        public var description: String {
            "the tenant has more than \(LabelCollector.maximumLeads) leads, more than are learned from at once"
        }
    }

    private struct Drawn {
        var ticket: UInt64
        var scoredAt: Timestamp
        var features: FeatureVector
        var model: String
        var probability: Double
        var label: LabelWindow.Label
    }

    public let window: LabelWindow
    /// The moment at which the labels are looked at.
    public let asOf: Timestamp
    private var drawn: [UInt64: Drawn] = [:]
    private var counts = LabelCounts()

    public init(window: LabelWindow, asOf: Timestamp) {
        self.window = window
        self.asOf = asOf
    }

    /// Takes a score; one made after `asOf` is passed over.
    public mutating func add(_ candidate: LabelCandidate) throws(TooManyLeads) {
        guard candidate.scoredAt <= asOf else { return }
        counts.scores += 1
        guard let features = candidate.features else {
            counts.scoresWithoutFeatures += 1
            return
        }
        let label = window.label(of: candidate, asOf: asOf)
        guard label != .resolved else {
            counts.resolvedScores += 1
            return
        }
        let next = Drawn(
            ticket: candidate.ticket, scoredAt: candidate.scoredAt, features: features,
            model: candidate.modelSHA256, probability: candidate.probability, label: label)
        guard let standing = drawn[candidate.leadKey] else {
            guard drawn.count < Self.maximumLeads else { throw TooManyLeads() }
            drawn[candidate.leadKey] = next
            return
        }
        // Two scores of one millisecond hold one ticket: the smaller bytes win, so that the order of coming is nothing.
        let isDrawn =
            next.ticket == standing.ticket
            ? next.features.bytes.lexicographicallyPrecedes(standing.features.bytes) : next.ticket < standing.ticket
        if isDrawn { drawn[candidate.leadKey] = next }
    }

    /// The rows by moment, and everything counted.
    public func cohort() -> LabelledCohort {
        var counts = counts
        counts.leads = drawn.count
        var rows: [LabelledCohort.Row] = []
        var followUps: [Duration] = []
        for (key, one) in drawn {
            followUps.append(asOf.duration(since: one.scoredAt))
            let decidedAfter: Duration
            var isPositive = false
            switch one.label {
            case .won(let after):
                counts.won += 1
                isPositive = true
                decidedAfter = after
            case .lost(let after):
                counts.lost += 1
                decidedAfter = after
            case .expired:
                counts.expired += 1
                decidedAfter = window.length
            case .censored, .resolved:
                counts.censored += 1
                continue
            }
            rows.append(
                LabelledCohort.Row(
                    leadKey: key, scoredAt: one.scoredAt, features: one.features, isPositive: isPositive,
                    modelSHA256: one.model, probability: one.probability,
                    decidedAfter: decidedAfter, windowHasEnded: asOf >= one.scoredAt.advanced(by: window.length)))
        }
        rows.sort { ($0.scoredAt, $0.leadKey) < ($1.scoredAt, $1.leadKey) }
        return LabelledCohort(rows: rows, counts: counts, followUps: followUps, window: window, asOf: asOf)
    }
}
