import Leads
import Learning
import Scoring

/// Which models serve and which are on trial: as the store's shelf has it, on every node of that store.
///
/// In each scope the model that was promoted last serves, and the newest that was added since and never promoted is on
/// trial. A change takes effect here when the shelf has it; other nodes follow at their next beat. Several changes at once
/// end, on every node, with what the shelf has last.
final class ModelSwitch: Sendable {
    let shelf: any ModelShelf
    private let engine: ScoringEngine
    private let acceptsPolicyOverride: Bool
    /// Whether tenants may have models of their own; in local mode there is one scope.
    private let hasTenants: Bool
    private let clock: any WallClock

    /// More models are there, but not listed.
    private static let listed = 100
    /// Scopes with models of their own; each costs the memory of a forest.
    private static let maximumScopes = 257
    /// Models that were never promoted, and of which no score speaks, stay up to this number in each scope.
    private static let keptUnused = 20

    init(
        shelf: any ModelShelf, engine: ScoringEngine, acceptsPolicyOverride: Bool, hasTenants: Bool,
        clock: any WallClock
    ) {
        self.hasTenants = hasTenants
        self.shelf = shelf
        self.engine = engine
        self.acceptsPolicyOverride = acceptsPolicyOverride
        self.clock = clock
    }

    /// Whose model a tenant's outcomes and artifacts are for.
    func scope(of tenant: Tenant) -> ModelScope { hasTenants ? .tenant(tenant) : .everyone }

    /// Puts what the shelf has into service and on trial, where another is.
    ///
    /// - Throws: ``APIError`` 503 when the store can't say, 409 when a model can't serve here; those in service stay.
    func follow() async throws(APIError) {
        var scopes = try await self.scopes()
        while true {
            for entry in scopes { try await follow(entry) }
            let now = try await self.scopes()
            guard now != scopes else { return }
            scopes = now
        }
    }

    private func scopes() async throws(APIError) -> [ShelfScope] {
        try await stored { () async throws(StoreError) in try await shelf.scopes(limit: Self.maximumScopes) }
    }

    private func follow(_ entry: ShelfScope) async throws(APIError) {
        if let champion = entry.champion, champion != serving(in: entry.scope)?.sha256 {
            try put(try await usableModel(champion), in: entry.scope)
        }
        let trial = try await trial(in: entry.scope)
        guard trial != engine.trial(in: entry.scope)?.sha256 else { return }
        var model: ModelArtifact?
        if let trial {
            do throws(APIError) {
                model = try await usableModel(trial)
            } catch {
                // Nobody is scored by it: one that this server may not use is not tried out, and that is all.
                guard error.code == .modelConflict else { throw error }
            }
        }
        do {
            try engine.tryOut(model, in: entry.scope)
        } catch {
            throw APIError(.modelConflict, "the model can't be tried out: \(error.description)")
        }
    }

    /// The newest model of that scope alone that was added after the champion's promotion and never promoted.
    private func trial(in scope: ModelScope) async throws(APIError) -> String? {
        let kept = try await models(in: scope)
        let inUse = inUse(in: scope).sha256
        let since = kept.first { $0.sha256 == inUse }?.promotedAt
        // Everyone's shelf is in every tenant's list, but what is on trial there is tried out and judged there.
        let everyones = scope == .everyone ? [] : Set(try await models(in: .everyone).map(\.sha256))
        return kept.first { model in
            model.sha256 != inUse && model.promotedAt == nil && model.rejectedAt == nil
                && !everyones.contains(model.sha256) && since.map { model.addedAt >= $0 } ?? true
        }?.sha256
    }

    /// What scores the leads of that scope unseen: its own trial; for a tenant without a model of its own also everyone's.
    func challenger(in scope: ModelScope) async throws(APIError) -> String? {
        if let own = try await trial(in: scope) { return own }
        return scope == .everyone || serving(in: scope) != nil ? nil : try await trial(in: .everyone)
    }

    /// What serves in exactly that scope; nil for a tenant that has nothing of its own.
    private func serving(in scope: ModelScope) -> ModelArtifact? {
        switch scope {
        case .everyone: engine.everyonesModel
        case .tenant(let tenant): engine.tenantsWithOwnModel.contains(tenant) ? engine.model(of: tenant) : nil
        }
    }

    /// What scores the leads of that scope.
    func inUse(in scope: ModelScope) -> ModelArtifact {
        switch scope {
        case .everyone: engine.everyonesModel
        case .tenant(let tenant): engine.model(of: tenant)
        }
    }

    /// Keeps an artifact, so that it is on trial and can be promoted.
    ///
    /// - Throws: ``APIError`` 422 for bytes that are no artifact that can serve here, 503 when the store can't keep it.
    func keep(artifact bytes: [UInt8], in scope: ModelScope) async throws(APIError) -> ModelArtifact {
        let model: ModelArtifact
        do {
            model = try ModelArtifact(serialized: bytes)
        } catch {
            throw APIError.invalid("body", "is no model artifact: \(error)")
        }
        if let refusal = refusal(of: model) { throw APIError.invalid("body", refusal) }
        try await keep(model, in: scope)
        try await stored { () async throws(StoreError) in try await shelf.prune(in: scope, keeping: Self.keptUnused) }
        try await follow()
        return model
    }

    /// The model of that version or SHA-256.
    ///
    /// - Throws: 404 for one that is not kept, 409 where several have the version.
    func find(_ name: String, in scope: ModelScope) async throws(APIError) -> KeptModel {
        let found = try await models(in: scope).filter { $0.sha256 == name || $0.version == name }
        guard let model = found.first else { throw APIError(.notFound, "no model of this version") }
        guard found.count == 1 else {
            throw APIError(.modelConflict, "several models have this version: name one by its sha256")
        }
        return model
    }

    /// Puts a kept model into service for good.
    ///
    /// - Returns: the SHA-256 of the one that served before.
    func promote(_ sha256: String, in scope: ModelScope) async throws(APIError) -> String {
        let before = inUse(in: scope)
        guard sha256 != before.sha256 else { throw APIError(.modelConflict, "this model is in use already") }
        _ = try await usableModel(sha256)
        if try await promoted(in: scope, limit: 1).isEmpty {
            // So that there is something to go back to.
            try await keep(before, in: scope)
            try await note(before.sha256, in: scope)
        }
        try await note(sha256, in: scope)
        try await follow()
        return before.sha256
    }

    /// Goes back to the model that served before the one in use.
    ///
    /// - Returns: what serves now.
    func rollBack(from sha256: String, in scope: ModelScope) async throws(APIError) -> String {
        guard sha256 == inUse(in: scope).sha256 else {
            throw APIError(.modelConflict, "this model is not in use, so there is nothing to roll back")
        }
        guard let earlier = try await promoted(in: scope, limit: Self.listed).first(where: { $0 != sha256 }) else {
            throw APIError(.modelConflict, "there is no earlier model to go back to")
        }
        _ = try await promote(earlier, in: scope)
        return earlier
    }

    /// Ends a trial for good; the model stays on the shelf, and a person may still promote it.
    func reject(_ sha256: String, in scope: ModelScope) async throws(APIError) {
        let now = clock.now
        try await stored { () async throws(StoreError) in try await shelf.reject(sha256, in: scope, at: now) }
        try await follow()
    }

    /// Kept models except the one in use, newest first, with when each was promoted.
    func others(in scope: ModelScope) async throws(APIError) -> [(kept: KeptModel, artifact: ModelArtifact)] {
        let inUse = inUse(in: scope).sha256
        var others: [(KeptModel, ModelArtifact)] = []
        for model in try await models(in: scope) where model.sha256 != inUse {
            others.append((model, try await load(model.sha256)))
        }
        return others
    }

    // MARK: Steps

    private func models(in scope: ModelScope) async throws(APIError) -> [KeptModel] {
        try await stored { () async throws(StoreError) in try await shelf.models(in: scope, limit: Self.listed) }
    }

    private func promoted(in scope: ModelScope, limit: Int) async throws(APIError) -> [String] {
        try await stored { () async throws(StoreError) in try await shelf.promotions(in: scope, limit: limit) }
    }

    private func note(_ sha256: String, in scope: ModelScope) async throws(APIError) {
        let now = clock.now
        try await stored { () async throws(StoreError) in try await shelf.promote(sha256, in: scope, at: now) }
    }

    private func keep(_ model: ModelArtifact, in scope: ModelScope) async throws(APIError) {
        let scopes = try await self.scopes()
        guard scopes.count < Self.maximumScopes || scopes.contains(where: { $0.scope == scope }) else {
            throw APIError(
                .modelConflict, "this server keeps models of their own for \(Self.maximumScopes - 1) tenants, not more")
        }
        let kept = KeptModel(sha256: model.sha256, version: model.version, addedAt: clock.now, promotedAt: nil)
        try await stored { () async throws(StoreError) in
            try await shelf.keep(kept, artifact: model.serialized(), in: scope)
        }
    }

    private func load(_ sha256: String) async throws(APIError) -> ModelArtifact {
        let bytes = try await stored { () async throws(StoreError) in try await shelf.artifact(sha256) }
        guard let bytes else { throw APIError(.notFound, "no model of this version") }
        do {
            return try ModelArtifact(serialized: bytes)
        } catch {
            throw APIError(.modelConflict, "the store's model can't be read by this version of Leadwire: \(error)")
        }
    }

    private func usableModel(_ sha256: String) async throws(APIError) -> ModelArtifact {
        let model = try await load(sha256)
        if let refusal = refusal(of: model) { throw APIError(.modelConflict, "the model can't serve: it \(refusal)") }
        return model
    }

    private func refusal(of model: ModelArtifact) -> String? { Self.refusal(of: model, acceptsPolicyOverride) }

    static func refusal(of model: ModelArtifact, _ acceptsPolicyOverride: Bool) -> String? {
        if !model.canAssess { return "has no reference population: import it again with --reference" }
        if model.policyOverridden && !acceptsPolicyOverride {
            return """
                was trained with columns that the policy leaves out; the server must run with --accept-policy-override
                """
        }
        return nil
    }

    private func put(_ model: ModelArtifact, in scope: ModelScope) throws(APIError) {
        do {
            try engine.serve(model, in: scope)
        } catch {
            throw APIError(.modelConflict, "the model can't serve: \(error.description)")
        }
    }
}
