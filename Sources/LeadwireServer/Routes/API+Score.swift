import JSONBytes
import Leads
import Scoring

extension API {
    /// `POST /score`.
    func score(_ exchange: Exchange) async throws -> Reply {
        let (document, bytes) = try await exchange.collectJSON()
        let received = ContinuousClock.now
        statistics.record(.receive, exchange.started.duration(to: received))
        let decoded = LeadDecoder.decode(document.root)
        var problems = decoded.problems
        let key = idempotencyKey(exchange, problems: &problems) ?? decoded.options.requestID
        let includesFeatures = includesFeatures(exchange, problems: &problems)
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        var request = Self.request(
            .lead(decoded.lead, json: LeadJSON.encode(decoded.lead)), tenant: exchange.tenant, decoded.options,
            warnings: decoded.warnings)
        request.requestID = decoded.options.requestID ?? exchange.id
        request.idempotencyKey = key
        if key != nil { request.requestDigest = Self.digest(bytes) }
        if includesFeatures { request.includeFeatures = true }
        return try await answer(request, received: received, started: exchange.started)
    }

    /// `POST /score/features`.
    func scoreFeatures(_ exchange: Exchange) async throws -> Reply {
        let (document, bytes) = try await exchange.collectJSON()
        let received = ContinuousClock.now
        statistics.record(.receive, exchange.started.duration(to: received))
        let decoded = FeaturesDecoder.decode(document.root)
        var problems = decoded.problems
        let key = idempotencyKey(exchange, problems: &problems) ?? decoded.options.requestID
        let includesFeatures = includesFeatures(exchange, problems: &problems)
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        var request = Self.request(
            .features(leadID: decoded.leadID, decoded.vector), tenant: exchange.tenant, decoded.options,
            warnings: decoded.warnings)
        request.requestID = decoded.options.requestID ?? exchange.id
        request.idempotencyKey = key
        if key != nil { request.requestDigest = Self.digest(bytes) }
        if includesFeatures { request.includeFeatures = true }
        return try await answer(request, received: received, started: exchange.started)
    }

    static func request(
        _ input: ScoreRequest.Input, tenant: Tenant, _ options: ScoreOptions, warnings: [String]
    ) -> ScoreRequest {
        ScoreRequest(
            tenant: tenant, input: input, requestID: options.requestID, forceRefresh: options.forceRefresh,
            includeExplanations: options.includeExplanations, includeFeatures: options.includeFeatures,
            escalation: options.escalation, timeout: options.timeout, warnings: warnings)
    }

    private func answer(
        _ request: ScoreRequest, received: ContinuousClock.Instant, started: ContinuousClock.Instant
    ) async throws(APIError) -> Reply {
        let decoded = ContinuousClock.now
        statistics.record(.decode, received.duration(to: decoded))
        let answer: ScoreAnswer
        do {
            answer = try await engine.score(request)
        } catch {
            throw Self.refusal(error)
        }
        let scored = ContinuousClock.now
        statistics.record(.score, decoded.duration(to: scored))
        statistics.record(.request, started.duration(to: scored))
        return .json(answer.body)
    }

    /// `GET /score/{lead_id}`: the newest, or with `as_of` the one of that moment, as it was answered then.
    func storedScore(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        var problems: [FieldProblem] = []
        let asOf = exchange.query.timestamp("as_of", problems: &problems)
        let includesFeatures = includesFeatures(exchange, problems: &problems)
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        let tenant = exchange.tenant
        let found: StoredScore? =
            if let asOf {
                try await stored { () async throws(StoreError) in
                    try await store.score(of: id, tenant: tenant, asOf: asOf)
                }
            } else {
                try await stored { () async throws(StoreError) in
                    try await store.state(of: id, tenant: tenant).latest
                }
            }
        guard let found else { throw Self.noScore() }
        guard includesFeatures, let features = found.features else { return .json(found.body) }
        return .json(ScoreJSON.adding(features: features, to: found.body))
    }
}
