import Leads

/// Turns SHAP values into what a person reads. Contributions are in log-odds; which are shown is decided by the model
/// (never a masked feature).
struct Explainer {
    /// Explanations in one answer; `shap_values` holds the rest.
    static let maximumExplanations = 10
    /// Below this a contribution moves nothing that anyone would notice.
    static let negligible = 0.005

    let subject: ScoreSubject
    let contributions: [Double]
    /// Positions that may be shown, largest absolute contribution first.
    let ranked: [Int]
    private let totalMagnitude: Double

    init(subject: ScoreSubject, contributions: [Double], shown: [Int]) {
        self.subject = subject
        self.contributions = contributions
        totalMagnitude = shown.reduce(0) { $0 + abs(contributions[$1]) }
        ranked = shown.sorted { left, right in
            let (a, b) = (abs(contributions[left]), abs(contributions[right]))
            return a > b || (a == b && left < right)
        }
    }

    var explanations: [FeatureExplanation] {
        var result: [FeatureExplanation] = []
        result.reserveCapacity(Self.maximumExplanations)
        for position in ranked.prefix(Self.maximumExplanations) where abs(contributions[position]) >= Self.negligible {
            let value = contributions[position]
            result.append(
                FeatureExplanation(
                    featureName: subject.name(position), featureValue: subject.value(position),
                    importance: totalMagnitude > 0 ? Figures.share(abs(value) / totalMagnitude) : 0,
                    direction: value > 0 ? .positive : .negative,
                    sentence: subject.statement(position)
                        + (value > 0 ? ", which raises the score." : ", which lowers the score.")))
        }
        return result
    }

    /// What matters most, each statement once: at most `limit` clauses with their direction.
    func leadingStatements(limit: Int, atLeast magnitude: Double = 0.05) -> [(statement: String, isPositive: Bool)] {
        var result: [(statement: String, isPositive: Bool)] = []
        for position in ranked where abs(contributions[position]) >= magnitude {
            let statement = subject.statement(position)
            guard !result.contains(where: { $0.statement == statement }) else { continue }
            result.append((statement, contributions[position] > 0))
            if result.count == limit { break }
        }
        return result
    }

    /// Why the score moved since `previous`, by the same model's contributions then and now: at most three sentences, the
    /// largest move first.
    func reasons(since previous: [Double]) -> [String] {
        let moves: [(position: Int, by: Double)] = ranked.map { ($0, contributions[$0] - previous[$0]) }
        let moved = moves.filter { abs($0.by) >= Self.negligible }
            .sorted { left, right in
                let (a, b) = (abs(left.by), abs(right.by))
                return a > b || (a == b && left.position < right.position)
            }
        var sentences: [String] = []
        for move in moved {
            let way = move.by > 0 ? "up" : "down"
            let sentence = "\(subject.statement(move.position)), which moved the score \(way)."
            if !sentences.contains(sentence) { sentences.append(sentence) }
            if sentences.count == 3 { break }
        }
        return sentences
    }
}
