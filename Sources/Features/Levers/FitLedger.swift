import Leads

/// How many of the agency's criteria a vector's lead was judged by and meets, so that one more answer can be added to it.
///
/// The vector holds the share only; which criteria were judged follows from what else it knows.
struct FitLedger {
    private var judged: Int
    private var met: Int
    private(set) var failsHardCriterion = false
    private let criteria: AgencyProfile.Criteria

    /// nil where share and vector do not agree, as for features that a caller made up: then nothing can be said.
    init?(_ vector: FeatureVector, _ criteria: AgencyProfile.Criteria, hasAreas: Bool) {
        self.criteria = criteria
        judged = 0
        if Self.judgesPrice(criteria), !vector.isMissing(.budgetRangeCategory) { judged += 1 }
        if hasAreas, vector.bool(.hasLocationPreference) == true, (vector.number(.locationSpecificityCount) ?? 0) >= 1 {
            judged += 1
        }
        if !criteria.timelines.isEmpty, !vector.isMissing(.timelineCategory) { judged += 1 }
        if !criteria.financing.isEmpty, !vector.isMissing(.financingStatusCategory) { judged += 1 }
        let share = vector.number(.businessFitAlignment)
        guard let share else {
            guard judged == 0 else { return nil }
            met = 0
            return
        }
        let exact = share * Double(judged)
        // Features of a caller's own making may hold any number.
        guard judged > 0, (0...1).contains(share), abs(exact - exact.rounded()) < 1e-9 else { return nil }
        met = Int(exact.rounded())
    }

    static func judgesPrice(_ criteria: AgencyProfile.Criteria) -> Bool {
        criteria.priceFrom != nil || criteria.priceTo != nil
    }

    // MARK: Answers

    mutating func answer(price: Double) {
        guard Self.judgesPrice(criteria) else { return }
        answer(.price, price >= (criteria.priceFrom ?? 0) && price <= (criteria.priceTo ?? .infinity))
    }

    mutating func answer(isInArea: Bool) { answer(.areas, isInArea) }

    /// The same criterion before and after: one is taken back, the other counted.
    mutating func replaceTimeline(_ old: String?, by new: String) {
        replace(.timelines, criteria.timelines, old, new)
    }

    mutating func replaceFinancing(_ old: String?, by new: String) {
        replace(.financing, criteria.financing, old, new)
    }

    private mutating func replace(
        _ name: AgencyProfile.Criteria.Name, _ accepted: [String], _ old: String?, _ new: String
    ) {
        guard !accepted.isEmpty else { return }
        if let old {
            judged -= 1
            if accepted.contains(old) { met -= 1 }
        }
        answer(name, accepted.contains(new))
    }

    private mutating func answer(_ name: AgencyProfile.Criteria.Name, _ isMet: Bool) {
        judged += 1
        if isMet {
            met += 1
        } else if criteria.hard.contains(name) {
            failsHardCriterion = true
        }
    }

    /// Writes what follows from the criteria: the share, whether all are met, and the priority.
    func write(to vector: inout FeatureVector) {
        guard judged > 0 else { return }
        let share = Double(met) / Double(judged)
        vector[.businessFitAlignment] = share
        vector.set(.meetsBusinessCriteria, bool: met == judged)
        let timeline = vector.isMissing(.timelineCategory) ? nil : vector[.timelineCategory]
        let isPressing = (vector.number(.urgencyKeywordFrequency) ?? 0) > 0 || timeline.map { $0 <= 3 } ?? false
        vector[.priorityLevel] = share < 0.5 ? 2 : share >= 0.75 && isPressing ? 0 : 1
    }
}
