import JSONBytes
import Leads
import Scoring

extension API {
    /// `GET /health`: 200 whenever the server can answer; what is wrong stands in the body. Load balancers ask
    /// `/health/ready`. Whoever shows no token in JWT mode gets `status` alone.
    func healthReport(_ exchange: Exchange) async throws -> Reply {
        let report = await health.check()
        guard showsProcess(to: exchange) else {
            var json = JSONWriter()
            json.beginObject()
            json.member("status", report.status.rawValue)
            json.endObject()
            return .json(json.bytes)
        }
        let all = statistics.allRequests
        let failures = statistics.failedRequests
        var json = JSONWriter(reserving: 768)
        json.beginObject()
        json.member("status", report.status.rawValue)
        Self.encode("ml_model_status", report.model, into: &json)
        Self.encode("cache_status", report.cache, into: &json)
        Self.encode("database_status", report.database, into: &json)
        Self.encode("event_log_status", report.eventLog, into: &json)
        let recent = all.lastMinute.count > 0 ? all.lastMinute : all.sinceStart
        json.member("average_response_time_ms", recent.count > 0 ? recent.meanMilliseconds : nil)
        json.member("requests_per_minute", Double(all.lastMinute.count))
        let share = Double(failures.lastMinute.count) / Double(max(1, all.lastMinute.count))
        json.member("error_rate_percent", min(100, 100 * share))
        json.member("uptime_seconds", statistics.uptime.inSeconds)
        json.member("version", LeadwireVersion.current)
        json.member("checked_at", clock.now.description)
        json.endObject()
        return .json(json.bytes)
    }

    private static func encode(_ name: StaticString, _ part: PartHealth, into json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.member("status", part.status.rawValue)
        json.member("latency_ms", part.latencyMilliseconds)
        json.member("error", part.error)
        json.member("last_error", part.lastError)
        json.endObject()
    }

    /// `GET /health/live`: no dependency is asked.
    func live(_ exchange: Exchange) async throws -> Reply {
        .json(Array(#"{"status":"alive"}"#.utf8))
    }

    /// `GET /health/ready`: 503 while the server can't score or can't store.
    func ready(_ exchange: Exchange) async throws -> Reply {
        let report = await health.check()
        guard report.isReady else {
            var error = APIError(.storeUnavailable, "not ready")
            guard showsProcess(to: exchange) else { throw error }
            if report.model.status == .unavailable {
                error = APIError(.noModel, "the model does not answer as it should")
            } else {
                error.message = "the store does not answer (\(report.database.error ?? "unknown"))"
            }
            throw error
        }
        return .json(Array(#"{"status":"ready"}"#.utf8))
    }
}
