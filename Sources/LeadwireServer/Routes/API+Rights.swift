import JSONBytes
import Leads
import Realtime
import Scoring

/// What a person may ask about what is stored of them: explain, export, stop, erase.
extension API {
    /// `GET /leads/{id}/explanation`.
    func explanation(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        let tenant = exchange.tenant
        let state = try await stored { () async throws(StoreError) in try await store.state(of: id, tenant: tenant) }
        guard let latest = state.latest else { throw Self.noScore() }
        var json = JSONWriter(reserving: 4_096)
        json.beginObject()
        json.member("lead_id", id)
        json.member("scored_at", latest.scoredAt.description)
        Self.copy(
            [
                "ml_score", "conversion_probability", "probability_interval", "classification", "ml_confidence",
                "analysis_summary", "key_insights", "recommendations", "feature_explanations", "shap_values",
                "base_value", "margin", "change", "data_support", "model", "warnings",
            ], from: latest.body, into: &json)
        let counterfactuals = try Self.counterfactuals(state, latest, engine, tenant)
        ScoreJSON.write(counterfactuals, from: latest.features, to: &json)
        json.member("automated_scoring", state.optedOut ? "stopped" : "active")
        json.endObject()
        return .json(json.bytes)
    }

    /// What would lift the lead into the next class; nothing where its scoring is stopped.
    private static func counterfactuals(
        _ state: LeadState, _ latest: StoredScore, _ engine: ScoringEngine, _ tenant: Tenant
    ) throws(APIError) -> Counterfactuals {
        guard !state.optedOut else { return .notAvailable("Automated scoring of this lead is stopped.") }
        do {
            return try engine.counterfactuals(
                features: latest.features, classification: latest.classification, tenant: tenant,
                asOf: latest.scoredAt)
        } catch {
            throw APIError(.internalError, "something failed on our side")
        }
    }

    /// `GET /leads/{id}/export`: everything stored about one lead.
    func export(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        let tenant = exchange.tenant
        let found = try await stored { () async throws(StoreError) in try await store.export(id, tenant: tenant) }
        guard let export = found else { throw APIError(.notFound, "nothing is stored of this lead") }
        var json = JSONWriter(reserving: 8_192)
        json.beginObject()
        json.member("lead_id", id)
        json.key("lead")
        if export.lead.isEmpty { json.null() } else { json.raw(export.lead) }
        json.key("scores")
        json.beginArray()
        for score in export.scores {
            json.raw(score.features.map { ScoreJSON.adding(features: $0, to: score.body) } ?? score.body)
        }
        json.endArray()
        Self.encode(export.outcomes, into: &json)
        Self.encode(export.reviews, into: &json)
        json.member("opted_out_at", export.optedOutAt?.description)
        json.member("exported_at", clock.now.description)
        json.endObject()
        return .json(json.bytes)
    }

    private static func encode(_ outcomes: [TenantOutcome], into json: inout JSONWriter) {
        json.key("outcomes")
        json.beginArray()
        for outcome in outcomes {
            json.beginObject()
            json.member("outcome", outcome.outcome.result.rawValue)
            json.member("value", outcome.outcome.value)
            json.member("at", outcome.outcome.at.description)
            json.member("recorded_at", outcome.recordedAt.description)
            json.endObject()
        }
        json.endArray()
    }

    private static func encode(_ reviews: [Review], into json: inout JSONWriter) {
        json.key("reviews")
        json.beginArray()
        for review in reviews {
            json.beginObject()
            json.member("classification", review.classification.rawValue)
            json.member("note", review.note)
            json.member("at", review.at.description)
            json.endObject()
        }
        json.endArray()
    }

    /// `POST /leads/{id}/opt-out`: from the answer on nothing scores the lead.
    func optOut(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        _ = try await exchange.collectBody(limit: exchange.limits.bodyBytes)
        let now = clock.now
        let tenant = exchange.tenant
        try await stored { () async throws(StoreError) in try await store.optOut(id, tenant: tenant, at: now) }
        try await forget(id, tenant: tenant)
        try await telling("stored, but the database went away before the other nodes were told: repeat this") {
            () async throws(APIError) in try await nodes?.tell(.optedOut, tenant: tenant, at: now)
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("lead_id", id)
        json.member("automated_scoring", "stopped")
        json.member("opted_out_at", now.description)
        json.endObject()
        return .json(json.bytes)
    }

    /// `DELETE /leads/{id}`: out of the store, the cache and the stream's memory, with a receipt.
    func erase(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        let now = clock.now
        let tenant = exchange.tenant
        let found: ErasureReceipt?
        do throws(StoreError) {
            found = try await store.erase(id, tenant: tenant, at: now)
        } catch {
            // It may be done, in whole or but for the log's old pages: the stream's memory tells of the lead no more.
            if [.outcomeUnknown, .erasureIncomplete, .other].contains(error.code) {
                hub.erase(subject: id, tenant: tenant.name)
            }
            try? await forget(id, tenant: tenant)
            throw Self.refusal(error)
        }
        hub.erase(subject: id, tenant: tenant.name)
        try await forget(id, tenant: tenant)
        // The store has left a notice with it: the other nodes, and what nodes share, hear of it now.
        await nodes?.hear()
        guard let receipt = found else { throw APIError(.notFound, "nothing is stored of this lead") }
        var json = JSONWriter()
        json.beginObject()
        json.member("lead_id", id)
        json.member("erased_at", receipt.at.description)
        json.key("erased")
        json.beginObject()
        json.member("scores", receipt.scores)
        json.member("events", receipt.events)
        json.member("outcomes", receipt.outcomes)
        json.member("idempotency_entries", receipt.idempotencyEntries)
        json.endObject()
        json.key("models_trained_on_it")
        json.beginArray()
        for model in receipt.modelsTrainedOnIt { json.value(model) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    private func forget(_ id: String, tenant: Tenant) async throws(APIError) {
        do {
            try await engine.forget(leadID: id, tenant: tenant)
        } catch {
            throw APIError(.storeUnavailable, "the cache can't forget the lead now; ask again")
        }
    }

    /// Copies members of a stored JSON object as they stand; one that is missing becomes null.
    private static func copy(_ names: [String], from body: [UInt8], into json: inout JSONWriter) {
        let document = try? JSONDocument(parsing: body)
        for name in names {
            json.key(name)
            if let value = document?.root[name] { json.raw(value.bytes) } else { json.null() }
        }
    }
}
