public import Features
import JSONBytes
public import Leads

/// The wire forms of scores and of the events that scoring raises. Byte-stable: the same value gives the same bytes.
///
/// Figures come rounded in the ``Score`` (see `Figures`); nothing is rounded here.
public enum ScoreJSON {
    /// What of a score an answer shows.
    public struct Options: Sendable {
        public var includeExplanations = true
        /// As extracted, before masking; nil leaves `features` out.
        public var features: FeatureVector?
        /// Answers `cache_hit: true` and `score_source: "cache"`.
        public var isCacheHit = false
        /// Replaces the stored request's id where the repeating one brought its own.
        public var requestID: String?

        public init() {}
    }

    /// The answer of `POST /score`.
    public static func score(_ score: Score, options: Options = Options()) -> [UInt8] {
        var json = JSONWriter(reserving: options.includeExplanations ? 6_144 : 2_048)
        json.beginObject()
        json.member("lead_id", score.leadID)
        writeCore(score, options, &json)
        if options.includeExplanations { writeExplanations(score, &json) }
        writeRest(score, options, &json)
        if let vector = options.features { writeFeatures(vector, &json) }
        json.endObject()
        return json.bytes
    }

    /// The data of `lead_scored`: the score without explanations and SHAP, plus `lead_name`, `source`, `needs_review`.
    public static func leadScored(_ score: Score, name: String?, source: String?, needsReview: Bool) -> [UInt8] {
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        json.member("lead_id", score.leadID)
        json.member("lead_name", name)
        json.member("source", source)
        json.member("needs_review", needsReview)
        writeCore(score, Options(), &json)
        writeRest(score, Options(), &json)
        json.endObject()
        return json.bytes
    }

    /// `{"schema": "features/1", "values": {name: value or null}}` under the key `features`.
    static func writeFeatures(_ vector: FeatureVector, _ json: inout JSONWriter) {
        json.key("features")
        json.beginObject()
        json.key("schema")
        json.value(FeatureVector.schema)
        json.key("values")
        json.beginObject()
        for feature in Feature.allCases {
            json.key(feature.name)
            if vector.isMissing(feature) {
                json.null()
                continue
            }
            switch feature.kind {
            case .numerical: json.value(vector[feature])
            case .categorical: json.value(vector.category(feature) ?? "")
            case .boolean: json.value(vector[feature] == 1)
            }
        }
        json.endObject()
        json.endObject()
    }

    private static func writeCore(_ score: Score, _ options: Options, _ json: inout JSONWriter) {
        json.member("request_id", options.requestID ?? score.requestID)
        json.member("ml_score", score.mlScore)
        json.member("conversion_probability", score.conversionProbability)
        json.key("probability_interval")
        json.beginArray()
        json.value(score.probabilityInterval.lower)
        json.value(score.probabilityInterval.upper)
        json.endArray()
        json.member("ml_confidence", score.confidence)
        json.member("confidence_level", score.confidenceLevel.rawValue)
        json.member("classification", score.classification.rawValue)
        json.member("estimated_commission", score.estimatedCommission)
        json.member("expected_commission", score.expectedCommission)
        json.member("expected_close_days", score.expectedCloseDays)
        json.member("score_source", (options.isCacheHit ? ScoreSource.cache : score.source).rawValue)
        json.member("analysis_summary", score.analysisSummary)
        write("key_insights", score.keyInsights, &json)
        write("recommendations", score.recommendations, &json)
    }

    private static func writeExplanations(_ score: Score, _ json: inout JSONWriter) {
        json.key("feature_explanations")
        json.beginArray()
        for explanation in score.explanations {
            json.beginObject()
            json.member("feature_name", explanation.featureName)
            json.member("feature_value", explanation.featureValue)
            json.member("importance_score", explanation.importance)
            json.member("impact_direction", explanation.direction.rawValue)
            json.member("human_explanation", explanation.sentence)
            json.endObject()
        }
        json.endArray()
        json.key("shap_values")
        json.beginObject()
        for contribution in score.shapValues {
            json.key(contribution.feature)
            json.value(contribution.value)
        }
        json.endObject()
    }

    private static func writeRest(_ score: Score, _ options: Options, _ json: inout JSONWriter) {
        json.member("base_value", score.baseValue)
        json.member("margin", score.margin)
        json.key("change")
        if let change = score.change {
            json.beginObject()
            json.member("from", change.from)
            json.member("delta", change.delta)
            write("because", change.because, &json)
            json.endObject()
        } else {
            json.null()
        }
        json.key("model")
        json.beginObject()
        json.member("name", score.model.name)
        json.member("version", score.model.version)
        json.member("sha256", score.model.sha256)
        json.member("prior_weight", score.model.priorWeight)
        json.endObject()
        json.member("processing_time_ms", score.processingTimeMilliseconds)
        json.member("ml_inference_time_ms", score.inferenceTimeMilliseconds)
        json.member("claude_analysis_time_ms", score.secondOpinionTimeMilliseconds)
        json.key("data_support")
        json.beginObject()
        json.member("missing_features", score.dataSupport.missingFeatures)
        write("out_of_range", score.dataSupport.outOfRange, &json)
        write("unseen_categories", score.dataSupport.unseenCategories, &json)
        json.member("largest_reason", score.dataSupport.largestReason)
        json.endObject()
        json.member("cache_hit", options.isCacheHit)
        json.member("scored_at", score.scoredAt.description)
        json.member("expires_at", score.expiresAt.description)
        write("warnings", score.warnings, &json)
    }

    static func write(_ key: StaticString, _ texts: [String], _ json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for text in texts { json.value(text) }
        json.endArray()
    }
}

extension ScoreJSON {
    /// A stored answer with `features` put at its end, as `?include=features` asks: the same bytes as a POST gives.
    public static func adding(features vector: FeatureVector, to body: [UInt8]) -> [UInt8] {
        precondition(body.last == UInt8(ascii: "}"), "a stored answer is an object")
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        writeFeatures(vector, &json)
        json.endObject()
        return body.dropLast() + [UInt8(ascii: ",")] + json.bytes.dropFirst()
    }
}
