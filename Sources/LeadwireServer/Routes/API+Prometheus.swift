import Leads
import Realtime
import Scoring

extension API {
    /// `GET /metrics`: the text format of Prometheus. Labels are documented paths, methods, statuses, stages and event
    /// types: bounded, and never about a lead.
    func prometheus(_ exchange: Exchange) async throws -> Reply {
        try requireOperator(exchange)
        var text = PrometheusText()
        encodeRequests(into: &text)
        encodeScoring(into: &text)
        encodeLimits(into: &text)
        return Reply(contentType: PrometheusText.contentType, body: .bytes(Array(text.text.utf8)))
    }

    private func encodeRequests(into text: inout PrometheusText) {
        text.family("leadwire_uptime_seconds", .gauge, "Since the server was started.")
        text.sample("leadwire_uptime_seconds", statistics.uptime.inSeconds)
        text.family("leadwire_http_requests_total", .counter, "Answered requests.")
        for (key, count) in statistics.requestCounts() {
            text.sample(
                "leadwire_http_requests_total",
                [("route", key.route), ("method", key.method), ("status", "\(key.status)")], Double(count))
        }
        text.family("leadwire_stage_seconds", .summary, "Stages of scoring requests, quantiles of the last minute.")
        for stage in RequestStatistics.Stage.allCases {
            let reading = statistics.reading(of: stage)
            encode(stage.rawValue, reading.sinceStart, reading.lastMinute, into: &text)
        }
        let scoring = engine.statistics
        for stage in ScoringStage.allCases {
            guard let sinceStart = scoring.sinceStart[stage], let lastMinute = scoring.lastMinute[stage] else {
                continue
            }
            encode("engine_" + stage.rawValue, sinceStart, lastMinute, into: &text)
        }
    }

    private func encode(
        _ stage: String, _ sinceStart: LatencySummary, _ lastMinute: LatencySummary, into text: inout PrometheusText
    ) {
        let quantiles = [
            ("0.5", lastMinute.p50Milliseconds), ("0.95", lastMinute.p95Milliseconds),
            ("0.99", lastMinute.p99Milliseconds),
        ]
        for (quantile, milliseconds) in quantiles {
            text.sample(
                "leadwire_stage_seconds", [("stage", stage), ("quantile", quantile)],
                lastMinute.count > 0 ? milliseconds / 1_000 : .nan)
        }
        text.sample(
            "leadwire_stage_seconds_sum", [("stage", stage)],
            sinceStart.meanMilliseconds * Double(sinceStart.count) / 1_000)
        text.sample("leadwire_stage_seconds_count", [("stage", stage)], Double(sinceStart.count))
    }

    private func encodeScoring(into text: inout PrometheusText) {
        let scoring = engine.statistics
        let counters = [
            ("leadwire_scores_total", "Scores computed and stored.", scoring.scored),
            ("leadwire_cache_hits_total", "Answers from the cache.", scoring.cacheHits),
            ("leadwire_shared_computations_total", "Answers from an equal request.", scoring.sharedComputations),
            ("leadwire_idempotent_replays_total", "Repeated first answers.", scoring.idempotentReplays),
            ("leadwire_scoring_failures_total", "Scoring requests without a score.", scoring.failures),
            ("leadwire_escalations_total", "Leads escalated for a second look.", scoring.escalations),
        ]
        for (name, help, value) in counters {
            text.family(name, .counter, help)
            text.sample(name, Double(value))
        }
        text.family("leadwire_cache_entries", .gauge, "Records in the cache.")
        text.sample("leadwire_cache_entries", Double(cache.statistics.entries))
    }

    private func encodeLimits(into text: inout PrometheusText) {
        let admitted = admission.reading
        text.family("leadwire_scores_in_flight", .gauge, "Places taken, of max_concurrent_scores.")
        text.sample("leadwire_scores_in_flight", Double(admitted.inFlight))
        text.family("leadwire_score_streams", .gauge, "NDJSON streams that are open.")
        text.sample("leadwire_score_streams", Double(admitted.streams))
        text.family("leadwire_scores_shed_total", .counter, "Scoring requests refused because too many were in flight.")
        text.sample("leadwire_scores_shed_total", Double(admitted.refused))
        let circuits = [("read", store.readCircuit), ("write", store.writeCircuit)]
        text.family("leadwire_store_circuit_open", .gauge, "1 while the store is not asked because it does not answer.")
        for (name, circuit) in circuits {
            text.sample("leadwire_store_circuit_open", [("circuit", name)], circuit.isOpen ? 1 : 0)
        }
        text.family("leadwire_store_circuit_openings_total", .counter, "Times that the circuit opened.")
        for (name, circuit) in circuits {
            text.sample("leadwire_store_circuit_openings_total", [("circuit", name)], Double(circuit.openings))
        }
        text.family("leadwire_store_circuit_refusals_total", .counter, "Calls refused while it was open.")
        for (name, circuit) in circuits {
            text.sample("leadwire_store_circuit_refusals_total", [("circuit", name)], Double(circuit.refusals))
        }
    }
}
