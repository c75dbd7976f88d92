import JSONBytes
public import Leads

/// The data of the other events, and the frame around all of them.
extension ScoreJSON {
    /// The text of one stream frame: `{"event_type","data","timestamp","id","offset"}`.
    public static func frame(_ committed: CommittedEvent) -> [UInt8] {
        var json = JSONWriter(reserving: committed.event.data.count + 192)
        json.beginObject()
        json.member("event_type", committed.event.type.rawValue)
        json.key("data")
        json.raw(committed.event.data)
        json.member("timestamp", committed.event.timestamp.description)
        json.member("id", committed.event.id)
        json.member("offset", committed.offset)
        json.endObject()
        return json.bytes
    }

    /// The data of `score_changed`.
    public static func scoreChanged(
        _ score: Score, _ change: ScoreChange, previous: Classification, name: String?, source: String?
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.member("lead_id", score.leadID)
        json.member("lead_name", name)
        json.member("source", source)
        json.member("request_id", score.requestID)
        json.member("ml_score", score.mlScore)
        json.member("from", change.from)
        json.member("delta", change.delta)
        json.member("classification", score.classification.rawValue)
        json.member("previous_classification", previous.rawValue)
        write("because", change.because, &json)
        json.member("scored_at", score.scoredAt.description)
        json.endObject()
        return json.bytes
    }

    /// The data of `lead_escalated`.
    public static func leadEscalated(_ score: Score, reason: String, name: String?, source: String?) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.member("lead_id", score.leadID)
        json.member("lead_name", name)
        json.member("source", source)
        json.member("request_id", score.requestID)
        json.member("ml_score", score.mlScore)
        json.member("conversion_probability", score.conversionProbability)
        json.member("ml_confidence", score.confidence)
        json.member("confidence_level", score.confidenceLevel.rawValue)
        json.member("classification", score.classification.rawValue)
        json.member("reason", reason)
        json.member("scored_at", score.scoredAt.description)
        json.endObject()
        return json.bytes
    }

    /// The data of `batch_processing`. `state` is `started`, `progress` or `finished`.
    public static func batchProcessing(
        batchID: String, done: Int, total: Int, failed: Int, state: StaticString
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 128)
        json.beginObject()
        json.member("batch_id", batchID)
        json.member("done", done)
        json.member("total", total)
        json.member("failed", failed)
        json.key("state")
        json.value(state)
        json.endObject()
        return json.bytes
    }
}
