import Leads
import Learning
import Scoring

/// Which model serves: the one that the store's shelf says was promoted last, on every node of that store.
///
/// A change takes effect here when the shelf has it; other nodes follow at their next beat. Several changes at once end,
/// on every node, with the one that the shelf has last.
final class ModelSwitch: Sendable {
    let shelf: any ModelShelf
    private let engine: ScoringEngine
    private let acceptsPolicyOverride: Bool
    private let clock: any WallClock

    init(shelf: any ModelShelf, engine: ScoringEngine, acceptsPolicyOverride: Bool, clock: any WallClock) {
        self.shelf = shelf
        self.engine = engine
        self.acceptsPolicyOverride = acceptsPolicyOverride
        self.clock = clock
    }

    /// Puts the model of the shelf into service if another one serves.
    ///
    /// - Throws: ``APIError`` 503 when the store can't say, 409 when its model can't serve here; the one in service stays.
    func follow() async throws(APIError) {
        while let champion = try await promoted(limit: 1).first, champion != engine.model.sha256 {
            try put(try await usableModel(champion))
        }
    }

    /// Keeps an artifact, so that it can be promoted.
    ///
    /// - Throws: ``APIError`` 422 for bytes that are no artifact that can serve here, 503 when the store can't keep it.
    func keep(artifact bytes: [UInt8]) async throws(APIError) -> ModelArtifact {
        let model: ModelArtifact
        do {
            model = try ModelArtifact(serialized: bytes)
        } catch {
            throw APIError.invalid("body", "is no model artifact: \(error)")
        }
        if let refusal = refusal(of: model) { throw APIError.invalid("body", refusal) }
        try await keep(model)
        return model
    }

    /// The model of that version or SHA-256.
    ///
    /// - Throws: 404 for one that is not kept, 409 where several have the version.
    func find(_ name: String) async throws(APIError) -> KeptModel {
        let found = try await stored { () async throws(StoreError) in try await shelf.models(limit: Self.listed) }
            .filter { $0.sha256 == name || $0.version == name }
        guard let model = found.first else { throw APIError(.notFound, "no model of this version") }
        guard found.count == 1 else {
            throw APIError(.modelConflict, "several models have this version: name one by its sha256")
        }
        return model
    }

    /// Puts a kept model into service for good.
    ///
    /// - Returns: the SHA-256 of the one that served before.
    func promote(_ sha256: String) async throws(APIError) -> String {
        let before = engine.model
        guard sha256 != before.sha256 else { throw APIError(.modelConflict, "this model is in use already") }
        _ = try await usableModel(sha256)
        if try await promoted(limit: 1).isEmpty {
            // So that there is something to go back to.
            try await keep(before)
            try await note(before.sha256)
        }
        try await note(sha256)
        try await follow()
        return before.sha256
    }

    /// Goes back to the model that served before the one in use.
    ///
    /// - Returns: what serves now.
    func rollBack(from sha256: String) async throws(APIError) -> String {
        guard sha256 == engine.model.sha256 else {
            throw APIError(.modelConflict, "this model is not in use, so there is nothing to roll back")
        }
        guard let earlier = try await promoted(limit: Self.listed).first(where: { $0 != sha256 }) else {
            throw APIError(.modelConflict, "there is no earlier model to go back to")
        }
        _ = try await promote(earlier)
        return earlier
    }

    /// Kept models, newest first, with their cards.
    func all() async throws(APIError) -> [ModelArtifact] {
        let kept = try await stored { () async throws(StoreError) in try await shelf.models(limit: Self.listed) }
        var models: [ModelArtifact] = []
        for model in kept where model.sha256 != engine.model.sha256 { models.append(try await load(model.sha256)) }
        return models
    }

    /// The model to begin with: the one that was promoted last, wherever that was; before the first promotion `model`.
    /// A model that is `named` and that the store has never seen is promoted by that.
    ///
    /// - Throws: `StoreError`; ``ServerRefusal`` when the store's model can't serve here.
    static func first(
        _ model: ModelArtifact, isNamed: Bool, on shelf: any ModelShelf, acceptsPolicyOverride: Bool, at now: Timestamp
    ) async throws -> ModelArtifact {
        if isNamed, try await shelf.artifact(model.sha256) == nil {
            let kept = KeptModel(sha256: model.sha256, version: model.version, addedAt: now, promotedAt: nil)
            try await shelf.keep(kept, artifact: model.serialized())
            try await shelf.promote(model.sha256, at: now)
            return model
        }
        guard let champion = try await shelf.promotions(limit: 1).first, champion != model.sha256 else { return model }
        guard let bytes = try await shelf.artifact(champion) else {
            throw ServerRefusal(
                message: "the store names a model that it does not keep (\(champion)): restore a backup")
        }
        let promoted: ModelArtifact
        do {
            promoted = try ModelArtifact(serialized: bytes)
        } catch {
            throw ServerRefusal(message: "the model that was promoted last can't be read: \(error)")
        }
        if let refusal = refusal(of: promoted, acceptsPolicyOverride) {
            throw ServerRefusal(message: "the model that was promoted last can't serve: it \(refusal)")
        }
        return promoted
    }

    // MARK: Steps

    /// More models are there, but not listed.
    private static let listed = 100

    private func promoted(limit: Int) async throws(APIError) -> [String] {
        try await stored { () async throws(StoreError) in try await shelf.promotions(limit: limit) }
    }

    private func note(_ sha256: String) async throws(APIError) {
        let now = clock.now
        try await stored { () async throws(StoreError) in try await shelf.promote(sha256, at: now) }
    }

    private func keep(_ model: ModelArtifact) async throws(APIError) {
        let kept = KeptModel(sha256: model.sha256, version: model.version, addedAt: clock.now, promotedAt: nil)
        try await stored { () async throws(StoreError) in
            try await shelf.keep(kept, artifact: model.serialized())
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

    private static func refusal(of model: ModelArtifact, _ acceptsPolicyOverride: Bool) -> String? {
        if !model.canAssess { return "has no reference population: import it again with --reference" }
        if model.policyOverridden && !acceptsPolicyOverride {
            return """
                was trained with columns that the policy leaves out; the server must run with --accept-policy-override
                """
        }
        return nil
    }

    private func put(_ model: ModelArtifact) throws(APIError) {
        do {
            try engine.replaceModel(model)
        } catch {
            throw APIError(.modelConflict, "the model can't serve: \(error.description)")
        }
    }
}
