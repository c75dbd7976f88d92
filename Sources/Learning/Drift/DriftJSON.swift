public import JSONBytes

/// Drift as JSON: for the report, for events and for whoever asks the server. What was not measured is null.
public enum DriftJSON {
    /// `rows`, `verdict`, the `score`, and one entry a feature in model order as `features`.
    public static func encode(_ report: DriftReport, to json: inout JSONWriter) {
        encode(report, "features", report.features, to: &json)
    }

    /// The same with those features alone that matter and moved, as `moved`.
    public static func encodeMoved(_ report: DriftReport, to json: inout JSONWriter) {
        encode(report, "moved", report.moved, to: &json)
    }

    private static func encode(
        _ report: DriftReport, _ key: StaticString, _ features: [DriftReport.FeatureDrift], to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("rows", report.rows)
        json.member("verdict", report.verdict.rawValue)
        json.key("score")
        json.beginObject()
        members(report.score, to: &json)
        json.endObject()
        json.key(key)
        json.beginArray()
        for feature in features {
            json.beginObject()
            json.member("name", feature.name)
            members(feature.stability, to: &json)
            json.member("missing_share", feature.missingShare)
            json.member("reference_missing_share", feature.referenceMissingShare)
            json.member("unseen_share", feature.unseenShare)
            json.member("reference_unseen_share", feature.referenceUnseenShare)
            json.member("weight", feature.weight)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    /// Observed over expected with its interval, Brier score and log loss with theirs.
    public static func encode(_ drift: CalibrationDrift, to json: inout JSONWriter) {
        json.beginObject()
        json.member("rows", drift.count)
        json.member("observed", drift.observed)
        json.member("expected", drift.expected)
        json.member("ratio", drift.ratio)
        json.member("ratio_interval", drift.ratioInterval)
        json.member("brier", drift.brier?.value)
        json.member("brier_interval", drift.brier?.interval)
        json.member("brier_if_right", drift.expectedBrier)
        json.member("log_loss", drift.logLoss?.value)
        json.member("log_loss_interval", drift.logLoss?.interval)
        json.member("verdict", drift.verdict.rawValue)
        json.endObject()
    }

    private static func members(_ stability: PopulationStability?, to json: inout JSONWriter) {
        json.member("psi", stability?.psi)
        json.member("psi_by_chance", stability?.noise)
        json.member("verdict", (stability?.verdict ?? .unknown).rawValue)
    }
}
