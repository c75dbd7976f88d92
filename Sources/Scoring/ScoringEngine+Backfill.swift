import Features
import Forest
public import Leads

/// A lead as it stood at a moment of the past, and what came of it.
public struct PastLead: Sendable {
    /// Holds nothing dated after ``at``.
    public var lead: Lead
    /// Its flat JSON, as it will be stored.
    public var json: [UInt8]
    /// When it stood so: the moment of its score.
    public var at: Timestamp
    /// At or after ``at``; nil for a lead that is still open.
    public var outcome: Outcome?

    public init(lead: Lead, json: [UInt8], at: Timestamp, outcome: Outcome?) {
        self.lead = lead
        self.json = json
        self.at = at
        self.outcome = outcome
    }
}

/// What became of one past lead.
public enum BackfillResult: Sendable, Hashable {
    case scored
    /// A score of this lead and moment stands in the store already; its outcome was brought up to date.
    case known
    /// The person asked not to be scored, or was erased: nothing of it is stored.
    case refused
    /// The fields that this model can't score.
    case unprocessable([FieldProblem])
}

/// Scores of the past, as they would have been given then by the model in service now.
extension ScoringEngine {
    /// Leads that share one commit.
    public static let backfillBatch = 100

    /// Scores leads as of their moments and stores them with their outcomes, in one commit.
    ///
    /// Nobody is told: there are no events, nothing is escalated, nothing stands in the review list, nothing is cached.
    /// A score has no change, and no expected days to close, for those would tell of later. Repeating it stores nothing
    /// twice: a score is known by its lead and moment, an outcome by its lead, moment and result.
    ///
    /// - Parameters:
    ///   - leads: at most ``backfillBatch``.
    ///   - tenant: whose leads they are.
    /// - Returns: one result a lead, in their order.
    /// - Throws: what concerns all of them: the store, or the model. Then nothing of the batch is stored.
    public func backfill(_ leads: [PastLead], tenant: Tenant) async throws(ScoringError) -> [BackfillResult] {
        precondition(leads.count <= Self.backfillBatch, "a batch has at most \(Self.backfillBatch) leads")
        guard !leads.isEmpty else { return [] }
        let model = champion(of: tenant)
        let known = try await known(leads, tenant: tenant)
        var results = known.map { $0 ?? .scored }
        var commits: [(place: Int, commit: Commit)] = []
        for (place, past) in leads.enumerated() where results[place] == .scored {
            do throws(ScoringError) {
                commits.append((place, Commit(scores: [try record(of: past, tenant: tenant, model)])))
            } catch {
                guard case .unprocessable(let problems) = error else { throw error }
                results[place] = .unprocessable(problems)
            }
        }
        let now = clock.now
        for (place, past) in leads.enumerated() where results[place] == .scored || results[place] == .known {
            guard let outcome = past.outcome else { continue }
            let told = TenantOutcome(tenant: tenant, outcome: outcome, recordedAt: now)
            if let own = commits.firstIndex(where: { $0.place == place }) {
                commits[own].commit.outcomes.append(told)
            } else {
                commits.append((place, Commit(outcomes: [told])))
            }
        }
        for place in try await commitTogether(commits) { results[place] = .refused }
        recorder.countScored(results.count { $0 == .scored }, escalated: 0)
        return results
    }

    /// Where a lead needs no computation, why not.
    private func known(
        _ leads: [PastLead], tenant: Tenant
    ) async throws(ScoringError) -> [BackfillResult?] {
        let states = try await stored { () async throws(StoreError) in
            try await store.states(of: leads.map(\.lead.id), tenant: tenant)
        }
        var results: [BackfillResult?] = []
        var seen: Set<Moment> = []
        for past in leads {
            let state = states[past.lead.id]
            if state?.optedOut == true {
                results.append(.refused)
            } else if !seen.insert(Moment(lead: past.lead.id, at: past.at)).inserted {
                results.append(.known)
            } else if state?.latest != nil {
                let standing = try await stored { () async throws(StoreError) in
                    try await store.score(of: past.lead.id, tenant: tenant, asOf: past.at)
                }
                results.append(standing?.scoredAt == past.at ? .known : nil)
            } else {
                results.append(nil)
            }
        }
        return results
    }

    private struct Moment: Hashable {
        var lead: String
        var at: Timestamp
    }

    private func record(
        of past: PastLead, tenant: Tenant, _ model: LoadedModel
    ) throws(ScoringError) -> ScoreRecord {
        let start = ContinuousClock.now
        let request = ScoreRequest(
            tenant: tenant, input: .lead(past.lead, json: past.json), escalation: .never)
        let input = try prepare(request, model, past.at)
        let begin = ContinuousClock.now
        let prediction = try predict(input, model)
        let end = ContinuousClock.now
        recorder.record(.inference, end - begin, at: end)
        let facts = ScoreFacts(
            request: request, model: model, input: input, prediction: prediction,
            state: LeadState(latest: nil, optedOut: false), closeDays: nil, now: past.at, inferenceTime: end - begin,
            warnings: ["backfilled: scored afterwards, as of this moment"])
        let silent = EscalationVerdict(isEscalated: false, isOverBudget: false, needsReview: false)
        var score = facts.score(profile: profile, verdict: silent, change: nil, freshness: configuration.freshness)
        score.processingTimeMilliseconds = Figures.milliseconds(ContinuousClock.now - start)
        return ScoreRecord(
            tenant: tenant, score: score, leadName: input.name, leadSource: input.source, features: input.vector,
            lead: input.leadJSON, body: ScoreJSON.score(score), needsReview: false)
    }

    /// One commit for all. Where somebody among them was erased meanwhile, one for each.
    ///
    /// - Returns: the places of those that the store refused.
    private func commitTogether(
        _ commits: [(place: Int, commit: Commit)]
    ) async throws(ScoringError) -> [Int] {
        guard !commits.isEmpty else { return [] }
        do throws(ScoringError) {
            try await commit(
                Commit(scores: commits.flatMap(\.commit.scores), outcomes: commits.flatMap(\.commit.outcomes)))
            return []
        } catch {
            guard case .optedOut = error else { throw error }
        }
        var refused: [Int] = []
        for (place, one) in commits {
            do throws(ScoringError) {
                try await commit(one)
            } catch {
                guard case .optedOut = error else { throw error }
                refused.append(place)
            }
        }
        return refused
    }
}
