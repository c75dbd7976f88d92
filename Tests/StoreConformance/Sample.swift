import Features
public import Leads
public import Scoring

/// Records with every column set, from a few figures.
public enum Sample {
    public static let tenant = Tenant("north")
    public static let otherTenant = Tenant("south")

    /// A moment so many milliseconds into the suite's day.
    public static func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_763_800_000_000 + milliseconds)
    }

    public static func record(
        _ leadID: String, score: Double? = 71.4, at moment: Timestamp, tenant: Tenant = tenant,
        classification: Classification = .warm, commission: Double? = 28_500, probability: Double = 0.212,
        source: String? = "zillow", name: String? = "Ada Example", needsReview: Bool = false,
        timeline: String? = nil, lead: [UInt8]? = nil, body: [UInt8]? = nil
    ) -> ScoreRecord {
        var features = FeatureVector()
        features[.avgResponseTimeMinutes] = 12.5
        if let timeline { _ = features.set(.timelineCategory, category: timeline) }
        let value = Score(
            leadID: leadID, requestID: "request-\(leadID)", mlScore: score, conversionProbability: probability,
            probabilityInterval: ProbabilityInterval(lower: 0.15, upper: 0.29), confidence: 0.91,
            confidenceLevel: .high, classification: classification, estimatedCommission: commission,
            expectedCommission: commission.map { $0 * probability }, expectedCloseDays: 60, source: .mlOnly,
            analysisSummary: "", keyInsights: [], recommendations: [], explanations: [], shapValues: [],
            baseValue: -1.31, margin: -0.91, change: nil,
            model: ModelIdentity(
                name: "prior", version: "1", sha256: String(repeating: "a1", count: 32), priorWeight: 1),
            processingTimeMilliseconds: 0.2, inferenceTimeMilliseconds: 0.004, secondOpinionTimeMilliseconds: nil,
            dataSupport: DataSupport(missingFeatures: 9, outOfRange: [], unseenCategories: []), scoredAt: moment,
            expiresAt: moment.advanced(by: .seconds(300)), warnings: [])
        return ScoreRecord(
            tenant: tenant, score: value, leadName: name, leadSource: source, features: features,
            lead: lead ?? Array("{\"lead_id\":\"\(leadID)\",\"name\":\"\(name ?? "")\"}".utf8),
            body: body ?? Array("{\"lead_id\":\"\(leadID)\",\"scored_at\":\"\(moment)\"}".utf8),
            needsReview: needsReview)
    }

    public static func event(
        _ id: String, lead: String? = nil, at moment: Timestamp, tenant: Tenant = tenant,
        type: EventType = .leadScored
    ) -> NewEvent {
        NewEvent(
            tenant: tenant, type: type, id: id, timestamp: moment,
            data: Array("{\"event\":\"\(id)\",\"lead_id\":\"\(lead ?? "")\"}".utf8), leadID: lead)
    }

    /// A score and its event, as the engine commits them.
    public static func scored(
        _ leadID: String, score: Double? = 71.4, at moment: Timestamp, tenant: Tenant = tenant
    ) -> Commit {
        Commit(
            scores: [record(leadID, score: score, at: moment, tenant: tenant)],
            events: [event("\(leadID)@\(moment.milliseconds)", lead: leadID, at: moment, tenant: tenant)])
    }

    public static func outcome(
        _ leadID: String, _ result: Outcome.Result, at moment: Timestamp, value: Double? = 480_000
    ) -> Commit {
        let outcome = Outcome(leadID: leadID, result: result, value: value, at: moment)
        return Commit(outcomes: [TenantOutcome(tenant: tenant, outcome: outcome, recordedAt: moment)])
    }

    public static func review(_ leadID: String, at moment: Timestamp) -> Commit {
        Commit(reviews: [
            Review(tenant: tenant, leadID: leadID, classification: .hot, note: "rang back", at: moment)
        ])
    }

    public static func idempotency(_ key: String, answer: String, at moment: Timestamp) -> IdempotencyRecord {
        IdempotencyRecord(
            tenant: tenant, key: key, requestDigest: [1, 2, 3], answer: Array(answer.utf8), at: moment)
    }
}
