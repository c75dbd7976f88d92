import Features
import JSONBytes

/// The manifest of an artifact: everything but the forest, as JSON. Byte-stable: the same parts give the same bytes.
enum Manifest {
    static let schema = "leadwire/artifact/1"

    static func encode(_ parts: ModelArtifact.Parts) -> [UInt8] {
        var json = JSONWriter(reserving: 64 << 10)
        json.beginObject()
        json.member("schema", schema)
        json.member("kind", parts.kind.rawValue)
        json.member("hot_cut_log_odds", parts.hotCutLogOdds)
        json.member("prior_weight", parts.priorWeight)
        json.member("policy_overridden", parts.isPolicyOverridden)
        json.key("model_schema")
        encode(parts.schema, to: &json)
        json.key("calibration")
        if let calibration = parts.calibration { encode(calibration, to: &json) } else { json.null() }
        json.key("assumed_missing_variances")
        if let assumed = parts.assumed { array(assumed.missingVariances, to: &json) } else { json.null() }
        json.key("reference")
        if let reference = parts.reference {
            json.beginObject()
            json.key("points")
            array(reference.points, to: &json)
            json.key("counts")
            array(reference.counts.map(Double.init), to: &json)
            json.endObject()
        } else {
            json.null()
        }
        json.key("support")
        json.beginObject()
        json.key("mean_absolute_contributions")
        array(parts.support.map(\.meanAbsoluteContribution), to: &json)
        json.key("missing_shares")
        array(parts.support.map(\.missingShare), to: &json)
        json.endObject()
        // Left out where there is none: an artifact of before keeps its bytes, and with them its identity.
        if let distributions = parts.distributions {
            json.key("distributions")
            encode(distributions, to: &json)
        }
        json.key("card")
        CardJSON.encode(parts.card, to: &json)
        json.endObject()
        return json.bytes
    }

    private static func array(_ values: [Double], to json: inout JSONWriter) {
        json.beginArray()
        for value in values { json.value(value) }
        json.endArray()
    }

    private static func array(_ values: [String], to json: inout JSONWriter) {
        json.beginArray()
        for value in values { json.value(value) }
        json.endArray()
    }

    private static func encode(_ range: ClosedRange<Double>?, to json: inout JSONWriter) {
        if let range { array([range.lowerBound, range.upperBound], to: &json) } else { json.null() }
    }

    private static func encode(_ schema: ModelSchema, to json: inout JSONWriter) {
        json.beginObject()
        switch schema {
        case .leadFeatures(let plan):
            json.member("features", FeatureVector.schema)
            json.key("masked")
            array(Feature.allCases.filter(plan.masked.contains).map(\.name), to: &json)
            json.key("ranges")
            json.beginArray()
            for range in plan.ranges { encode(range, to: &json) }
            json.endArray()
            json.key("vocabularies")
            json.beginArray()
            for vocabulary in plan.vocabularies {
                if let vocabulary { array(vocabulary, to: &json) } else { json.null() }
            }
            json.endArray()
        case .table(let table):
            json.member("time_column", table.timeColumn)
            json.member("time_style", table.timeStyle?.rawValue)
            json.key("columns")
            json.beginArray()
            for column in table.columns { encode(column, to: &json) }
            json.endArray()
        }
        json.endObject()
    }

    private static func encode(_ column: TableColumn, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", column.name)
        json.member("kind", column.kind.word)
        switch column.kind {
        case .number(let style): json.member("style", style.rawValue)
        case .date(let style): json.member("style", style.rawValue)
        case .category, .boolean: break
        }
        if !column.vocabulary.isEmpty {
            json.key("vocabulary")
            array(column.vocabulary, to: &json)
        }
        json.key("range")
        encode(column.range, to: &json)
        json.member("missing_share", column.missingShare)
        if column.isMasked { json.member("masked", true) }
        if column.acceptsCodes { json.member("accepts_codes", true) }
        json.endObject()
    }

    private static func encode(_ calibration: Calibration, to json: inout JSONWriter) {
        json.beginObject()
        json.member("slope", calibration.slope)
        json.member("intercept", calibration.intercept)
        json.key("covariance")
        array(
            [
                calibration.covariance.slopeSlope, calibration.covariance.slopeIntercept,
                calibration.covariance.interceptIntercept,
            ], to: &json)
        json.member("rows", calibration.count)
        json.member("positives", calibration.positives)
        json.key("refit_variance")
        if let refit = calibration.refitVariance {
            json.beginObject()
            json.key("bounds")
            array(refit.bounds, to: &json)
            json.key("variances")
            array(refit.variances, to: &json)
            json.endObject()
        } else {
            json.null()
        }
        json.key("bands")
        json.beginArray()
        for band in calibration.bands {
            json.beginObject()
            json.member("lower", band.lower)
            json.member("upper", band.upper)
            json.member("rows", band.count)
            json.member("positives", band.positives)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
