import JSONBytes
import Leads

/// The answer of `POST /batch-score`.
extension ScoreJSON {
    static func batch(
        batchID: String, results: [(index: Int, answer: ScoreAnswer)],
        failures: [(index: Int, failure: BatchFailure)], processingTimeMilliseconds: Double
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 1_024 + results.reduce(0) { $0 + $1.answer.body.count + 1 })
        json.beginObject()
        json.member("batch_id", batchID)
        json.key("results")
        json.beginArray()
        for result in results { json.raw(result.answer.body) }
        json.endArray()
        json.key("errors")
        json.beginArray()
        for (index, failure) in failures {
            json.beginObject()
            json.member("index", index)
            json.member("lead_id", failure.leadID)
            json.member("error", failure.code)
            json.member("message", failure.message)
            json.key("details")
            json.beginArray()
            for problem in failure.details {
                json.beginObject()
                json.member("field", problem.field)
                json.member("problem", problem.problem)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        json.member("total", results.count + failures.count)
        json.member("succeeded", results.count)
        json.member("failed", failures.count)
        let known = results.compactMap { $0.answer.record?.score.mlScore }
        json.member("average_score", known.isEmpty ? nil : Figures.score(known.reduce(0, +) / Double(known.count)))
        json.key("score_distribution")
        json.beginObject()
        for classification in Classification.allCases {
            json.key(classification.rawValue)
            json.value(results.count { $0.answer.record?.score.classification == classification })
        }
        json.endObject()
        json.member("processing_time_ms", processingTimeMilliseconds)
        json.endObject()
        return json.bytes
    }
}
