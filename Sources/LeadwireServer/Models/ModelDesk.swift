import JSONBytes
import Leads
import Learning
import Scoring

/// Changes which model serves, and tells those concerned: the other nodes at once, and by `model_status` the stream of every
/// tenant whose leads it scores.
final class ModelDesk: Sendable {
    /// What `model_status` says has happened; `state` on the wire.
    enum News: String, Sendable, CaseIterable {
        case trainingFailed = "training_failed"
        case challenger, promoted, rejected
        case rolledBack = "rolled_back"
        case drift
    }

    let models: ModelSwitch
    private let engine: ScoringEngine
    private let store: any LeadStore
    private let ledger: (any TrainingLedger)?
    private let nodes: Nodes?
    private let clock: any WallClock

    /// More tenants than this are not told of a change for everyone.
    private static let toldTenants = 10_000
    private static let eventsOfCommit = 500

    init(
        models: ModelSwitch, engine: ScoringEngine, store: any LeadStore, ledger: (any TrainingLedger)?, nodes: Nodes?,
        clock: any WallClock
    ) {
        self.models = models
        self.engine = engine
        self.store = store
        self.ledger = ledger
        self.nodes = nodes
        self.clock = clock
    }

    /// Keeps an artifact: from now on it is on trial, unless it serves already. `comparison` is with the model in use, on
    /// rows that neither has seen, where that is known.
    func add(
        artifact bytes: [UInt8], in scope: ModelScope, caller: Tenant, comparison: GateComparison? = nil
    ) async throws(APIError) -> ModelArtifact {
        let model = try await models.keep(artifact: bytes, in: scope)
        guard model.sha256 != models.inUse(in: scope).sha256 else { return model }
        try await tell(.challenger, model, in: scope, caller: caller, comparison: comparison)
        return model
    }

    /// - Returns: the event's data.
    @discardableResult
    func promote(
        _ sha256: String, in scope: ModelScope, caller: Tenant, comparison: GateComparison? = nil
    ) async throws(APIError) -> [UInt8] {
        let before = try await models.promote(sha256, in: scope)
        return try await telling(Self.serves) { () async throws(APIError) in
            try await tell(
                .promoted, models.inUse(in: scope), in: scope, caller: caller, before: before, comparison: comparison)
        }
    }

    /// - Returns: the event's data.
    func rollBack(from sha256: String, in scope: ModelScope, caller: Tenant) async throws(APIError) -> [UInt8] {
        _ = try await models.rollBack(from: sha256, in: scope)
        return try await telling(Self.serves) { () async throws(APIError) in
            try await tell(.rolledBack, models.inUse(in: scope), in: scope, caller: caller, before: sha256)
        }
    }

    private static let serves =
        "the model serves now, but the database went away before the stream could be told: GET /models shows it"

    /// Ends the trial of a model that is no better.
    func reject(
        _ model: ModelArtifact, in scope: ModelScope, caller: Tenant, comparison: GateComparison
    ) async throws(APIError) {
        try await models.reject(model.sha256, in: scope)
        try await tell(.rejected, model, in: scope, caller: caller, comparison: comparison)
    }

    /// Tells a tenant's stream of its model without changing anything. `more` adds members.
    func say(
        _ news: News, _ message: String, to tenant: Tenant, more: (inout JSONWriter) -> Void = { _ in }
    ) async throws(APIError) {
        let model = engine.model(of: tenant)
        try await publish(Self.data(news, model, message: message, more: more), to: [tenant])
    }

    // MARK: Telling

    @discardableResult
    private func tell(
        _ news: News, _ model: ModelArtifact, in scope: ModelScope, caller: Tenant, before: String? = nil,
        comparison: GateComparison? = nil
    ) async throws(APIError) -> [UInt8] {
        try await nodes?.tell(.promoted, tenant: caller, body: Array(model.sha256.utf8), at: clock.now)
        let data = Self.data(news, model, before: before, comparison: comparison)
        try await publish(data, to: try await concerned(scope, caller))
        return data
    }

    private static func data(
        _ news: News, _ model: ModelArtifact, before: String? = nil, comparison: GateComparison? = nil,
        message: String? = nil, more: (inout JSONWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("state", news.rawValue)
        json.key("model")
        ModelJSON.identity(of: model, into: &json)
        json.member("version", model.version)
        if let before { json.member("previous_sha256", before) }
        if let message { json.member("message", message) }
        if let comparison {
            json.key("comparison")
            comparison.encode(to: &json)
        }
        more(&json)
        json.endObject()
        return json.bytes
    }

    /// The tenants whose leads a scope's model scores; always the caller.
    private func concerned(_ scope: ModelScope, _ caller: Tenant) async throws(APIError) -> [Tenant] {
        guard scope == .everyone, let ledger else { return [caller] }
        let tenants = try await stored { () async throws(StoreError) in
            try await ledger.tenants(limit: Self.toldTenants)
        }
        return Array(Set(tenants.keys).subtracting(engine.tenantsWithOwnModel).union([caller]))
    }

    private func publish(_ data: [UInt8], to tenants: [Tenant]) async throws(APIError) {
        let now = clock.now
        for start in stride(from: 0, to: tenants.count, by: Self.eventsOfCommit) {
            let events = tenants[start..<min(start + Self.eventsOfCommit, tenants.count)].map { tenant in
                NewEvent(
                    tenant: tenant, type: .modelStatus, id: RequestID.make(), timestamp: now, data: data, leadID: nil)
            }
            _ = try await stored { () async throws(StoreError) in try await store.commit(Commit(events: events)) }
        }
    }
}
