import Features
import Leads

/// What a counterfactual says to the agent: one sentence, the steps and where they lead.
enum LeverWording {
    static func sentence(
        _ steps: [LeverStep], _ classification: Classification, mlScore: Double, probability: Double
    ) -> String {
        let conditions = steps.map(condition).joined(separator: ", and ")
        let lead = conditions.prefix(1).uppercased() + conditions.dropFirst()
        let least = steps.contains { $0.isOpen } ? "at least " : ""
        return "\(lead), they are \(classification.rawValue): score \(least)\(Figures.plain(mlScore)), "
            + "\(least)\(Figures.percent(probability)) likely to close."
    }

    /// A clause that begins in lower case.
    private static func condition(_ step: LeverStep) -> String {
        switch step.lever {
        case .financing: return "if a lender approves them in advance"
        case .timeline:
            let word = Feature.timelineCategory.vocabulary[Int(step.target)]
            let time =
                word == "immediate" ? "now" : "within \(word.split(separator: "_").joined(separator: " "))"
            return "if you ask when and they want to move \(time)"
        case .budget: return "if you ask their budget and they name one, whatever it is"
        case .exactBudget:
            return step.target >= 1
                ? "if you ask for the exact figure and they name it" : "if you ask for one figure instead of a range"
        case .viewing: return "if you offer a viewing and they want to see homes"
        case .offer: return "if you bring them to speak of an offer"
        case .conversation:
            return step.target <= 1 ? "if they answer you again" : "if the conversation goes on to four messages"
        case .place: return "if you ask where they want to be and they name a place, whichever it is"
        case .propertyType: return "if you ask what kind of property they want, whichever it is"
        }
    }

    /// The value that a step leads to, as the wire writes values of its feature; nil where it is the lead's to say.
    static func value(_ step: LeverStep) -> String? {
        guard !step.isOpen else { return nil }
        var vector = FeatureVector()
        vector[step.lever.feature] = step.target
        return FeatureWording.value(step.lever.feature, in: vector)
    }
}
