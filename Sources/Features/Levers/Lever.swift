/// What an agent can ask a lead, or bring about: the only things that a counterfactual may speak of.
///
/// A registry like ``FeaturePolicy``: each lever names the features that it sets and those that follow from them. What a
/// person can't act on has no lever: who somebody is or stands for, where they came from, what has been, the season, how
/// fast they answer.
public enum Lever: String, CaseIterable, Sendable, Hashable {
    case financing = "get_pre_approval"
    case timeline = "ask_timeline"
    case budget = "ask_budget"
    case exactBudget = "ask_exact_budget"
    case viewing = "arrange_viewing"
    case offer = "discuss_offer"
    case conversation = "keep_talking"
    case place = "ask_location"
    case propertyType = "ask_property_type"

    /// The feature that the lever is about; where a model masks it, the lever is not offered.
    public var feature: Feature {
        switch self {
        case .financing: .financingStatusCategory
        case .timeline: .timelineCategory
        case .budget: .hasSpecificBudget
        case .exactBudget: .budgetSpecificityScore
        case .viewing, .offer: .decisionStage
        case .conversation: .engagementPattern
        case .place: .hasLocationPreference
        case .propertyType: .propertyTypePreference
        }
    }

    /// All that may change with it: a budget has a price band, a pre-approval is a readiness, and both can meet a criterion
    /// of the agency.
    public var changes: Set<Feature> {
        let fit: Set<Feature> = [.businessFitAlignment, .meetsBusinessCriteria, .priorityLevel]
        switch self {
        case .financing: return fit.union([feature, .financingReadinessScore, .isPreApproved])
        case .timeline:
            return fit.union([feature, .marketTimingAwareness, .marketTimingOptimal, .showsUrgencySignals])
        case .budget:
            return fit.union([feature, .budgetSpecificityScore, .budgetRangeCategory, .marketSegment])
        case .exactBudget, .viewing, .offer, .propertyType: return [feature]
        case .conversation: return [feature, .repeatInteraction, .messageLengthVariance]
        case .place: return fit.union([feature, .locationSpecificityCount, .inServiceArea])
        }
    }
}

/// One use of a lever: the value that its feature takes.
public struct LeverStep: Sendable, Hashable {
    public let lever: Lever
    /// Of ``Lever/feature``, as a ``FeatureVector`` holds it. NaN where it is the lead's to say, and any answer must do.
    public let target: Double

    init(_ lever: Lever, _ target: Double) {
        self.lever = lever
        self.target = target
    }

    /// Whatever they answer counts: ``FeatureExtractor/outcomes(of:on:asOf:)`` has one vector for each answer.
    public var isOpen: Bool { target.isNaN }

    public static func == (left: LeverStep, right: LeverStep) -> Bool {
        left.lever == right.lever && left.target.bitPattern == right.target.bitPattern
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(lever)
        hasher.combine(target.bitPattern)
    }
}
