import Features
import Forest
import Leads
import Learning

/// One score from row to commit.
extension ScoringEngine {
    /// What one lead's computation adds to a commit.
    struct Draft: Sendable {
        var record: ScoreRecord
        var events: [NewEvent]
        var isEscalated: Bool
    }

    func compute(
        _ request: ScoreRequest, _ model: LoadedModel, _ key: CacheKey, _ start: ContinuousClock.Instant,
        warnings: [String]
    ) async throws(ScoringError) -> ScoreAnswer {
        inFlight.enter(leadID: request.leadID, tenant: request.tenant)
        do throws(ScoringError) {
            let state = try await stored { () async throws(StoreError) in
                try await store.state(of: request.leadID, tenant: request.tenant)
            }
            guard !state.optedOut else { throw ScoringError.optedOut }
            let now = clock.now
            let input = try prepare(request, model, now)
            let begin = ContinuousClock.now
            let prediction = try predict(input, model)
            let end = ContinuousClock.now
            recorder.record(.inference, end - begin, at: end)
            let days = try await stored { () async throws(StoreError) in
                try await closeDays.median(timeline: input.timeline, tenant: request.tenant, at: now)
            }
            let facts = ScoreFacts(
                request: request, model: model, input: input, prediction: prediction, state: state, closeDays: days,
                now: now, inferenceTime: end - begin, warnings: warnings)
            let draft = try draft(facts, escalate(facts), start)
            let body = answerBody(draft.record, request)
            var commit = Commit(scores: [draft.record], events: draft.events)
            if let kept = kept(body, of: draft.record, for: request, at: now) { commit.idempotency = [kept] }
            try await self.commit(commit)
            recorder.countScored(1, escalated: draft.isEscalated ? 1 : 0)
            await keep([(key, draft.record)])
            return ScoreAnswer(record: draft.record, cacheHit: false, replayed: false, body: body)
        } catch {
            _ = inFlight.leave(leadID: request.leadID, tenant: request.tenant)
            throw error
        }
    }

    // MARK: Steps that single and batch share

    func prepare(
        _ request: ScoreRequest, _ model: LoadedModel, _ now: Timestamp
    ) throws(ScoringError) -> ModelInput {
        let begin = ContinuousClock.now
        let input = try ModelInput(request, model: model, extractor: extractor, asOf: now)
        let end = ContinuousClock.now
        recorder.record(.features, end - begin, at: end)
        return input
    }

    func predict(_ input: ModelInput, _ model: LoadedModel) throws(ScoringError) -> Prediction {
        let margin: Float
        do {
            margin = try model.margin(of: input.row)
        } catch {
            throw .inference(error.description)
        }
        return try predict(input, model, margin: margin)
    }

    /// `margin` is of the input's row, from one call for a whole batch or for this row alone: the same bits.
    func predict(_ input: ModelInput, _ model: LoadedModel, margin: Float) throws(ScoringError) -> Prediction {
        let contributions: [Double]
        do {
            contributions = try model.contributions(of: input.row)
        } catch {
            throw .inference(error.description)
        }
        return Prediction(
            margin: margin, baseValue: model.artifact.forest.baseValue, contributions: contributions,
            assessment: try model.assessment(of: input, margin: margin))
    }

    /// The score, its record and its events.
    func draft(
        _ facts: ScoreFacts, _ verdict: EscalationVerdict, _ start: ContinuousClock.Instant
    ) throws(ScoringError) -> Draft {
        let change = try change(facts)
        var score = facts.score(profile: profile, verdict: verdict, change: change, freshness: configuration.freshness)
        score.processingTimeMilliseconds = Figures.milliseconds(ContinuousClock.now - start)
        liveDrift.add(
            facts.input.row, margin: facts.prediction.margin, unseen: facts.input.unseen, model: facts.model,
            tenant: facts.request.tenant, at: facts.now)
        let latest = facts.state.latest
        let name = facts.input.name ?? latest?.leadName
        let source = facts.input.source ?? latest?.leadSource
        let record = ScoreRecord(
            tenant: facts.request.tenant, score: score, leadName: name, leadSource: source,
            features: facts.input.vector, lead: facts.input.leadJSON, body: ScoreJSON.score(score),
            needsReview: verdict.needsReview, shadow: shadow(facts))
        return Draft(record: record, events: events(record, latest, verdict), isEscalated: verdict.isEscalated)
    }

    /// What the model on trial says of the same features; nil without one, and where it reads other columns. A model that
    /// fails there fails nobody: it is counted.
    private func shadow(_ facts: ScoreFacts) -> ShadowScore? {
        guard let rival = rival(of: facts.request.tenant), let vector = facts.input.vector,
            case .leadFeatures(let plan) = rival.artifact.schema,
            rival.identity.sha256 != facts.model.identity.sha256
        else { return nil }
        let assessment = try? rival.assessment(of: ModelInput(vector: vector, plan: plan))
        recorder.countShadow(failed: assessment == nil)
        return assessment.map {
            ShadowScore(
                modelSHA256: rival.identity.sha256, mlScore: Figures.score($0.mlScore),
                conversionProbability: Figures.probability($0.probability))
        }
    }

    func answerBody(_ record: ScoreRecord, _ request: ScoreRequest) -> [UInt8] {
        guard !request.includeExplanations || request.includeFeatures else { return record.body }
        var options = ScoreJSON.Options()
        options.includeExplanations = request.includeExplanations
        options.features = request.includeFeatures ? record.features : nil
        return ScoreJSON.score(record.score, options: options)
    }

    @discardableResult
    func commit(_ commit: Commit) async throws(ScoringError) -> [CommittedEvent] {
        let begin = ContinuousClock.now
        let events = try await stored { () async throws(StoreError) in try await store.commit(commit) }
        let end = ContinuousClock.now
        recorder.record(.commit, end - begin, at: end)
        return events
    }

    /// Caches what was committed, unless the lead was forgotten on the way. A cache that fails costs only the next hit.
    func keep(_ records: [(key: CacheKey, record: ScoreRecord)]) async {
        try? await cache.insert(records)
        for (key, _) in records {
            // After the insertion: a lead forgotten before it is removed here, one forgotten later by `forget`.
            if inFlight.leave(leadID: key.leadID, tenant: key.tenant) {
                try? await cache.remove(leadID: key.leadID, tenant: key.tenant)
            }
        }
    }

    /// The store's errors as ours; a lead that opted out on the way is opted out.
    func stored<Value>(
        _ operation: () async throws(StoreError) -> Value
    ) async throws(ScoringError) -> Value {
        do {
            return try await operation()
        } catch {
            throw error.code == .optedOut ? .optedOut : .store(error)
        }
    }

    func requestWarnings(_ request: ScoreRequest) -> [String] {
        request.escalation == .wait ? request.warnings + ["second_opinion_not_configured"] : request.warnings
    }

    // MARK: Change, escalation, events

    private func change(_ facts: ScoreFacts) throws(ScoringError) -> ScoreChange? {
        guard let latest = facts.state.latest, let from = latest.mlScore else { return nil }
        var because: [String] = []
        let isSameModel = latest.modelSHA256 == facts.model.identity.sha256
        if !isSameModel { because.append("The model changed.") }
        if isSameModel, let before = facts.storedContributions(in: latest.body) {
            because += facts.explainer.reasons(since: before)
        } else if let before = latest.features, let after = facts.input.vector, before != after,
            case .leadFeatures(let plan) = facts.model.artifact.schema
        {
            // Both vectors through the same model: the difference is the lead's, not the model's.
            let row = ModelInput(vector: before, plan: plan).row
            do {
                because += facts.explainer.reasons(since: try facts.model.contributions(of: row))
            } catch {
                throw .inference(error.description)
            }
        }
        return ScoreChange(from: from, delta: Figures.score(facts.mlScore - from), because: because)
    }

    /// Counts the lead in the escalation budget.
    func escalate(_ facts: ScoreFacts) -> EscalationVerdict {
        let isUncertain = facts.confidence < profile.thresholds.confidence
        let asks = isUncertain && facts.request.escalation != .never
        let distance = abs(facts.prediction.assessment.logOdds - facts.model.artifact.hotCutLogOdds)
        let isAdmitted = escalations.admit(
            distance: asks ? distance : nil, tenant: facts.request.tenant, at: facts.now)
        let stood = facts.state.latest?.needsReview ?? false
        return EscalationVerdict(
            isEscalated: isAdmitted, isOverBudget: asks && !isAdmitted && !stood,
            // A later confident score clears the list, an uncertain one does not.
            needsReview: isAdmitted || (stood && isUncertain) || facts.input.unqualifiedReason != nil)
    }

    private func events(_ record: ScoreRecord, _ latest: StoredScore?, _ verdict: EscalationVerdict) -> [NewEvent] {
        let score = record.score
        let (name, source) = (record.leadName, record.leadSource)
        func event(_ type: EventType, _ data: [UInt8]) -> NewEvent {
            NewEvent(
                tenant: record.tenant, type: type, id: Identifier.make("evt_"), timestamp: score.scoredAt, data: data,
                leadID: score.leadID)
        }
        let data = ScoreJSON.leadScored(score, name: name, source: source, needsReview: record.needsReview)
        var events = [event(.leadScored, data)]
        if let change = score.change, let latest,
            change.delta != 0 || latest.classification != score.classification
        {
            let data = ScoreJSON.scoreChanged(
                score, change, previous: latest.classification, name: name, source: source)
            events.append(event(.scoreChanged, data))
        }
        if verdict.isEscalated {
            let reason =
                score.dataSupport.largestReason
                ?? "it is not sure on which side of hot the lead stands"
            let data = ScoreJSON.leadEscalated(score, reason: reason, name: name, source: source)
            events.append(event(.leadEscalated, data))
        }
        return events
    }
}

/// What the escalation policy says of one score.
struct EscalationVerdict: Sendable, Hashable {
    /// Raises `lead_escalated`.
    var isEscalated: Bool
    /// Would have been escalated, but the budget is used by leads nearer to the cut.
    var isOverBudget: Bool
    var needsReview: Bool
}
