public import Features
public import JSONBytes
import Leads

extension ScoreJSON {
    /// Writes the members `counterfactuals` (a list, empty where there is none), `counterfactuals_status`,
    /// `counterfactuals_reason`, `counterfactuals_target` and `counterfactuals_evaluations`. `from` are the lead's features
    /// as they are.
    public static func write(_ found: Counterfactuals, from vector: FeatureVector?, to json: inout JSONWriter) {
        json.key("counterfactuals")
        json.beginArray()
        for change in found.changes {
            json.beginObject()
            json.key("changes")
            json.beginArray()
            for step in change.steps {
                json.beginObject()
                json.member("action", step.lever.rawValue)
                json.member("feature_name", step.lever.feature.name)
                json.member("from", vector.flatMap { FeatureWording.value(step.lever.feature, in: $0) })
                json.member("to", LeverWording.value(step))
                json.endObject()
            }
            json.endArray()
            json.member("ml_score", change.mlScore)
            json.member("conversion_probability", change.probability)
            json.member("classification", change.classification.rawValue)
            json.member("sentence", change.sentence)
            json.endObject()
        }
        json.endArray()
        json.member("counterfactuals_status", found.status.rawValue)
        json.member("counterfactuals_reason", found.reason)
        json.member("counterfactuals_target", found.target?.rawValue)
        json.member("counterfactuals_evaluations", found.evaluations)
    }
}
