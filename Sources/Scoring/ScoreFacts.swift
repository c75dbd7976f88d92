import JSONBytes
import Leads
import Learning

/// All that a score is made of, before it is one: a pure step from measured facts to the value that is stored.
struct ScoreFacts {
    let request: ScoreRequest
    let model: LoadedModel
    let input: ModelInput
    let prediction: Prediction
    let state: LeadState
    /// Median days to close of the agency's won leads of this timeline; nil below the minimum.
    let closeDays: Int?
    let now: Timestamp
    let inferenceTime: Duration
    /// The engine's own so far.
    let warnings: [String]
    let explainer: Explainer
    /// As answered: rounded before anything is decided by it, so that a shown 80 is hot.
    let mlScore: Double
    let confidence: Double

    init(
        request: ScoreRequest, model: LoadedModel, input: ModelInput, prediction: Prediction, state: LeadState,
        closeDays: Int?, now: Timestamp, inferenceTime: Duration, warnings: [String]
    ) {
        self.request = request
        self.model = model
        self.input = input
        self.prediction = prediction
        self.state = state
        self.closeDays = closeDays
        self.now = now
        self.inferenceTime = inferenceTime
        self.warnings = warnings
        explainer = Explainer(subject: input.subject, contributions: prediction.contributions, shown: model.shown)
        mlScore = Figures.score(prediction.assessment.mlScore)
        confidence = Figures.share(prediction.assessment.confidence)
    }

    /// The contributions of an earlier score by the same model, as it was stored: they were written unrounded. nil where
    /// the body holds no such thing. Of features that are not shown it says nothing, so they count as unmoved.
    func storedContributions(in body: [UInt8]) -> [Double]? {
        guard !body.isEmpty, let document = try? JSONDocument(parsing: body, limits: .request),
            let stored = document.root["shap_values"], stored.count == model.shown.count
        else { return nil }
        var values = prediction.contributions
        // In the order in which they are written.
        for (position, member) in zip(model.shown, stored.members) {
            guard member.key == model.featureNames[position], let value = member.value.double else { return nil }
            values[position] = value
        }
        return values
    }

    func classification(_ thresholds: AgencyProfile.Thresholds) -> Classification {
        if input.unqualifiedReason != nil { return .unqualified }
        return mlScore >= thresholds.hot ? .hot : mlScore >= thresholds.warm ? .warm : .cold
    }

    func score(
        profile: AgencyProfile, verdict: EscalationVerdict, change: ScoreChange?, freshness: Duration
    ) -> Score {
        let assessment = prediction.assessment
        let probability = Figures.probability(assessment.probability)
        let classification = classification(profile.thresholds)
        let commission = input.price.map { Figures.money($0 * profile.commissionRate) }
        let advice = Advice(
            classification: classification, mlScore: mlScore, probability: probability,
            isPrior: model.artifact.kind == .prior, needsReview: verdict.needsReview,
            unqualifiedReason: input.unqualifiedReason, explainer: explainer)
        return Score(
            leadID: request.leadID, requestID: request.requestID ?? Identifier.make("req_"), mlScore: mlScore,
            conversionProbability: probability,
            probabilityInterval: ProbabilityInterval(
                lower: Figures.probability(assessment.interval.lower),
                upper: Figures.probability(assessment.interval.upper)),
            confidence: confidence, confidenceLevel: ConfidenceLevel(confidence), classification: classification,
            estimatedCommission: commission,
            expectedCommission: commission.map { Figures.money($0 * probability) }, expectedCloseDays: closeDays,
            source: .mlOnly, analysisSummary: advice.summary, keyInsights: advice.insights,
            recommendations: advice.recommendations, explanations: explainer.explanations,
            shapValues: model.shown.map {
                Contribution(feature: model.featureNames[$0], value: prediction.contributions[$0])
            },
            baseValue: prediction.baseValue, margin: Double(prediction.margin), change: change, model: model.identity,
            processingTimeMilliseconds: 0, inferenceTimeMilliseconds: Figures.milliseconds(inferenceTime),
            secondOpinionTimeMilliseconds: nil,
            dataSupport: DataSupport(
                missingFeatures: input.missing, outOfRange: input.names(of: input.outOfRange),
                unseenCategories: input.names(of: input.unseen),
                largestReason: assessment.supportReason?.description),
            scoredAt: now, expiresAt: now.advanced(by: freshness), warnings: allWarnings(verdict))
    }

    private func allWarnings(_ verdict: EscalationVerdict) -> [String] {
        var all = request.warnings
        if request.escalation == .wait { all.append("second_opinion_not_configured") }
        all += warnings
        if input.price == nil {
            all.append("no_price: no budget figure is known, so there is no commission estimate")
        }
        if closeDays == nil {
            all.append(
                input.timeline == nil
                    ? "no_timeline: without a stated timeline there are no expected days to close"
                    : "close_days_unknown: too few won leads of this timeline for a median")
        }
        if !input.outOfRange.isEmpty {
            all.append("out_of_range: \(input.names(of: input.outOfRange).joined(separator: ", "))")
        }
        if verdict.isOverBudget {
            all.append("escalation_over_budget: uncertain, but the day's budget went to leads nearer to the cut")
        }
        return all
    }
}
