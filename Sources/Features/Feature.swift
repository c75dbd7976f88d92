/// How a feature's `Double` is to be read.
public enum FeatureKind: Sendable, Hashable {
    /// Any finite number.
    case numerical
    /// An index into ``Feature/vocabulary``.
    case categorical
    /// 0 or 1.
    case boolean
}

/// The 28 features of the schema `features/1`, in its order; the raw value is the position.
///
/// Names, order and vocabularies are a versioned schema: they may never change under the same version, because stored
/// vectors hold positions. What each one means, where it comes from and when it is missing stands in the comment.
public enum Feature: Int, CaseIterable, Sendable, Hashable {
    /// Mean minutes from our last message to the lead's next reply; else `response_time_hours` × 60. At least 0.
    case avgResponseTimeMinutes
    /// 0 no budget in what they wrote, 0.4 a range, a bound or an approval, 0.7 a round figure, 1 an exact one; words, else
    /// `budget_range`. Missing without words.
    case budgetSpecificityScore
    /// Distinct places named in words, else in `location_preference`. Missing without either.
    case locationSpecificityCount
    /// Population variance of the inbound messages' lengths after masking, characters² of words and figures; `message_length`
    /// stands in for an absent `message`. Missing below two messages.
    case messageLengthVariance
    /// Weighted urgency words per sentence, 0...1. Missing without words.
    case urgencyKeywordFrequency
    /// 0...1: half for how near the stated timeline ends, half for the season it ends in. Missing without a timeline.
    case marketTimingAwareness
    /// 0...1: cash 1, approved 0.85, loan under way 0.6, kind of loan named 0.5, needs financing 0.2. Missing unsaid.
    case financingReadinessScore
    /// Share of the profile's criteria met, of those that could be judged. Missing when none could.
    case businessFitAlignment
    /// When they want it: words, else `timeline_urgency`. Missing unsaid.
    case timelineCategory
    /// The price among the profile's price bands. Missing without a price; a rent is none.
    case budgetRangeCategory
    /// `area_N`: the profile's N-th service area, the first that was named; `other`: a place outside all. A proxy, masked.
    case primaryLocationArea
    /// Newest statement wins; the strongest in one message. Missing unsaid.
    case financingStatusCategory
    /// Tone of the words. A proxy for language and grammar, masked by default. Missing without words.
    case communicationStyle
    /// `source`, else the channel of the first message, else `referral_source` (a referral). Missing when none is given.
    case leadSourceType
    /// Words, else `property_type`. Missing unsaid.
    case propertyTypePreference
    /// The price among the profile's segments. Missing without a price.
    case marketSegment
    /// Season at `asOf` (UTC months, the profile's hemisphere). Never missing.
    case seasonalTiming
    /// Inbound messages: 1, 2-3, 4-6, 7 and more; `previous_interactions` adds where the conversation is not given.
    case engagementPattern
    /// The furthest stage that the newest telling message speaks of. Missing when none does.
    case decisionStage
    /// `high` from a fit of 0.75 with urgency or a near timeline, `low` below 0.5. Missing without a fit.
    case priorityLevel
    /// A price was given, a rent is none; else `price_mentioned`. Missing without words and without that.
    case hasSpecificBudget
    /// A place was named; else `location_mentioned`. Missing without words.
    case hasLocationPreference
    /// Claims approval or cash (true), denies it or needs financing (false). Missing unsaid.
    case isPreApproved
    /// All of the profile's criteria that could be judged are met. Missing when none could.
    case meetsBusinessCriteria
    /// Urgency in words or a timeline of at most a month. Missing without words and without a timeline.
    case showsUrgencySignals
    /// A named place is one of the profile's service areas. Missing without places or without areas in the profile.
    case inServiceArea
    /// More than one contact. Missing when the lead gave no words and no `previous_interactions`.
    case repeatInteraction
    /// The stated timeline ends within six months in spring or summer. Missing without a timeline.
    case marketTimingOptimal

    /// The name on the wire and in models.
    public var name: String { Feature.names[rawValue] }

    /// How the value is to be read.
    public var kind: FeatureKind {
        switch rawValue {
        case 0..<8: .numerical
        case 8..<20: .categorical
        default: .boolean
        }
    }

    /// The closed list of categories, in schema order; empty unless categorical.
    public var vocabulary: [String] { Feature.vocabularies[rawValue] }

    /// The feature of that wire name.
    public init?(name: String) {
        guard let index = Feature.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: index)
    }

    /// Whether a vector may hold `value` here. NaN (missing) may always stand.
    public func accepts(_ value: Double) -> Bool {
        if value.isNaN { return true }
        switch kind {
        case .numerical: return value.isFinite
        case .categorical: return value >= 0 && value < Double(vocabulary.count) && value.rounded() == value
        case .boolean: return value == 0 || value == 1
        }
    }

    /// Service areas of the profile that have a category of their own in `primary_location_area`.
    public static let maximumServiceAreas = 32

    private static let names = [
        "avg_response_time_minutes", "budget_specificity_score", "location_specificity_count",
        "message_length_variance", "urgency_keyword_frequency", "market_timing_awareness",
        "financing_readiness_score", "business_fit_alignment", "timeline_category", "budget_range_category",
        "primary_location_area", "financing_status_category", "communication_style", "lead_source_type",
        "property_type_preference", "market_segment", "seasonal_timing", "engagement_pattern", "decision_stage",
        "priority_level", "has_specific_budget", "has_location_preference", "is_pre_approved",
        "meets_business_criteria", "shows_urgency_signals", "in_service_area", "repeat_interaction",
        "market_timing_optimal",
    ]

    private static let vocabularies: [[String]] = {
        var lists = [[String]](repeating: [], count: allCases.count)
        func set(_ feature: Feature, _ words: String) {
            lists[feature.rawValue] = words.split(separator: " ").map(String.init)
        }
        set(.timelineCategory, "immediate 1_month 2_months 3_months 6_months 1_year flexible")
        set(.budgetRangeCategory, "below_target entry_level mid_range upper_mid luxury")
        set(.financingStatusCategory, "cash pre_approved conventional fha va jumbo needs_financing")
        set(.communicationStyle, "formal neutral casual")
        set(.leadSourceType, "website portal referral social sms phone open_house crm other")
        set(.propertyTypePreference, "single_family condo townhouse multi_family land commercial other")
        set(.marketSegment, "entry move_up luxury ultra_luxury")
        set(.seasonalTiming, "spring summer fall winter")
        set(.engagementPattern, "initial exploring engaged highly_engaged")
        set(.decisionStage, "exploration evaluation negotiation commitment")
        set(.priorityLevel, "high normal low")
        lists[Feature.primaryLocationArea.rawValue] = ["other"] + (1...maximumServiceAreas).map { "area_\($0)" }
        return lists
    }()
}
