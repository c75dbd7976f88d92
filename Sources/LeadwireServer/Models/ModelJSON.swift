import JSONBytes
import Learning

/// A model as the wire names and describes it.
enum ModelJSON {
    static func identity(of model: ModelArtifact, into json: inout JSONWriter) {
        json.beginObject()
        json.member("name", model.card.name)
        json.member("version", model.version)
        json.member("sha256", model.sha256)
        json.member("prior_weight", model.priorWeight)
        json.endObject()
    }

    static func card(of model: ModelArtifact, into json: inout JSONWriter) {
        let card = model.card
        json.key("card")
        json.beginObject()
        json.member("rows", card.rows)
        json.member("positives", card.positives)
        json.member("window_from", card.windowFrom)
        json.member("window_to", card.windowTo)
        json.member("policy_overridden", model.policyOverridden)
        json.member("refitted_after_measuring", card.isRefitted)
        json.key("quality")
        if let figures = card.holdout.figures {
            json.beginObject()
            json.member("holdout", card.holdout.kind.rawValue)
            json.member("rows", figures.rows)
            json.member("positives", figures.positives)
            for figure in figures.figures {
                json.key(figure.measure.rawValue)
                json.beginObject()
                json.member("value", figure.value)
                json.member("lower_90", figure.interval?.lowerBound)
                json.member("upper_90", figure.interval?.upperBound)
                json.endObject()
            }
            json.endObject()
        } else {
            json.null()
        }
        json.member("notes", card.notes)
        json.endObject()
    }
}
