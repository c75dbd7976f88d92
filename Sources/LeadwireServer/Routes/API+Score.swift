import JSONBytes
import Leads
import Scoring

extension API {
    /// `POST /score`.
    func score(_ exchange: Exchange) async throws -> Reply {
        try await scoring(exchange) { root in
            let decoded = LeadDecoder.decode(root)
            let input = ScoreRequest.Input.lead(decoded.lead, json: LeadJSON.encode(decoded.lead))
            return (input, decoded.options, decoded.warnings, decoded.problems)
        }
    }

    /// `POST /score/features`.
    func scoreFeatures(_ exchange: Exchange) async throws -> Reply {
        try await scoring(exchange) { root in
            let decoded = FeaturesDecoder.decode(root)
            let input = ScoreRequest.Input.features(leadID: decoded.leadID, decoded.vector)
            return (input, decoded.options, decoded.warnings, decoded.problems)
        }
    }

    private typealias Decoded = (
        input: ScoreRequest.Input, options: ScoreOptions, warnings: [String], problems: [FieldProblem]
    )

    /// From the body to the answer; one that is over the limit of scores in flight is refused before it is read, unless
    /// the store hangs: then what is cached is answered all the same.
    private func scoring(_ exchange: Exchange, _ decode: (JSONElement) -> Decoded) async throws -> Reply {
        let bytes = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        return try await admission.run(.lead, bytes: bytes.count) {
            let received = ContinuousClock.now
            statistics.record(.receive, exchange.started.duration(to: received))
            let request = try request(bytes, exchange, decode)
            return try await answer(request, received: received, started: exchange.started)
        } whenStalled: {
            let request = try request(bytes, exchange, decode)
            return await engine.cachedScore(request).map { .json($0.body) }
        }
    }

    private func request(
        _ bytes: [UInt8], _ exchange: Exchange, _ decode: (JSONElement) -> Decoded
    ) throws(APIError) -> ScoreRequest {
        let decoded = decode(try Exchange.parse(bytes, limits: exchange.limits).root)
        var problems = decoded.problems
        let key = idempotencyKey(exchange, problems: &problems) ?? decoded.options.requestID
        let includesFeatures = includesFeatures(exchange, problems: &problems)
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        var request = Self.request(
            decoded.input, tenant: exchange.tenant, decoded.options, warnings: decoded.warnings)
        request.requestID = decoded.options.requestID ?? exchange.id
        request.idempotencyKey = key
        if key != nil { request.requestDigest = Self.digest(bytes) }
        if includesFeatures { request.includeFeatures = true }
        return request
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
