import Leads

/// How a lead stands to the profile's own criteria.
struct Fit: Sendable {
    var judged = 0
    var met = 0
    /// Why a hard criterion fails; nil when none does.
    var hardFailure: String?

    /// Share met of those that could be judged; nil when none could.
    var share: Double? { judged == 0 ? nil : Double(met) / Double(judged) }
}

extension FeatureExtractor {
    /// Judges each criterion that is set and for which the lead has said enough.
    func fit(price: Double?, timeline: Int?, financing: Int?, places: [FoundPlace]) -> Fit {
        var fit = Fit()
        let criteria = profile.criteria
        func judge(_ name: AgencyProfile.Criteria.Name, _ isMet: Bool, _ reason: String) {
            fit.judged += 1
            if isMet {
                fit.met += 1
            } else if criteria.hard.contains(name), fit.hardFailure == nil {
                fit.hardFailure = reason
            }
        }
        if criteria.priceFrom != nil || criteria.priceTo != nil, let price {
            judge(
                .price, price >= (criteria.priceFrom ?? 0) && price <= (criteria.priceTo ?? .infinity),
                "the price lies outside the agency's range")
        }
        if !criteriaAreas.isEmpty, !places.isEmpty {
            judge(
                .areas, places.contains { $0.area.map(criteriaAreas.contains) ?? false },
                "the places named lie outside the agency's areas")
        }
        if !criteria.timelines.isEmpty, let timeline {
            judge(
                .timelines, criteria.timelines.contains(Feature.timelineCategory.vocabulary[timeline]),
                "the time stated is not one that the agency serves")
        }
        if !criteria.financing.isEmpty, let financing {
            judge(
                .financing, criteria.financing.contains(Feature.financingStatusCategory.vocabulary[financing]),
                "the financing stated is not one that the agency takes")
        }
        return fit
    }
}
