public import Features
import Forest
public import Leads
public import Learning
import Synchronization

/// From a lead to a stored, explained score.
///
/// A score is one computation and one commit: score, features and events become durable together, and the answer, the
/// record and the events are made from the same value. Equal requests at once cost one computation. Nothing is
/// acknowledged that is not stored. Safe to call from any task; the store decides which thread waits for the disk.
public final class ScoringEngine: Sendable {
    let profile: AgencyProfile
    let store: any LeadStore
    let cache: any ScoreCache
    let clock: any WallClock
    let configuration: ScoringConfiguration
    let extractor: FeatureExtractor
    let escalations: EscalationBudget
    /// What the engine measures of itself.
    public let recorder = LatencyRecorder()

    private let models: Mutex<ServingModels>
    /// What a score depends on besides its request and the model.
    private let surroundings: UInt64
    let inFlight = LeadsInFlight()
    let liveDrift = LiveDrift()
    let equalRequests: SingleFlight<CacheKey, ScoreRecord>
    let equalKeys: SingleFlight<IdempotencyKey, FirstAnswer>
    let closeDays: CloseDays

    struct IdempotencyKey: Hashable, Sendable {
        var tenant: Tenant
        var key: String
    }

    struct FirstAnswer: Sendable {
        var requestDigest: [UInt8]
        var body: [UInt8]
    }

    /// A cache that throws is gone round, with the warning `cache_unavailable`.
    ///
    /// - Throws: ``ScoringError/noModel`` where the model lacks a reference or a calibration,
    ///   ``ScoringError/inference(_:)`` where it can't score its own reference row.
    public init(
        model: ModelArtifact, profile: AgencyProfile, store: any LeadStore, cache: any ScoreCache,
        clock: any WallClock, configuration: ScoringConfiguration = ScoringConfiguration()
    ) throws(ScoringError) {
        self.profile = profile
        self.store = store
        self.cache = cache
        self.clock = clock
        self.configuration = configuration
        extractor = FeatureExtractor(profile: profile)
        escalations = EscalationBudget(share: configuration.escalationShare)
        equalRequests = SingleFlight(maximumWaiting: configuration.maximumWaiting)
        equalKeys = SingleFlight(maximumWaiting: configuration.maximumWaiting)
        closeDays = CloseDays(
            store: store, minimum: configuration.minimumWonLeads, freshness: configuration.closeDaysFreshness)
        var digest = ContentDigest()
        digest.add(profile)
        digest.add(configuration.storeIdentity)
        surroundings = digest.finish().low
        models = Mutex(ServingModels(everyones: try Self.load(model)))
    }

    // MARK: The model

    /// What scores the leads of a tenant.
    public func model(of tenant: Tenant) -> ModelArtifact { champion(of: tenant).artifact }

    /// What scores the leads of every tenant without a model of its own.
    public var everyonesModel: ModelArtifact { models.withLock { $0.everyones.artifact } }

    /// What is on trial beside the tenant's model; nil for nothing.
    public func challenger(of tenant: Tenant) -> ModelArtifact? {
        models.withLock { $0.challenger(of: tenant)?.artifact }
    }

    /// What is on trial in exactly that scope.
    public func trial(in scope: ModelScope) -> ModelArtifact? { models.withLock { $0.trials[scope]?.artifact } }

    /// Tenants with a model of their own.
    public var tenantsWithOwnModel: Set<Tenant> { Set(models.withLock { $0.own.keys }) }

    func champion(of tenant: Tenant) -> LoadedModel { models.withLock { $0.champion(of: tenant) } }
    func rival(of tenant: Tenant) -> LoadedModel? { models.withLock { $0.challenger(of: tenant) } }

    /// Puts another model into service. Requests that have begun finish with the old one.
    public func serve(_ artifact: ModelArtifact, in scope: ModelScope) throws(ScoringError) {
        let next = try Self.load(artifact)
        models.withLock { $0.serve(next, in: scope) }
    }

    /// Lets a model score beside the one in service from now on, unseen; nil ends the trial.
    public func tryOut(_ artifact: ModelArtifact?, in scope: ModelScope) throws(ScoringError) {
        var next: LoadedModel?
        if let artifact { next = try Self.load(artifact) }
        models.withLock { $0.tryOut(next, in: scope) }
    }

    /// Scores a fixed row by every loaded model and compares its bits with those at loading.
    public func selfTest() -> Bool { models.withLock { $0.all }.allSatisfy { $0.selfTest() } }

    /// Whether a model that is not in service yet loads and scores a fixed row twice with the same bits.
    public static func passesSelfTest(_ artifact: ModelArtifact) throws(ScoringError) -> Bool {
        try load(artifact).selfTest()
    }

    private static func load(_ artifact: ModelArtifact) throws(ScoringError) -> LoadedModel {
        guard artifact.canAssess else { throw .noModel }
        do {
            return try LoadedModel(artifact)
        } catch {
            throw .inference(error.description)
        }
    }

    // MARK: Scoring

    /// Scores one lead: cache, computation, commit, answer.
    public func score(_ request: ScoreRequest) async throws(ScoringError) -> ScoreAnswer {
        let start = ContinuousClock.now
        do {
            let answer = try await answerOnce(request, start)
            let end = ContinuousClock.now
            recorder.record(.total, end - start, at: end)
            return answer
        } catch {
            recorder.countFailure()
            throw error
        }
    }

    /// The answer if it needs neither the model nor the store: a cached score, asked for without an idempotency key.
    public func cachedScore(_ request: ScoreRequest) async -> ScoreAnswer? {
        guard !request.forceRefresh, request.idempotencyKey == nil,
            let record = await look(up: cacheKey(request, champion(of: request.tenant))).0
        else { return nil }
        recorder.countHit()
        return ScoreAnswer(record: record, cacheHit: true, replayed: false, body: hitBody(record, request))
    }

    /// What the tenant's model says of features that were extracted earlier; nothing is stored. The same bits as
    /// extraction and prediction together.
    public func predict(features: FeatureVector, tenant: Tenant) throws(ScoringError) -> Prediction {
        let model = champion(of: tenant)
        guard case .leadFeatures(let plan) = model.artifact.schema else {
            throw .unprocessable([
                FieldProblem(field: "features", problem: "the model in use reads custom_fields of its own table")
            ])
        }
        return try predict(ModelInput(vector: features, plan: plan), model)
    }

    /// Forgets every cached score of a lead, and keeps those that are being computed from being cached: after opting
    /// out and after erasing, once the store has done its part.
    public func forget(leadID: String, tenant: Tenant) async throws {
        inFlight.forget(leadID: leadID, tenant: tenant)
        try await cache.remove(leadID: leadID, tenant: tenant)
    }

    /// Another node has forgotten a lead of this tenant, and which one is nobody's business: everything that this
    /// process remembers of the tenant goes, and what is being computed is not remembered.
    public func forgetOwn(of tenant: Tenant) {
        inFlight.forgetAll(of: tenant)
        cache.forgetOwn(of: tenant)
    }

    /// A reading of latencies and counts.
    public var statistics: ScoringStatistics { recorder.snapshot() }

    // MARK: Equal requests

    /// Under an idempotency key the first request answers, and all others repeat its answer.
    private func answerOnce(
        _ request: ScoreRequest, _ start: ContinuousClock.Instant
    ) async throws(ScoringError) -> ScoreAnswer {
        guard let key = request.idempotencyKey else { return try await answer(request, start) }
        let flight = IdempotencyKey(tenant: request.tenant, key: key)
        while true {
            switch await equalKeys.enter(flight) {
            case .lead:
                do {
                    let earlier = try await replay(of: request, key: key)
                    let answer: ScoreAnswer
                    if let earlier { answer = earlier } else { answer = try await self.answer(request, start) }
                    equalKeys.finish(
                        flight, with: .value(FirstAnswer(requestDigest: request.requestDigest, body: answer.body)))
                    return answer
                } catch {
                    equalKeys.finish(flight, with: .abandon)
                    throw error
                }
            case .value(let first): return try repeated(first.body, first.requestDigest, request)
            case .failure(let error): throw error
            case .again: continue
            case .cancelled: throw .cancelled
            case .refused: throw .overloaded
            }
        }
    }

    /// The stored first answer under the key, if there is one.
    func replay(of request: ScoreRequest, key: String) async throws(ScoringError) -> ScoreAnswer? {
        let since = clock.now.advanced(by: .zero - configuration.idempotencyWindow)
        let first = try await stored { () async throws(StoreError) in
            try await store.idempotencyRecord(key, tenant: request.tenant, since: since)
        }
        guard let first else { return nil }
        return try repeated(first.answer, first.requestDigest, request)
    }

    private func repeated(
        _ body: [UInt8], _ digest: [UInt8], _ request: ScoreRequest
    ) throws(ScoringError) -> ScoreAnswer {
        guard digest == request.requestDigest else { throw .idempotencyConflict }
        recorder.countReplay()
        return ScoreAnswer(record: nil, cacheHit: false, replayed: true, body: body)
    }

    /// Cache and single flight round the computation.
    private func answer(
        _ request: ScoreRequest, _ start: ContinuousClock.Instant
    ) async throws(ScoringError) -> ScoreAnswer {
        let model = champion(of: request.tenant)
        let key = cacheKey(request, model)
        guard !request.forceRefresh else { return try await compute(request, model, key, start, warnings: []) }
        while true {
            switch await equalRequests.enter(key) {
            case .lead:
                // Looked up only by the leader: whoever finished before has cached already.
                do {
                    let (cached, warnings) = await look(up: key)
                    let answer: ScoreAnswer
                    if let cached {
                        recorder.countHit()
                        answer = try await hit(cached, request)
                    } else {
                        answer = try await compute(request, model, key, start, warnings: warnings)
                    }
                    if let record = answer.record {
                        equalRequests.finish(key, with: .value(record))
                    } else {
                        equalRequests.finish(key, with: .abandon)
                    }
                    return answer
                } catch {
                    equalRequests.finish(key, with: Task.isCancelled ? .abandon : .failure(error))
                    throw error
                }
            case .value(let record):
                recorder.countShared()
                return try await hit(record, request)
            case .failure(let error): throw error
            case .again: continue
            case .cancelled: throw .cancelled
            case .refused: throw .overloaded
            }
        }
    }

    func look(up key: CacheKey) async -> (ScoreRecord?, warnings: [String]) {
        let (records, warnings) = await look(up: [key])
        return (records[0], warnings)
    }

    /// As many as there are keys.
    func look(up keys: [CacheKey]) async -> ([ScoreRecord?], warnings: [String]) {
        do {
            return (try await cache.records(for: keys), [])
        } catch {
            return (Array(repeating: nil, count: keys.count), ["cache_unavailable: scored without the cache"])
        }
    }

    /// The stored record as an answer. No score is stored and nothing is published; only a new idempotency key is kept,
    /// since its repeat must find this answer.
    private func hit(_ record: ScoreRecord, _ request: ScoreRequest) async throws(ScoringError) -> ScoreAnswer {
        let body = hitBody(record, request)
        if let kept = kept(body, of: record, for: request, at: clock.now) {
            try await commit(Commit(idempotency: [kept]))
        }
        return ScoreAnswer(record: record, cacheHit: true, replayed: false, body: body)
    }

    /// The answer as its repeat must find it; nil where the caller gave no key.
    func kept(
        _ body: [UInt8], of record: ScoreRecord, for request: ScoreRequest, at now: Timestamp
    ) -> IdempotencyRecord? {
        request.idempotencyKey.map { key in
            IdempotencyRecord(
                tenant: request.tenant, key: key, requestDigest: request.requestDigest, answer: body, at: now,
                subject: .init(leadID: record.score.leadID, scoredAt: record.score.scoredAt))
        }
    }

    func hitBody(_ record: ScoreRecord, _ request: ScoreRequest) -> [UInt8] {
        var score = record.score
        for warning in requestWarnings(request) where !score.warnings.contains(warning) {
            score.warnings.append(warning)
        }
        var options = ScoreJSON.Options()
        options.includeExplanations = request.includeExplanations
        options.features = request.includeFeatures ? record.features : nil
        options.isCacheHit = true
        options.requestID = request.requestID
        return ScoreJSON.score(score, options: options)
    }

    func cacheKey(_ request: ScoreRequest, _ model: LoadedModel) -> CacheKey {
        var digest = ContentDigest()
        digest.add(model.identity.sha256)
        digest.add(FeatureVector.schema)
        digest.add(surroundings)
        switch request.input {
        case .lead(let lead, _): digest.add(lead)
        case .features(let leadID, let vector):
            digest.add(byte: 0xFE)
            digest.add(leadID)
            for feature in Feature.allCases { digest.add(vector[feature].bitPattern) }
        }
        let (high, low) = digest.finish()
        return CacheKey(tenant: request.tenant, leadID: request.leadID, high: high, low: low)
    }
}
