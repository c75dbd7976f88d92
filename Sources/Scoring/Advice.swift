import Features
import Leads

/// The words around the numbers: a summary in one breath, what stands out, what to do next. Rules, not a model; they
/// read what the score already holds.
struct Advice {
    static let maximumInsights = 4
    static let maximumQuestions = 2

    let classification: Classification
    let mlScore: Double
    let probability: Double
    let isPrior: Bool
    let needsReview: Bool
    let unqualifiedReason: String?
    let explainer: Explainer
    /// What matters most, said once and used twice.
    let leading: [(statement: String, isPositive: Bool)]

    init(
        classification: Classification, mlScore: Double, probability: Double, isPrior: Bool, needsReview: Bool,
        unqualifiedReason: String?, explainer: Explainer
    ) {
        self.classification = classification
        self.mlScore = mlScore
        self.probability = probability
        self.isPrior = isPrior
        self.needsReview = needsReview
        self.unqualifiedReason = unqualifiedReason
        self.explainer = explainer
        leading = explainer.leadingStatements(limit: 6)
    }

    var summary: String {
        var text = classification.rawValue.prefix(1).uppercased() + classification.rawValue.dropFirst()
        text += ": ranks \(Figures.plain(mlScore, decimals: 0)) of 100, with a chance of "
        text += Figures.percent(probability) + " to convert."
        if let unqualifiedReason { text += " For a person to review: \(unqualifiedReason)." }
        if let best = leading.first(where: \.isPositive) { text += " For it: \(lowercased(best.statement))." }
        if let worst = leading.first(where: { !$0.isPositive }) {
            text += " Against it: \(lowercased(worst.statement))."
        }
        if isPrior { text += " By the prior, not learned from your closings." }
        return text
    }

    var insights: [String] {
        var result = unqualifiedReason.map { ["For a person to review: \($0)"] } ?? []
        for one in leading.prefix(Self.maximumInsights) {
            result.append(one.statement + (one.isPositive ? " (raises the score)" : " (lowers the score)"))
        }
        return result
    }

    var recommendations: [String] {
        var result: [String] = []
        switch classification {
        case .hot: result.append("Call now, while they are thinking about it.")
        case .warm: result.append("Answer today, with a question that moves them on.")
        case .cold: result.append("Stay in touch at an easy pace.")
        case .unqualified: result.append("Have a person look before anything is decided.")
        }
        if classification != .unqualified { result += questions }
        if needsReview, classification != .unqualified {
            result.append("Have a person look: the score is not sure on which side of hot they stand.")
        }
        return result
    }

    /// What is not known and would be worth asking.
    private var questions: [String] {
        guard case .features(let vector) = explainer.subject else { return [] }
        var result: [String] = []
        if vector.isMissing(.timelineCategory) { result.append("Ask when they want to move.") }
        if vector.isMissing(.financingReadinessScore) {
            result.append("Ask whether a lender has approved them or they pay cash.")
        }
        if vector.isMissing(.budgetRangeCategory) { result.append("Ask for their price range.") }
        if vector.bool(.hasLocationPreference) != true { result.append("Ask which areas they have in mind.") }
        return Array(result.prefix(Self.maximumQuestions))
    }

    private func lowercased(_ statement: String) -> String {
        guard case .features = explainer.subject else { return statement }
        return statement.prefix(1).lowercased() + statement.dropFirst()
    }
}
