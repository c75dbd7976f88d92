import HTTPTypes
import Realtime

extension API {
    /// Every path that this server answers; the description at `/openapi.json` lists the same.
    func routes() -> [Route] {
        scoringRoutes() + leadRoutes() + modelRoutes() + healthRoutes() + streamRoutes() + inferenceRoutes()
            + pageRoutes()
    }

    private func scoringRoutes() -> [Route] {
        let prefix = Self.prefix
        return [
            Route(.post, prefix + "/score", role: .agent, answer: score),
            Route(.post, prefix + "/score/features", role: .agent, answer: scoreFeatures),
            Route(.post, prefix + "/batch-score", role: .agent, answer: scoreBatch),
            Route(
                .post, prefix + "/batch-score/stream", role: .agent, contentTypes: [Reply.ndjson, Reply.json],
                answer: scoreStream),
            Route(.get, prefix + "/score/{lead_id}", role: .viewer, answer: storedScore),
            Route(.get, prefix + "/score/{lead_id}/history", role: .viewer, answer: history),
        ]
    }

    private func leadRoutes() -> [Route] {
        let prefix = Self.prefix
        return [
            Route(.get, prefix + "/leads", role: .viewer, answer: listLeads),
            Route(.post, prefix + "/leads/{lead_id}/review", role: .agent, answer: review),
            Route(.get, prefix + "/leads/{lead_id}/explanation", role: .agent, answer: explanation),
            Route(.get, prefix + "/leads/{lead_id}/export", role: .agent, answer: export),
            Route(.post, prefix + "/leads/{lead_id}/opt-out", role: .agent, bodyIsOptional: true, answer: optOut),
            Route(.delete, prefix + "/leads/{lead_id}", role: .admin, answer: erase),
            Route(.post, prefix + "/outcomes", role: .agent, answer: recordOutcome),
        ]
    }

    private func modelRoutes() -> [Route] {
        let prefix = Self.prefix
        return [
            Route(.get, prefix + "/model/status", role: .viewer, answer: modelStatus),
            Route(.get, prefix + "/models", role: .viewer, answer: models),
            Route(.post, prefix + "/models", role: .admin, contentTypes: [Reply.bytes], answer: addModel),
            Route(.post, prefix + "/models/train", role: .admin, bodyIsOptional: true, answer: train),
            Route(.post, prefix + "/models/{version}/promote", role: .admin, bodyIsOptional: true, answer: promote),
            Route(.post, prefix + "/models/{version}/rollback", role: .admin, bodyIsOptional: true, answer: rollBack),
        ]
    }

    private func healthRoutes() -> [Route] {
        let both = ["", Self.prefix].flatMap { prefix in
            [
                Route(.get, prefix + "/health", role: nil, answer: healthReport),
                Route(.get, prefix + "/health/live", role: nil, answer: live),
                Route(.get, prefix + "/health/ready", role: nil, answer: ready),
            ]
        }
        return both + [
            Route(.get, Self.prefix + "/performance/report", role: .viewer, answer: performance),
            Route(.get, "/metrics", role: .admin, answer: prometheus),
        ]
    }

    private func streamRoutes() -> [Route] {
        let prefix = Self.prefix
        return [
            Route(.get, Self.liveScoresPath, role: .viewer, answer: refuseWithoutUpgrade),
            Route(.get, Self.eventsPath, role: .viewer, answer: events),
            Route(.post, Self.eventsPath + "/ticket", role: .viewer, bodyIsOptional: true, answer: streamTicket),
            Route(.get, Self.eventsPath + "/history", role: .viewer, answer: eventHistory),
            Route(.get, prefix + "/ws/metrics", role: .admin, answer: streamMetrics),
            Route(.get, prefix + "/ws/connections", role: .admin, answer: connections),
            Route(.delete, prefix + "/ws/connections/{connection_id}", role: .admin, answer: disconnect),
            Route(.post, prefix + "/ws/broadcast", role: .admin, answer: broadcast),
            Route(.post, prefix + "/ws/disconnect", role: .admin, answer: disconnectSelected),
            Route(.post, prefix + "/tokens/revoke", role: .admin, answer: revoke),
        ]
    }

    private func inferenceRoutes() -> [Route] {
        let model = "/v2/models/{model_name}"
        return [
            Route(.get, "/v2", role: nil, answer: inferenceServer),
            Route(.get, "/v2/health/live", role: nil, answer: inferenceLive),
            Route(.get, "/v2/health/ready", role: nil, answer: inferenceReady),
        ]
            + [model, model + "/versions/{model_version}"].flatMap { path in
                [
                    Route(.get, path, role: .viewer, answer: inferenceModel),
                    Route(.get, path + "/ready", role: .viewer, answer: inferenceModelReady),
                    // Clients of the protocol name no content type.
                    Route(
                        .post, path + "/infer", role: .agent, contentTypes: [Reply.json, Reply.bytes],
                        contentTypeIsOptional: true, answer: infer),
                ]
            }
    }

    private func pageRoutes() -> [Route] {
        [
            Route(.get, "/", role: nil, answer: { _ in Pages.board }),
            Route(.get, "/docs", role: nil, answer: { _ in Pages.docs }),
            Route(.get, "/openapi.json", role: nil, answer: { _ in Pages.description }),
        ]
    }
}
