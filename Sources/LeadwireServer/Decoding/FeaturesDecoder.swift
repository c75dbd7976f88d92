import Features
import JSONBytes
import Leads

/// Features that were extracted earlier and come back to be scored.
struct DecodedFeatures {
    var leadID: String
    var vector: FeatureVector
    var options: ScoreOptions
    var problems: [FieldProblem]
    var warnings: [String]
}

/// Reads the body of `/score/features`: `{"lead_id", "features": {name: value}}`, and as well the object just as
/// `include_features` answered it, `{"schema", "values"}`.
enum FeaturesDecoder {
    static func decode(_ root: JSONElement) -> DecodedFeatures {
        var reader = FieldReader()
        guard root.kind == .object else {
            let options = ScoreOptions(&reader)
            return DecodedFeatures(
                leadID: "", vector: FeatureVector(), options: options,
                problems: [FieldProblem(field: "body", problem: "must be an object")], warnings: [])
        }
        var features: JSONElement?
        for (key, value) in root.members where key == "features" {
            if features != nil { reader.report("features", "is given twice") }
            features = value
        }
        collectOthers(of: root, &reader)
        let id = reader.string(.leadID)
        if let id {
            for problem in Lead(id: id).problems() { reader.report(problem.field, problem.problem) }
        } else {
            reader.report("lead_id", "is required")
        }
        let options = ScoreOptions(&reader)
        var vector = FeatureVector()
        if let features, !features.isNull {
            read(features, into: &vector, &reader)
        } else {
            reader.report("features", "is required")
        }
        return DecodedFeatures(
            leadID: id ?? "", vector: vector, options: options, problems: reader.problems, warnings: reader.warnings)
    }

    private static let otherFields: [LeadField] = [
        .leadID, .requestID, .forceRefresh, .includeExplanations, .includeFeatures, .escalation, .timeoutMilliseconds,
    ]

    private static func collectOthers(of root: JSONElement, _ reader: inout FieldReader) {
        let known = otherFields.map(\.wireName) + ["features"]
        for (key, value) in root.members where key != "features" {
            if let field = LeadField(wireName: key), otherFields.contains(field) {
                reader.take(value, as: field)
            } else {
                reader.noteUnknown(key, known: known)
            }
        }
    }

    private static func read(_ object: JSONElement, into vector: inout FeatureVector, _ reader: inout FieldReader) {
        guard object.kind == .object else { return reader.report("features", "must be an object") }
        var values = object
        if let inner = object["values"], inner.kind == .object {
            if let schema = object["schema"]?.string, schema != FeatureVector.schema {
                reader.report("features.schema", "must be \(FeatureVector.schema)")
            }
            values = inner
        }
        var given = Set<Int>()
        for (name, value) in values.members {
            guard let feature = Feature(name: name) else {
                reader.noteUnknown(name, known: Feature.allCases.map(\.name), kind: "feature")
                continue
            }
            if !given.insert(feature.rawValue).inserted { reader.report("features.\(name)", "is given twice") }
            if let problem = set(feature, to: value, in: &vector) { reader.report("features.\(name)", problem) }
        }
        let absent = Feature.allCases.filter { !given.contains($0.rawValue) }
        if !absent.isEmpty {
            reader.warn("features not given, taken as missing: \(absent.map(\.name).joined(separator: ", "))")
        }
    }

    /// What is wrong with the value, or nil.
    private static func set(_ feature: Feature, to value: JSONElement, in vector: inout FeatureVector) -> String? {
        if value.isNull { return nil }
        switch feature.kind {
        case .numerical:
            guard let number = value.double else { return "must be a number or null" }
            guard feature.accepts(number) else { return "is beyond the feature's range" }
            vector[feature] = number
        case .boolean:
            guard let flag = value.bool else { return "must be true, false or null" }
            vector.set(feature, bool: flag)
        case .categorical:
            guard let word = value.string else { return "must be a string or null" }
            guard vector.set(feature, category: word) else {
                return "must be one of \(feature.vocabulary.joined(separator: ", "))"
            }
        }
        return nil
    }
}
