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

    /// `GET /models`: the model in use, then the others that the store keeps, newest first.
    func models(_ exchange: Exchange) async throws -> Reply {
        let rivals = try await modelSwitch?.all() ?? []
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.key("models")
        json.beginArray()
        Self.encode(engine.model, state: "champion", into: &json)
        for rival in rivals { Self.encode(rival, state: "challenger", into: &json) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    private static func encode(_ model: ModelArtifact, state: String, into json: inout JSONWriter) {
        json.beginObject()
        json.key("model")
        encodeIdentity(of: model, into: &json)
        json.member("version", model.version)
        json.member("kind", model.kind.rawValue)
        json.member("state", state)
        encodeCard(model, into: &json)
        json.endObject()
    }

    /// `POST /models`: keeps an artifact beside the one in use.
    func addModel(_ exchange: Exchange) async throws -> Reply {
        try requireOperator(exchange)
        let bytes = try await exchange.collectBody(limit: exchange.limits.modelBytes)
        let model = try await shelf().keep(artifact: bytes)
        var json = JSONWriter()
        json.beginObject()
        json.key("model")
        Self.encodeIdentity(of: model, into: &json)
        json.member("state", model.sha256 == engine.model.sha256 ? "champion" : "challenger")
        json.endObject()
        return .json(json.bytes, status: 201)
    }

    /// `POST /models/{version}/promote`: puts a kept model into service, here at once and on other nodes within two
    /// seconds.
    func promote(_ exchange: Exchange) async throws -> Reply {
        let name = try await modelName(exchange)
        guard !isInUse(name) else {
            throw APIError(.modelConflict, "this version is in use already")
        }
        let kept = try await shelf().find(name)
        let before = try await shelf().promote(kept.sha256)
        return try await changed(from: before, exchange)
    }

    /// `POST /models/{version}/rollback`: from the named model, which is in use, to the one before it.
    func rollBack(_ exchange: Exchange) async throws -> Reply {
        let name = try await modelName(exchange)
        let before = engine.model.sha256
        let named = isInUse(name) ? before : try await shelf().find(name).sha256
        _ = try await shelf().rollBack(from: named)
        return try await changed(from: before, exchange)
    }

    /// Tells the other nodes and the stream what serves now.
    private func changed(from before: String, _ exchange: Exchange) async throws -> Reply {
        let model = engine.model
        let now = clock.now
        try await nodes?.tell(.promoted, tenant: exchange.tenant, body: Array(model.sha256.utf8), at: now)
        var json = JSONWriter()
        json.beginObject()
        json.member("state", "promoted")
        json.key("model")
        Self.encodeIdentity(of: model, into: &json)
        json.member("version", model.version)
        json.member("previous_sha256", before)
        json.endObject()
        let event = NewEvent(
            tenant: exchange.tenant, type: .modelStatus, id: RequestID.make(), timestamp: now, data: json.bytes,
            leadID: nil)
        _ = try await stored { () async throws(StoreError) in try await store.commit(Commit(events: [event])) }
        return .json(json.bytes)
    }

    private func modelName(_ exchange: Exchange) async throws -> String {
        try requireOperator(exchange)
        _ = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        return exchange.parameters[0]
    }

    private func isInUse(_ name: String) -> Bool { name == engine.model.version || name == engine.model.sha256 }

    private func shelf() throws(APIError) -> ModelSwitch {
        guard let modelSwitch else { throw APIError(.notFound, "no model of this version") }
        return modelSwitch
    }
}
