public import Features
import Learning

/// One line of the prior: what has to be true of a lead, and by how much it moves the log-odds.
public struct PriorWeight: Sendable, Hashable {
    /// A missing value never meets a condition, so it changes nothing.
    public enum Condition: Sendable, Hashable {
        case atLeast(Double)
        case below(Double)
        /// Categories of the feature's vocabulary.
        case oneOf([String])
        case isTrue
        case isFalse
    }

    public var feature: Feature
    public var condition: Condition
    /// A whole multiple of ``Prior/unit``: sums of them are exact in `Float`, in any order.
    public var logOdds: Float
    public var reason: String
}

/// The prior's weights: our judgement, written down where it can be argued with. Nothing here was learned from data.
///
/// A weight is the change in log-odds of a conversion against a lead that says nothing about the matter: 0.25 is about a
/// quarter more conversions among rare ones, 0.7 about twice as many. Where the direction is plain the lines of a feature
/// all push one way (a later line of `atLeast` adds to the earlier ones), so more readiness never lowers a score.
extension Prior {
    /// What is assumed about the prior's error, in log-odds; nothing of it was measured.
    public static let assumptions: [(name: String, standardDeviation: Double, reason: String)] = [
        (
            "weights", AssumedUncertainty.baseStandardDeviation,
            "of a whole score, even when nothing is missing; the variance of each missing feature's weight comes on top"
        ),
        (
            "base rate", AssumedUncertainty.baseRateStandardDeviation,
            "two teams differ by a factor of two; it widens the probability's interval, never the ranking"
        ),
    ]
    /// Log-odds of a lead of which nothing at all is known: about 1 in 130 converts, so that of the simulated population
    /// about 1 in 20 does. A guess of the order of magnitude for internet leads; the first own outcomes correct it.
    public static let baseLogOdds: Float = -4.875

    /// Every weight of the prior.
    public static let weights: [PriorWeight] = [
        line(.avgResponseTimeMinutes, .below(10), 0.25, "they answer while the talk is warm"),
        line(.avgResponseTimeMinutes, .below(60), 0.25, "they answer within the hour"),
        line(.avgResponseTimeMinutes, .atLeast(1_440), -0.34375, "a day or more between their answers"),
        line(.avgResponseTimeMinutes, .atLeast(4_320), -0.28125, "three days or more between their answers"),

        line(.budgetSpecificityScore, .below(0.2), -0.125, "they wrote, and named no budget"),
        line(.budgetSpecificityScore, .atLeast(0.4), 0.15625, "a range or a bound has been thought about"),
        line(.budgetSpecificityScore, .atLeast(0.7), 0.125, "a figure more than a range"),
        line(.budgetSpecificityScore, .atLeast(1), 0.09375, "an exact figure has been worked out"),

        line(.locationSpecificityCount, .atLeast(1), 0.125, "a place named is a search begun"),
        line(.locationSpecificityCount, .atLeast(2), 0.0625, "several places compared"),

        line(.messageLengthVariance, .atLeast(400), 0.0625, "short and long messages: a real conversation"),
        line(.messageLengthVariance, .atLeast(4_000), 0.03125, "the same, more so"),

        line(.urgencyKeywordFrequency, .atLeast(0.1), 0.1875, "they press"),
        line(.urgencyKeywordFrequency, .atLeast(0.3), 0.15625, "they press hard"),

        line(.marketTimingAwareness, .atLeast(0.5), 0.09375, "a timeline that fits the market"),
        line(.marketTimingAwareness, .atLeast(0.75), 0.0625, "near, and in season"),

        line(.financingReadinessScore, .below(0.3), -0.21875, "the money is still to be found"),
        line(.financingReadinessScore, .atLeast(0.5), 0.21875, "the kind of loan is known"),
        line(.financingReadinessScore, .atLeast(0.6), 0.15625, "a loan is under way"),
        line(.financingReadinessScore, .atLeast(0.85), 0.375, "approval is the step most leads never take"),
        line(.financingReadinessScore, .atLeast(1), 0.15625, "cash: nobody else has to agree"),

        line(.businessFitAlignment, .below(0.25), -0.25, "hardly any of the agency's criteria met"),
        line(.businessFitAlignment, .atLeast(0.5), 0.09375, "half of the criteria met"),
        line(.businessFitAlignment, .atLeast(0.75), 0.15625, "most of the criteria met"),
        line(.businessFitAlignment, .atLeast(1), 0.09375, "all that could be judged met"),

        line(.timelineCategory, .oneOf(["immediate"]), 0.71875, "now"),
        line(.timelineCategory, .oneOf(["1_month"]), 0.59375, "within a month"),
        line(.timelineCategory, .oneOf(["2_months"]), 0.46875, "within two months"),
        line(.timelineCategory, .oneOf(["3_months"]), 0.34375, "within three months"),
        line(.timelineCategory, .oneOf(["6_months"]), 0.03125, "half a year off: much can change"),
        line(.timelineCategory, .oneOf(["1_year"]), -0.40625, "a year off"),
        line(.timelineCategory, .oneOf(["flexible"]), -0.46875, "no date at all"),

        line(.budgetRangeCategory, .oneOf(["below_target"]), -0.28125, "below what the agency sells"),
        line(.budgetRangeCategory, .oneOf(["mid_range", "upper_mid"]), 0.09375, "the middle of the agency's market"),

        line(.leadSourceType, .oneOf(["referral"]), 0.65625, "somebody vouched for the agency"),
        line(.leadSourceType, .oneOf(["phone"]), 0.3125, "a call costs more effort than a form"),
        line(.leadSourceType, .oneOf(["open_house"]), 0.21875, "came in person"),
        line(.leadSourceType, .oneOf(["website", "sms"]), 0.09375, "came to us by themselves"),
        line(.leadSourceType, .oneOf(["portal"]), -0.1875, "one form sent to many agencies"),
        line(.leadSourceType, .oneOf(["social"]), -0.375, "a click on an advertisement"),

        line(.propertyTypePreference, .oneOf(["land", "commercial"]), -0.15625, "slower and rarer deals than homes"),

        line(.seasonalTiming, .oneOf(["spring"]), 0.0625, "the market moves in spring"),
        line(.seasonalTiming, .oneOf(["winter"]), -0.0625, "the market rests in winter"),

        line(.engagementPattern, .oneOf(["initial"]), -0.15625, "one message so far"),
        line(.engagementPattern, .oneOf(["exploring"]), 0.125, "they came back"),
        line(.engagementPattern, .oneOf(["engaged"]), 0.375, "a conversation"),
        line(.engagementPattern, .oneOf(["highly_engaged"]), 0.53125, "a long conversation"),

        line(.decisionStage, .oneOf(["exploration"]), -0.28125, "they say that they only look"),
        line(.decisionStage, .oneOf(["evaluation"]), 0.25, "they compare and want to see homes"),
        line(.decisionStage, .oneOf(["negotiation"]), 0.65625, "they speak of an offer or terms"),
        line(.decisionStage, .oneOf(["commitment"]), 0.90625, "they speak of signing"),

        line(.priorityLevel, .oneOf(["high"]), 0.1875, "fits the agency's criteria and is near"),
        line(.priorityLevel, .oneOf(["low"]), -0.1875, "fits few of the agency's criteria"),

        line(.hasSpecificBudget, .isTrue, 0.1875, "a budget is known"),
        line(.hasSpecificBudget, .isFalse, -0.125, "they wrote, and no budget is known"),
        line(.hasLocationPreference, .isTrue, 0.125, "they know where"),
        line(.hasLocationPreference, .isFalse, -0.0625, "they wrote, and no place is known"),
        line(.isPreApproved, .isTrue, 0.40625, "a lender has agreed, or there is cash"),
        line(.isPreApproved, .isFalse, -0.1875, "they say that approval is missing"),
        line(.meetsBusinessCriteria, .isTrue, 0.15625, "what the agency is made for"),
        line(.meetsBusinessCriteria, .isFalse, -0.1875, "outside what the agency is made for"),
        line(.showsUrgencySignals, .isTrue, 0.25, "they say that it is urgent"),
        line(.inServiceArea, .isTrue, 0.25, "where the agency works"),
        line(.inServiceArea, .isFalse, -0.375, "where the agency does not work"),
        line(.repeatInteraction, .isTrue, 0.28125, "more than one contact"),
        line(.marketTimingOptimal, .isTrue, 0.09375, "wants to move when the market moves"),
    ]

    /// The features that have no weight, and why.
    public static let unweighted: [(feature: Feature, reason: String)] = [
        (.primaryLocationArea, "masked: where someone wants to live stands for who they are"),
        (.communicationStyle, "masked: tone and grammar stand for origin and language"),
        (.financingStatusCategory, "readiness says it; the kind of loan (FHA, VA) must not rank people"),
        (.marketSegment, "the price band says it"),
    ]

    private static func line(
        _ feature: Feature, _ condition: PriorWeight.Condition, _ logOdds: Float, _ reason: String
    ) -> PriorWeight {
        PriorWeight(feature: feature, condition: condition, logOdds: logOdds, reason: reason)
    }
}
