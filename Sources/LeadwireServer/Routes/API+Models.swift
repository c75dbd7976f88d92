import HTTPTypes
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
        let tenant = exchange.tenant
        let model = engine.model(of: tenant)
        let stored = try await stored { () async throws(StoreError) in try await store.statistics(of: tenant) }
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.key("model")
        ModelJSON.identity(of: model, into: &json)
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
        try await encodeLearning(of: tenant, into: &json)
        ModelJSON.card(of: model, into: &json)
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

    /// What is on trial, and when the model was last learned.
    private func encodeLearning(of tenant: Tenant, into json: inout JSONWriter) async throws(APIError) {
        json.key("challenger")
        if let challenger = engine.challenger(of: tenant) {
            ModelJSON.identity(of: challenger, into: &json)
        } else {
            json.null()
        }
        json.key("trial")
        if let standing = care?.judge?.standing(of: tenant) { standing.encode(to: &json) } else { json.null() }
        json.key("drift")
        if let report = engine.drift(of: tenant) { DriftJSON.encodeMoved(report, to: &json) } else { json.null() }
        json.key("training")
        guard let retrainer = care?.retrainer else { return json.null() }
        let reading = try await stored { () async throws(StoreError) in try await retrainer.reading(of: tenant) }
        json.beginObject()
        json.member("state", reading.isTraining ? "training" : "idle")
        json.member("last_started_at", reading.last?.startedAt.description)
        json.member("outcomes_then", reading.last?.outcomes)
        json.member("after_outcomes", retrainer.settings.afterOutcomes)
        json.member("failure", reading.failure)
        json.key("calibration")
        if let calibration = reading.calibration { calibration.encode(to: &json) } else { json.null() }
        json.endObject()
    }

    /// `GET /models`: the model in use, then the others that the store keeps for the caller, newest first.
    func models(_ exchange: Exchange) async throws -> Reply {
        let scope = try scope(exchange)
        let others = try await care?.desk.models.others(in: scope) ?? []
        let trial = try await care?.desk.models.challenger(in: scope)
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.key("models")
        json.beginArray()
        let champion = care?.desk.models.inUse(in: scope) ?? engine.model(of: exchange.tenant)
        Self.encode(champion, state: "champion", into: &json)
        for (kept, model) in others {
            let state =
                model.sha256 == trial
                ? "challenger" : kept.promotedAt != nil ? "retired" : kept.rejectedAt != nil ? "rejected" : "kept"
            Self.encode(model, state: state, into: &json)
        }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    private static func encode(_ model: ModelArtifact, state: String, into json: inout JSONWriter) {
        json.beginObject()
        json.key("model")
        ModelJSON.identity(of: model, into: &json)
        json.member("version", model.version)
        json.member("kind", model.kind.rawValue)
        json.member("state", state)
        ModelJSON.card(of: model, into: &json)
        json.endObject()
    }

    /// `POST /models`: keeps an artifact beside the one in use, on trial.
    func addModel(_ exchange: Exchange) async throws -> Reply {
        let scope = try scope(exchange)
        let desk = try requireDesk()
        let bytes = try await exchange.collectBody(limit: exchange.limits.modelBytes)
        let model = try await desk.add(artifact: bytes, in: scope, caller: exchange.tenant)
        var json = JSONWriter()
        json.beginObject()
        json.key("model")
        ModelJSON.identity(of: model, into: &json)
        json.member("state", model.sha256 == desk.models.inUse(in: scope).sha256 ? "champion" : "challenger")
        json.endObject()
        return .json(json.bytes, status: 201)
    }

    /// `POST /models/{version}/promote`: puts a kept model into service, here at once and on other nodes within two
    /// seconds.
    func promote(_ exchange: Exchange) async throws -> Reply {
        let (name, scope, desk) = try await named(exchange)
        guard !isInUse(name, scope, desk) else {
            throw APIError(.modelConflict, "this version is in use already")
        }
        let kept = try await desk.models.find(name, in: scope)
        return .json(try await desk.promote(kept.sha256, in: scope, caller: exchange.tenant))
    }

    /// `POST /models/{version}/rollback`: from the named model, which is in use, to the one before it.
    func rollBack(_ exchange: Exchange) async throws -> Reply {
        let (name, scope, desk) = try await named(exchange)
        let inUse = desk.models.inUse(in: scope).sha256
        let named = isInUse(name, scope, desk) ? inUse : try await desk.models.find(name, in: scope).sha256
        return .json(try await desk.rollBack(from: named, in: scope, caller: exchange.tenant))
    }

    /// `POST /models/train`: learns from the outcomes now rather than when it is due; `model_status` tells what came of it.
    func train(_ exchange: Exchange) async throws -> Reply {
        _ = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        guard let retrainer = care?.retrainer else {
            throw APIError(.notFound, "this server does not train: run leadwire train --from-store")
        }
        guard retrainer.ask(for: exchange.tenant) else {
            throw APIError(.overloaded, "more trainings wait than the limit allows")
        }
        return .json(Array(#"{"state":"queued"}"#.utf8), status: 202)
    }

    // MARK: What these routes share

    /// Whose model is meant: in local mode everyone's; else the caller's tenant's, or with `scope=everyone` that of all
    /// tenants without one of their own.
    private func scope(_ exchange: Exchange) throws(APIError) -> ModelScope {
        switch exchange.query["scope"] {
        case nil: return care?.desk.models.scope(of: exchange.tenant) ?? .everyone
        case "everyone":
            if exchange.method != .get { try requireOperatorToChange(exchange) }
            return .everyone
        default: throw .invalid("scope", "must be everyone, or left out for the models of the caller's tenant")
        }
    }

    private func named(
        _ exchange: Exchange
    ) async throws -> (name: String, scope: ModelScope, desk: ModelDesk) {
        let scope = try scope(exchange)
        _ = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        return (exchange.parameters[0], scope, try requireDesk())
    }

    private func isInUse(_ name: String, _ scope: ModelScope, _ desk: ModelDesk) -> Bool {
        let model = desk.models.inUse(in: scope)
        return name == model.version || name == model.sha256
    }

    private func requireDesk() throws(APIError) -> ModelDesk {
        guard let desk = care?.desk else { throw APIError(.notFound, "no model of this version") }
        return desk
    }
}
