public import Features
import Forest
public import Leads
import Learning

/// The smallest changes of what an agent can ask or bring about that would lift a lead into the next class: see ``Lever``.
public struct Counterfactuals: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable {
        case found
        /// Nothing that can be asked or done reaches the next class, alone or in pairs.
        case noneFound = "none_found"
        case alreadyHot = "already_hot"
        /// ``reason`` says why.
        case notAvailable = "not_available"
    }

    /// One or two steps, and the least that the lead would score after them whatever it answers.
    public struct Change: Sendable, Hashable {
        public var steps: [LeverStep]
        public var mlScore: Double
        /// Calibrated, 0...1.
        public var probability: Double
        public var classification: Classification
        public var sentence: String
    }

    public var status: Status
    /// A sentence; nil where changes were found.
    public var reason: String?
    /// The class to reach; nil where there is none.
    public var target: Classification?
    /// Single steps first, then pairs of steps of which neither is enough; each list by the highest score.
    public var changes: [Change] = []
    /// How often the model was asked.
    public var evaluations = 0

    public static func notAvailable(_ reason: String) -> Counterfactuals {
        Counterfactuals(status: .notAvailable, reason: reason)
    }
}

/// The search behind ``Counterfactuals``: it scores what could be, and stops after ``maximumEvaluations``.
struct CounterfactualSearch {
    static let maximumEvaluations = 200
    static let maximumChanges = 5

    /// What the model in service says of features: `ml_score` as answered and the calibrated probability.
    typealias Judge = (FeatureVector) throws(ScoringError) -> (mlScore: Double, probability: Double)

    private let extractor: FeatureExtractor
    private let thresholds: AgencyProfile.Thresholds
    private let masked: Set<Feature>
    private let asOf: Timestamp
    private let judge: Judge
    private var evaluations = 0

    init(
        extractor: FeatureExtractor, thresholds: AgencyProfile.Thresholds, masked: Set<Feature>, asOf: Timestamp,
        judge: @escaping Judge
    ) {
        self.extractor = extractor
        self.thresholds = thresholds
        self.masked = masked
        self.asOf = asOf
        self.judge = judge
    }

    /// A step and the least score after it, reached or not.
    private struct Trial {
        var steps: [LeverStep]
        var mlScore: Double
        var probability: Double
    }

    mutating func run(_ vector: FeatureVector) throws(ScoringError) -> Counterfactuals {
        let now = try evaluate(vector)
        guard now.mlScore < thresholds.hot else {
            return Counterfactuals(status: .alreadyHot, reason: "They are hot already.", evaluations: evaluations)
        }
        let target = now.mlScore < thresholds.warm ? Classification.warm : .hot
        let bar = target == .warm ? thresholds.warm : thresholds.hot
        let steps = extractor.steps(for: vector).filter(isOffered)
        var singles: [Trial] = []
        var best: [Lever: Trial] = [:]
        for step in steps where !singles.contains(where: { $0.steps[0].lever == step.lever }) {
            guard let trial = try attempt([step], on: vector, bar: nil) else { continue }
            if trial.mlScore >= bar { singles.append(trial) }
            if trial.mlScore > best[step.lever]?.mlScore ?? -1 { best[step.lever] = trial }
        }
        var changes = singles
        // Pairs of what is not enough by itself, the most promising first.
        let rest = best.filter { lever, _ in !singles.contains { $0.steps[0].lever == lever } }
            .sorted { ($1.value.mlScore, $0.key.rawValue) < ($0.value.mlScore, $1.key.rawValue) }
            .map(\.key)
        var pairs: [Trial] = []
        for (place, first) in rest.enumerated() {
            for second in rest[(place + 1)...] where changes.count + pairs.count < Self.maximumChanges {
                if let pair = try smallestPair(first, second, steps, vector, bar) { pairs.append(pair) }
            }
        }
        changes = Self.byScore(singles) + Self.byScore(pairs)
        guard !changes.isEmpty else {
            return Counterfactuals(
                status: .noneFound,
                reason: "Nothing that you can ask or do makes them \(target.rawValue), alone or in pairs.",
                target: target,
                evaluations: evaluations)
        }
        return Counterfactuals(
            status: .found, target: target,
            changes: changes.prefix(Self.maximumChanges).map { change($0) }, evaluations: evaluations)
    }

    // MARK: Trials

    /// The first pair that is enough, in steps of the two levers from small to large.
    private mutating func smallestPair(
        _ first: Lever, _ second: Lever, _ steps: [LeverStep], _ vector: FeatureVector, _ bar: Double
    ) throws(ScoringError) -> Trial? {
        let (ones, others) = (steps.filter { $0.lever == first }, steps.filter { $0.lever == second })
        let pairs = ones.enumerated().flatMap { one in
            others.enumerated().map { (size: one.offset + $0.offset, steps: [one.element, $0.element]) }
        }
        for pair in pairs.sorted(by: { $0.size < $1.size }) {
            if let trial = try attempt(pair.steps, on: vector, bar: bar), trial.mlScore >= bar { return trial }
        }
        return nil
    }

    /// The least score over all answers to the steps; nil where a step can't be taken or the search has had its share.
    /// With a `bar` it gives up at the first answer that stays below.
    private mutating func attempt(
        _ steps: [LeverStep], on vector: FeatureVector, bar: Double?
    ) throws(ScoringError) -> Trial? {
        var outcomes = [vector]
        for step in steps {
            var next: [FeatureVector] = []
            for outcome in outcomes {
                let answers = extractor.outcomes(of: step, on: outcome, asOf: asOf)
                guard !answers.isEmpty else { return nil }
                next += answers
            }
            outcomes = next
        }
        guard evaluations + outcomes.count <= Self.maximumEvaluations else { return nil }
        var least: Trial?
        for outcome in outcomes {
            let (mlScore, probability) = try evaluate(outcome)
            if mlScore < least?.mlScore ?? .infinity {
                least = Trial(steps: steps, mlScore: mlScore, probability: probability)
            }
            if let bar, mlScore < bar { break }
        }
        return least
    }

    private mutating func evaluate(
        _ vector: FeatureVector
    ) throws(ScoringError) -> (mlScore: Double, probability: Double) {
        evaluations += 1
        return try judge(vector)
    }

    /// Never a feature that the model may not see, nor a place whose name it would see.
    private func isOffered(_ step: LeverStep) -> Bool {
        guard FeaturePolicy.standard.verdict(for: step.lever.feature) == .allowed else { return false }
        if step.lever == .place, !masked.contains(.primaryLocationArea) { return false }
        return !masked.contains(step.lever.feature)
    }

    private static func byScore(_ trials: [Trial]) -> [Trial] {
        trials.enumerated().sorted { left, right in
            (right.element.mlScore, left.offset) < (left.element.mlScore, right.offset)
        }.map(\.element)
    }

    private func change(_ trial: Trial) -> Counterfactuals.Change {
        let classification = trial.mlScore >= thresholds.hot ? Classification.hot : .warm
        return Counterfactuals.Change(
            steps: trial.steps, mlScore: trial.mlScore, probability: trial.probability, classification: classification,
            sentence: LeverWording.sentence(
                trial.steps, classification, mlScore: trial.mlScore, probability: trial.probability))
    }
}

extension ScoringEngine {
    /// What would lift a lead with these stored features into the next class, by the tenant's model in service: about two
    /// microseconds for each of at most 200 evaluations.
    ///
    /// `classification` is the stored one: an unqualified lead has no next class. `asOf` is when the features were taken.
    ///
    /// - Throws: ``ScoringError/inference(_:)``.
    public func counterfactuals(
        features vector: FeatureVector?, classification: Classification, tenant: Tenant, asOf: Timestamp
    ) throws(ScoringError) -> Counterfactuals {
        let model = champion(of: tenant)
        guard case .leadFeatures(let plan) = model.artifact.schema else {
            return .notAvailable(
                "The model in use reads the team's own columns, and which of them can be changed nobody has told it.")
        }
        guard let vector else { return .notAvailable("The features behind this score are not stored.") }
        guard classification != .unqualified else {
            return .notAvailable("Unqualified leads are for a person to judge, not for a better score.")
        }
        var search = CounterfactualSearch(
            extractor: extractor, thresholds: profile.thresholds, masked: plan.masked, asOf: asOf
        ) { (vector: FeatureVector) throws(ScoringError) in
            let assessment = try model.assessment(of: ModelInput(vector: vector, plan: plan))
            return (Figures.score(assessment.mlScore), Figures.probability(assessment.probability))
        }
        return try search.run(vector)
    }
}
