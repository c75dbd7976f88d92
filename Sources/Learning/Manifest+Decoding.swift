import Features
import JSONBytes

extension Manifest {
    /// The most categories, bands or tenths that a stored model may hold: far above what training writes.
    private static let maximumVocabulary = 100_000

    static func decode(_ bytes: [UInt8]) throws(ArtifactError) -> ModelArtifact.Parts {
        let document: JSONDocument
        do {
            document = try JSONDocument(
                parsing: bytes, limits: JSONLimits(maximumDepth: 16, maximumBytes: ArtifactContainer.maximumBytes))
        } catch {
            throw ArtifactError(.invalidManifest, "the artifact's manifest is no JSON: \(error)")
        }
        let root = ManifestField(element: document.root, path: "manifest")
        guard try root("schema").string() == schema else {
            throw ArtifactError(.unsupportedVersion, "the manifest's schema is not \(schema)")
        }
        let model = try modelSchema(root("model_schema"))
        var parts = ModelArtifact.Parts(
            kind: try root("kind").choice(ModelArtifact.Kind.self), schema: model,
            card: try CardJSON.decode(root("card")))
        parts.hotCutLogOdds = try root("hot_cut_log_odds").double()
        parts.priorWeight = try root("prior_weight").double()
        parts.isPolicyOverridden = try root("policy_overridden").bool()
        if let field = try root("calibration").optional() { parts.calibration = try calibration(field) }
        if let field = try root("assumed_missing_variances").optional() {
            let variances = try field.doubles(atMost: TableSchema.maximumColumns)
            guard variances.allSatisfy({ $0 >= 0 }) else { throw field.wrong("must not be negative") }
            parts.assumed = AssumedUncertainty(missingVariances: variances)
        }
        if let field = try root("reference").optional() {
            let points = try field("points").doubles(atMost: ReferenceQuantiles.maximumPoints)
            let counts = try field("counts").array(atMost: ReferenceQuantiles.maximumPoints) {
                count throws(ArtifactError) in try count.count()
            }
            guard let reference = ReferenceQuantiles(points: points, counts: counts) else {
                throw field.wrong("must hold ascending points, each with a count")
            }
            parts.reference = reference
        }
        parts.support = try support(root("support"))
        if document.root["distributions"] != nil {
            parts.distributions = try root("distributions").array(atMost: TableSchema.maximumColumns) {
                entry throws(ArtifactError) in try distribution(entry)
            }
        }
        return parts
    }

    private static func support(_ field: ManifestField) throws(ArtifactError) -> [FeatureSupport] {
        let means = try field("mean_absolute_contributions").doubles(atMost: TableSchema.maximumColumns)
        let shares = try field("missing_shares").doubles(atMost: TableSchema.maximumColumns)
        guard means.count == shares.count, means.allSatisfy({ $0 >= 0 }), shares.allSatisfy({ (0...1).contains($0) })
        else { throw field.wrong("must hold one mean and one share a column") }
        return zip(means, shares).map(FeatureSupport.init)
    }

    private static func modelSchema(_ field: ManifestField) throws(ArtifactError) -> ModelSchema {
        guard let features = field.element["features"] else { return .table(try table(field)) }
        guard features.string == FeatureVector.schema else {
            throw ArtifactError(.unsupportedVersion, "this Leadwire knows the feature schema \(FeatureVector.schema)")
        }
        var masked: Set<Feature> = []
        for name in try field("masked").strings(atMost: FeatureVector.count) {
            guard let feature = Feature(name: name) else { throw field.wrong("masks an unknown feature") }
            masked.insert(feature)
        }
        let ranges = try field("ranges").array(atMost: FeatureVector.count) {
            entry throws(ArtifactError) in try entry.range()
        }
        let vocabularies = try field("vocabularies").array(atMost: FeatureVector.count) {
            entry throws(ArtifactError) in try entry.optional()?.strings(atMost: maximumVocabulary)
        }
        guard ranges.count == FeatureVector.count, vocabularies.count == FeatureVector.count else {
            throw field.wrong("needs one range and one vocabulary a feature")
        }
        return .leadFeatures(OptimizationPlan(masked: masked, ranges: ranges, vocabularies: vocabularies))
    }

    private static func table(_ field: ManifestField) throws(ArtifactError) -> TableSchema {
        let columns = try field("columns").array(atMost: TableSchema.maximumColumns) {
            entry throws(ArtifactError) in try column(entry)
        }
        guard Set(columns.map(\.name)).count == columns.count else { throw field.wrong("names a column twice") }
        return TableSchema(
            columns: columns, timeColumn: try field("time_column").optional()?.string(),
            timeStyle: try field("time_style").optional()?.choice(DateStyle.self))
    }

    private static func column(_ field: ManifestField) throws(ArtifactError) -> TableColumn {
        let vocabulary = try field.element["vocabulary"].map {
            element throws(ArtifactError) in
            try ManifestField(element: element, path: field.path + ".vocabulary").strings(atMost: maximumVocabulary)
        }
        let kind: ColumnKind
        switch try field("kind").string() {
        case "number": kind = .number(try field("style").choice(NumberStyle.self))
        case "category": kind = .category
        case "boolean": kind = .boolean
        case "date": kind = .date(try field("style").choice(DateStyle.self))
        default: throw field.wrong("has an unknown kind")
        }
        if kind == .boolean, vocabulary?.count != 2 { throw field.wrong("needs the spellings of false and true") }
        let share = try field("missing_share").optional()?.double()
        guard share.map({ (0...1).contains($0) }) ?? true else { throw field.wrong("has an impossible share") }
        return TableColumn(
            name: try field("name").string(), kind: kind, vocabulary: vocabulary ?? [],
            range: try field("range").range(), missingShare: share, isMasked: field.element["masked"]?.bool ?? false,
            acceptsCodes: field.element["accepts_codes"]?.bool ?? false)
    }

    private static func calibration(_ field: ManifestField) throws(ArtifactError) -> Calibration {
        let slope = try field("slope").double()
        let covariance = try field("covariance").doubles(atMost: 3)
        guard slope > 0, covariance.count == 3 else { throw field.wrong("needs a rising slope and three covariances") }
        var refit: RefitVariance?
        if let stored = try field("refit_variance").optional() {
            let bounds = try stored("bounds").doubles(atMost: 1_000)
            let variances = try stored("variances").doubles(atMost: 1_000)
            guard RefitVariance.isValid(bounds: bounds, variances: variances) else {
                throw stored.wrong("needs ascending bounds and one variance more")
            }
            refit = RefitVariance(bounds: bounds, variances: variances)
        }
        let bands = try field("bands").array(atMost: 1_000) {
            entry throws(ArtifactError) in
            let count = try entry("rows").count()
            let positives = try entry("positives").count()
            guard count >= 1, positives <= count else { throw entry.wrong("must count its rows") }
            return ScoreBand(
                lower: try entry("lower").double(), upper: try entry("upper").double(), count: count,
                positives: positives)
        }
        return Calibration(
            slope: slope, intercept: try field("intercept").double(),
            covariance: Calibration.Covariance(
                slopeSlope: covariance[0], slopeIntercept: covariance[1], interceptIntercept: covariance[2]),
            refitVariance: refit, bands: bands, positives: try field("positives").count(),
            count: try field("rows").count())
    }
}
