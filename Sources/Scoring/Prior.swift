import Features
import Forest
public import Leads
public import Learning

/// The scorecard that serves a team before it has closings of its own: additive, monotone where the direction is plain,
/// and said to be a prior wherever it shows. Its weights and their reasons stand in ``weights``.
///
/// It is a forest like any other, one stump a line: the condition's side adds the weight, the other side adds 0, and a
/// missing value stands on the side that adds 0. A first tree of a single leaf is the base rate, so that no rounding of
/// `base_score` gets in. All values are multiples of ``unit``: margins are exact, whatever the order of the sum.
public enum Prior {
    /// All weights are whole multiples of it.
    public static let unit: Float = 1 / 32
    /// What the model is called wherever it shows.
    public static let name = "prior"
    /// The sentence that goes with it.
    public static let disclaimer = "prior, not learned"

    /// The prior as a model artifact.
    ///
    /// The profile's hot threshold fixes the hot cut; nothing else of it changes the prior. Throws only if the table
    /// breaks a rule of the forest's format; a test holds that it does not.
    public static func artifact(profile: AgencyProfile) throws(ArtifactError) -> ModelArtifact {
        let population = PriorPopulation.committed
        let margins = population.margins
        guard let reference = ReferenceQuantiles(points: margins.points, counts: margins.counts) else {
            throw ArtifactError(.invalidManifest, "the prior's reference does not ascend")
        }
        let parts = ModelArtifact.Parts(
            kind: .prior, schema: .leadFeatures(.standard),
            assumed: AssumedUncertainty(missingVariances: Feature.allCases.map(population.weightVariance)),
            reference: reference, hotCutLogOdds: reference.margin(atScore: profile.thresholds.hot),
            support: Feature.allCases.map(population.support),
            distributions: population.distributions.compactMap(\.self), card: card,
            priorWeight: 1)
        return try ModelArtifact(forest: forest(population), parts: parts)
    }

    static func forest(_ population: PriorPopulation) throws(ArtifactError) -> Forest {
        let leads = Float(PriorPopulation.leads)
        var trees = [Tree.leaf(baseLogOdds, cover: leads)]
        for (line, weight) in weights.enumerated() {
            // Half a lead on either side: a condition that nobody of the population meets still has a cover.
            let met = Float(population.conditionCounts[line]) + 0.5
            trees.append(stump(weight, met: met, others: leads + 1 - met))
        }
        do {
            return try Forest(
                trees: trees, featureNames: Feature.allCases.map(\.name),
                featureTypes: Feature.allCases.map { $0.kind == .categorical ? "c" : "q" }, baseMargin: 0,
                objective: .binaryLogistic)
        } catch {
            throw ArtifactError(.invalidForest, "the prior's table makes no forest: \(error)")
        }
    }

    /// One line of the table as a tree; missing goes to the side that adds nothing.
    private static func stump(_ weight: PriorWeight, met: Float, others: Float) -> Tree {
        let feature = weight.feature.rawValue
        func right(from threshold: Float) -> Tree {
            .stump(
                feature: feature, threshold: threshold, defaultLeft: true, left: 0, right: weight.logOdds,
                leftCover: others, rightCover: met)
        }
        func left(below threshold: Float) -> Tree {
            .stump(
                feature: feature, threshold: threshold, defaultLeft: false, left: weight.logOdds, right: 0,
                leftCover: met, rightCover: others)
        }
        switch weight.condition {
        case .atLeast(let bound): return right(from: Float(bound))
        case .below(let bound): return left(below: Float(bound))
        case .isTrue: return right(from: 0.5)
        case .isFalse: return left(below: 0.5)
        case .oneOf(let words):
            let codes = weight.feature.vocabulary.indices.filter { words.contains(weight.feature.vocabulary[$0]) }
            return .categoricalStump(
                feature: feature, rightCategories: codes.map(Int32.init), defaultLeft: true, left: 0,
                right: weight.logOdds, leftCover: others, rightCover: met)
        }
    }

    private static var card: ModelCard {
        var card = ModelCard(name: name)
        card.rows = 0
        card.positives = 0
        card.leftOut = unweighted.map { ModelCard.LeftOut(column: $0.feature.name, reason: $0.reason) }
        card.notes = [
            "A prior, not learned: a table of judged weights, one reason each. No conversion was looked at.",
            "Its ranks refer to \(PriorPopulation.leads) simulated leads, seed \(PriorPopulation.seed), not to yours.",
        ]
        for assumption in assumptions {
            card.notes.append(
                "Assumed standard deviation of the \(assumption.name), in log-odds: "
                    + "\(assumption.standardDeviation); \(assumption.reason).")
        }
        return card
    }
}
