import Leads
import Learning
import Scoring

extension ModelSwitch {
    /// The model to begin with: the one that was promoted for everyone last, wherever that was; before the first promotion
    /// `model`. A model that is `named` and that the store has never seen is promoted by that.
    ///
    /// - Throws: `StoreError`; ``ServerRefusal`` when the store's model can't serve here.
    static func first(
        _ model: ModelArtifact, isNamed: Bool, on shelf: any ModelShelf, acceptsPolicyOverride: Bool, at now: Timestamp
    ) async throws -> ModelArtifact {
        if isNamed, try await shelf.artifact(model.sha256) == nil {
            let kept = KeptModel(sha256: model.sha256, version: model.version, addedAt: now, promotedAt: nil)
            try await shelf.keep(kept, artifact: model.serialized(), in: .everyone)
            try await shelf.promote(model.sha256, in: .everyone, at: now)
            return model
        }
        guard let champion = try await shelf.promotions(in: .everyone, limit: 1).first, champion != model.sha256 else {
            return model
        }
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
}
