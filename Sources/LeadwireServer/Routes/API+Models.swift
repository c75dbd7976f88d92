import JSONBytes
import Leads
import Learning
import Scoring

extension API {
    /// Won outcomes that a first model of the team's own asks for, and as many that were not won: below some fifty
    /// events of the rarer class a handful of weights can't be told from noise.
    static let outcomesNeeded = 50

    /// `GET /model/status`.
    func modelStatus(_ exchange: Exchange) async throws -> Reply {
        let model = engine.model
        let tenant = exchange.tenant
        let stored = try await stored { () async throws(StoreError) in try await store.statistics(of: tenant) }
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.key("model")
        Self.encodeIdentity(of: model, into: &json)
        json.member("kind", model.kind.rawValue)
        let missingWon = max(0, Self.outcomesNeeded - stored.wonOutcomes)
        let missingOther = max(0, Self.outcomesNeeded - stored.otherOutcomes)
        json.member("message", Self.message(model.kind, missingWon: missingWon, missingOther: missingOther))
        json.key("outcomes")
        json.beginObject()
        json.member("won", stored.wonOutcomes)
        json.member("not_won", stored.otherOutcomes)
        json.member("needed_of_each", Self.outcomesNeeded)
        json.member("missing_won", missingWon)
        json.member("missing_not_won", missingOther)
        json.endObject()
        json.member("currency", currency)
        json.member("leads", stored.leads)
        json.member("scores", stored.scores)
        Self.encodeCard(model, into: &json)
        json.endObject()
        return .json(json.bytes)
    }

    private static func message(_ kind: ModelArtifact.Kind, missingWon: Int, missingOther: Int) -> String {
        switch kind {
        case .prior where missingWon + missingOther > 0:
            "prior, not learned: \(missingWon) won and \(missingOther) other outcomes are missing for a model of your own"
        case .prior: "prior, not learned: there are outcomes enough to train a model of your own"
        case .learned: "learned from the data that the card names"
        case .imported: "imported: trained elsewhere"
        }
    }

    private static func encodeIdentity(of model: ModelArtifact, into json: inout JSONWriter) {
        json.beginObject()
        json.member("name", model.card.name)
        json.member("version", model.version)
        json.member("sha256", model.sha256)
        json.member("prior_weight", model.priorWeight)
        json.endObject()
    }

    private static func encodeCard(_ model: ModelArtifact, into json: inout JSONWriter) {
        let card = model.card
        json.key("card")
        json.beginObject()
        json.member("rows", card.rows)
        json.member("positives", card.positives)
        json.member("window_from", card.windowFrom)
        json.member("window_to", card.windowTo)
        json.member("policy_overridden", model.policyOverridden)
        json.member("refitted_after_measuring", card.isRefitted)
        json.key("quality")
        if let figures = card.holdout.figures {
            json.beginObject()
            json.member("holdout", card.holdout.kind.rawValue)
            json.member("rows", figures.rows)
            json.member("positives", figures.positives)
            for figure in figures.figures {
                json.key(figure.measure.rawValue)
                json.beginObject()
                json.member("value", figure.value)
                json.member("lower_90", figure.interval?.lowerBound)
                json.member("upper_90", figure.interval?.upperBound)
                json.endObject()
            }
            json.endObject()
        } else {
            json.null()
        }
        json.key("notes")
        json.beginArray()
        for note in card.notes { json.value(note) }
        json.endArray()
        json.endObject()
    }

    /// `GET /models`: the model in use. Rivals come with the registry of a later issue.
    func models(_ exchange: Exchange) async throws -> Reply {
        let model = engine.model
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.key("models")
        json.beginArray()
        json.beginObject()
        json.key("model")
        Self.encodeIdentity(of: model, into: &json)
        json.member("version", model.version)
        json.member("kind", model.kind.rawValue)
        json.member("state", "champion")
        Self.encodeCard(model, into: &json)
        json.endObject()
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    /// `POST /models/{version}/promote`.
    func promote(_ exchange: Exchange) async throws -> Reply {
        try await requireKnownModel(exchange)
        throw APIError(.modelConflict, "this version is in use already, and there is no other")
    }

    /// `POST /models/{version}/rollback`.
    func rollBack(_ exchange: Exchange) async throws -> Reply {
        try await requireKnownModel(exchange)
        throw APIError(.modelConflict, "there is no earlier model to go back to")
    }

    private func requireKnownModel(_ exchange: Exchange) async throws {
        _ = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        let version = exchange.parameters[0]
        let model = engine.model
        guard version == model.version || version == model.sha256 else {
            throw APIError(.notFound, "no model of this version")
        }
    }
}
