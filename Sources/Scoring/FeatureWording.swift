import Features

/// What a feature's value means, said to the agent who reads it. A statement is a clause without a full stop; it speaks
/// of the lead as "they" and never of a masked feature, since nobody asks for one.
enum FeatureWording {
    /// As a person would write the value; nil when missing.
    static func value(_ feature: Feature, in vector: FeatureVector) -> String? {
        switch feature.kind {
        case .categorical: return vector.category(feature)
        case .boolean: return vector.bool(feature).map { $0 ? "yes" : "no" }
        case .numerical:
            guard let number = vector.number(feature) else { return nil }
            return feature == .avgResponseTimeMinutes ? Figures.minutes(number) : Figures.plain(number)
        }
    }

    static func statement(_ feature: Feature, in vector: FeatureVector) -> String {
        if vector.isMissing(feature) { return missing(feature) }
        switch feature.kind {
        case .numerical: return number(feature, vector[feature])
        case .categorical: return category(feature, vector.category(feature) ?? "other")
        case .boolean: return flag(feature, vector.bool(feature) == true)
        }
    }

    private static func number(_ feature: Feature, _ value: Double) -> String {
        switch feature {
        case .avgResponseTimeMinutes: "They take \(Figures.minutes(value)) to answer on average"
        case .budgetSpecificityScore:
            value >= 1
                ? "They named an exact budget"
                : value >= 0.7
                    ? "They named a round budget figure"
                    : value > 0.2 ? "They gave a budget range" : "They have written, but named no budget"
        case .locationSpecificityCount:
            value >= 2
                ? "They named \(Figures.plain(value, decimals: 0)) places"
                : value >= 1 ? "They named one place" : "They named no place yet"
        case .messageLengthVariance:
            value >= 400 ? "Their messages vary like a real conversation" : "Their messages are all about as long"
        case .urgencyKeywordFrequency:
            value >= 0.3
                ? "Their words are urgent"
                : value > 0 ? "Their words press a little" : "Nothing they wrote is urgent"
        case .marketTimingAwareness:
            value >= 0.5 ? "Their timing suits the market" : "Their timing is far off or out of season"
        case .financingReadinessScore:
            value >= 1
                ? "They can pay cash"
                : value >= 0.85
                    ? "Their financing is approved"
                    : value >= 0.5 ? "Their financing is on its way" : "Their financing is not arranged yet"
        case .businessFitAlignment: "They meet \(Figures.percent(value)) of your criteria that can be judged"
        default: "\(feature.name) is \(Figures.plain(value))"
        }
    }

    private static func category(_ feature: Feature, _ word: String) -> String {
        let spoken = word.split(separator: "_").joined(separator: " ")
        switch feature {
        case .timelineCategory:
            return switch word {
            case "immediate": "They want to move now"
            case "flexible": "They have no date in mind"
            default: "They want to move within \(spoken)"
            }
        case .budgetRangeCategory:
            return word == "below_target"
                ? "Their price is below your price bands" : "Their price is in your \(spoken) band"
        case .financingStatusCategory:
            return switch word {
            case "cash": "They would pay cash"
            case "pre_approved": "A lender has approved them"
            case "needs_financing": "They still need a loan"
            default: "They know which loan they would take"
            }
        case .leadSourceType:
            return switch word {
            case "website": "They came through your website"
            case "portal": "They came through a listing portal"
            case "referral": "They were referred to you"
            case "social": "They came through social media"
            case "sms": "They wrote you a text message"
            case "phone": "They called you"
            case "open_house": "They came to an open house"
            case "crm": "They were in your CRM already"
            default: "They came by a source that is not one of the usual"
            }
        case .propertyTypePreference: return "They want \(spoken == "other" ? "an unusual kind of property" : spoken)"
        case .marketSegment: return "Their price is in the \(spoken) segment"
        case .seasonalTiming: return "It is \(spoken)"
        case .engagementPattern:
            return switch word {
            case "initial": "They have written once"
            case "exploring": "They have written two or three times"
            case "engaged": "They are in a conversation with you"
            default: "They are in a long conversation with you"
            }
        case .decisionStage:
            return switch word {
            case "exploration": "They say that they are only looking"
            case "evaluation": "They are comparing and want to see homes"
            case "negotiation": "They speak of an offer or terms"
            default: "They speak of signing"
            }
        case .priorityLevel: return "Their fit with your criteria makes them \(spoken) priority"
        default: return "\(feature.name) is \(spoken)"
        }
    }

    private static func flag(_ feature: Feature, _ isTrue: Bool) -> String {
        switch feature {
        case .hasSpecificBudget: isTrue ? "They have a budget" : "They have named no budget"
        case .hasLocationPreference: isTrue ? "They know where they want to be" : "They have named no place"
        case .isPreApproved: isTrue ? "They say they are approved or pay cash" : "They are not approved by a lender yet"
        case .meetsBusinessCriteria: isTrue ? "They meet your criteria" : "They miss one of your criteria"
        case .showsUrgencySignals: isTrue ? "They are in a hurry" : "They are in no hurry"
        case .inServiceArea: isTrue ? "They look where you work" : "They look outside your service areas"
        case .repeatInteraction: isTrue ? "They have been in touch more than once" : "This is their first contact"
        case .marketTimingOptimal:
            isTrue ? "They want to move while the market moves" : "They want to move outside the busy season"
        default: "\(feature.name) is \(isTrue ? "yes" : "no")"
        }
    }

    private static func missing(_ feature: Feature) -> String {
        switch feature {
        case .avgResponseTimeMinutes: "How fast they answer is not known yet"
        case .budgetSpecificityScore, .hasSpecificBudget, .budgetRangeCategory, .marketSegment:
            "Their budget is not known yet"
        case .locationSpecificityCount, .hasLocationPreference: "Where they want to be is not known yet"
        case .messageLengthVariance, .engagementPattern, .repeatInteraction: "There is no conversation with them yet"
        case .urgencyKeywordFrequency, .showsUrgencySignals: "How urgent it is to them is not known yet"
        case .marketTimingAwareness, .timelineCategory, .marketTimingOptimal: "When they want to move is not known yet"
        case .financingReadinessScore, .financingStatusCategory, .isPreApproved: "How they would pay is not known yet"
        case .businessFitAlignment, .meetsBusinessCriteria, .priorityLevel:
            "Whether they meet your criteria can't be judged yet"
        case .leadSourceType: "Where they came from is not recorded"
        case .propertyTypePreference: "What kind of property they want is not known yet"
        case .decisionStage: "How far they have decided is not known yet"
        case .inServiceArea: "Whether they look where you work is not known yet"
        case .seasonalTiming, .primaryLocationArea, .communicationStyle: "\(feature.name) is not known yet"
        }
    }
}
