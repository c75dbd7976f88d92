import JSONBytes
import Leads
import Scoring

extension API {
    /// `GET /performance/report`: measured latency by stage, since start and over the last minute.
    func performance(_ exchange: Exchange) async throws -> Reply {
        try requireOperator(exchange)
        let scoring = engine.statistics
        var json = JSONWriter(reserving: 4_096)
        json.beginObject()
        json.member("uptime_seconds", statistics.uptime.inSeconds)
        encodeThroughput(scoring, into: &json)
        json.key("latency_ms")
        json.beginObject()
        for stage in RequestStatistics.Stage.allCases {
            json.key(stage.rawValue)
            Self.encode(statistics.reading(of: stage), into: &json)
        }
        for stage in ScoringStage.allCases {
            guard let sinceStart = scoring.sinceStart[stage], let lastMinute = scoring.lastMinute[stage] else {
                continue
            }
            json.key("engine_" + stage.rawValue)
            Self.encode(RequestStatistics.Reading(sinceStart: sinceStart, lastMinute: lastMinute), into: &json)
        }
        json.key("all_requests")
        Self.encode(statistics.allRequests, into: &json)
        json.endObject()
        encodeCache(scoring, into: &json)
        json.member("measured_at", clock.now.description)
        json.endObject()
        return .json(json.bytes)
    }

    private func encodeThroughput(_ scoring: ScoringStatistics, into json: inout JSONWriter) {
        let all = statistics.allRequests
        let uptime = max(statistics.uptime.inSeconds, 0.001)
        json.key("throughput")
        json.beginObject()
        json.member("requests_total", all.sinceStart.count)
        json.member("requests_per_second_since_start", Double(all.sinceStart.count) / uptime)
        json.member("requests_per_second_last_minute", Double(all.lastMinute.count) / min(uptime, 60))
        json.member("scores_computed", scoring.scored)
        json.member("scores_per_second_since_start", scoring.scoresPerSecond)
        json.member("shared_computations", scoring.sharedComputations)
        json.member("idempotent_replays", scoring.idempotentReplays)
        json.member("failures", scoring.failures)
        json.member("escalations", scoring.escalations)
        json.endObject()
    }

    private func encodeCache(_ scoring: ScoringStatistics, into json: inout JSONWriter) {
        let cached = cache.statistics
        json.key("cache")
        json.beginObject()
        json.member("entries", cached.entries)
        json.member("hits", cached.hits)
        json.member("misses", cached.misses)
        json.member("evictions", cached.evictions)
        json.member("hit_rate", scoring.cacheHitRate)
        json.endObject()
    }

    private static func encode(_ reading: RequestStatistics.Reading, into json: inout JSONWriter) {
        json.beginObject()
        json.key("since_start")
        encode(reading.sinceStart, into: &json)
        json.key("last_minute")
        encode(reading.lastMinute, into: &json)
        json.endObject()
    }

    /// Figures of an empty window are null, not 0.
    private static func encode(_ summary: LatencySummary, into json: inout JSONWriter) {
        func figure(_ value: Double) -> Double? { summary.count > 0 ? value : nil }
        json.beginObject()
        json.member("count", summary.count)
        json.member("mean", figure(summary.meanMilliseconds))
        json.member("p50", figure(summary.p50Milliseconds))
        json.member("p95", figure(summary.p95Milliseconds))
        json.member("p99", figure(summary.p99Milliseconds))
        json.member("max", figure(summary.largestMilliseconds))
        json.endObject()
    }
}
