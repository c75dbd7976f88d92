public import Features
import JSONBytes
public import Leads

/// Scores as they are read back: the ranked list and the history of one lead.
extension ScoreJSON {
    /// One entry of `GET /leads`.
    public static func listEntry(_ stored: StoredScore) -> [UInt8] {
        var json = JSONWriter(reserving: 384)
        json.beginObject()
        json.member("lead_id", stored.leadID)
        json.member("lead_name", stored.leadName)
        json.member("source", stored.leadSource)
        writeColumns(stored, &json)
        json.endObject()
        return json.bytes
    }

    /// The answer of `GET /score/{lead_id}/history`.
    ///
    /// `scores` come newest first; each entry's `change` compares it with the next older one of the list. Of `masked`
    /// features nothing is said.
    public static func history(
        leadID: String, scores: [StoredScore], masked: Set<Feature> = FeaturePolicy.standard.maskedFeatures
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 256 + scores.count * 384)
        json.beginObject()
        json.member("lead_id", leadID)
        json.member("trend", trend(scores))
        json.key("scores")
        json.beginArray()
        for (place, stored) in scores.enumerated() {
            json.beginObject()
            writeColumns(stored, &json)
            json.key("change")
            if place + 1 < scores.count {
                writeChange(from: scores[place + 1], to: stored, masked, &json)
            } else {
                json.null()
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// `rising`, `falling` or `steady` (within 2 points) from the oldest to the newest score; nil below two.
    static func trend(_ scores: [StoredScore]) -> String? {
        guard scores.count > 1, let newest = scores.first?.mlScore, let oldest = scores.last?.mlScore else {
            return nil
        }
        return newest - oldest > 2 ? "rising" : newest - oldest < -2 ? "falling" : "steady"
    }

    private static func writeColumns(_ stored: StoredScore, _ json: inout JSONWriter) {
        json.member("ml_score", stored.mlScore)
        json.member("conversion_probability", stored.conversionProbability)
        json.member("ml_confidence", stored.confidence)
        json.member("confidence_level", ConfidenceLevel(stored.confidence).rawValue)
        json.member("classification", stored.classification.rawValue)
        json.member("estimated_commission", stored.estimatedCommission)
        json.member(
            "expected_commission", stored.estimatedCommission.map { Figures.money($0 * stored.conversionProbability) })
        json.member("needs_review", stored.needsReview)
        json.member("model_sha256", stored.modelSHA256)
        json.member("scored_at", stored.scoredAt.description)
    }

    /// null where either has no score.
    private static func writeChange(
        from old: StoredScore, to new: StoredScore, _ masked: Set<Feature>, _ json: inout JSONWriter
    ) {
        guard let before = old.mlScore, let after = new.mlScore else {
            json.null()
            return
        }
        json.beginObject()
        json.member("from", before)
        json.member("delta", Figures.score(after - before))
        var because: [String] = []
        if old.modelSHA256 != new.modelSHA256 { because.append("The model changed.") }
        if let before = old.features, let after = new.features {
            for feature in Feature.allCases where !masked.contains(feature) {
                guard before[feature].bitPattern != after[feature].bitPattern else { continue }
                let then = FeatureWording.statement(feature, in: before)
                let now = FeatureWording.statement(feature, in: after)
                // A number may move without there being another word for it, and several features share their words.
                let sentence = "\(now). Before: \(then)."
                if then != now, !because.contains(sentence) { because.append(sentence) }
            }
        }
        write("because", because, &json)
        json.endObject()
    }
}

extension ConfidenceLevel {
    /// `high` from 0.85, `medium` from 0.65.
    public init(_ confidence: Double) {
        self = confidence >= 0.85 ? .high : confidence >= 0.65 ? .medium : .low
    }
}
