import Crypto
public import Forest

/// A model with everything that serving it needs: forest, schema, calibration, reference, training ranges, policy, card.
/// Immutable; its SHA-256 is its identity and is stored with every score.
public struct ModelArtifact: Sendable {
    public enum Kind: String, Sendable, Hashable { case prior, learned, imported }

    /// All that a model is made of, apart from its forest.
    public struct Parts: Sendable {
        public var kind: Kind
        public var schema: ModelSchema
        /// From margin to probability; nil for the prior and for imports without labels.
        public var calibration: Calibration?
        /// Stands in for the calibration's error where there is none.
        public var assumed: AssumedUncertainty?
        /// nil for imports without a reference: such a model predicts, but serves no leads.
        public var reference: ReferenceQuantiles?
        /// The log-odds, after calibration, from which a lead is hot.
        public var hotCutLogOdds: Double
        /// By feature in model order; empty where no reference was measured.
        public var support: [FeatureSupport]
        /// How each feature was spread over the reference rows, in model order; nil in artifacts made before these were
        /// kept and for imports without a reference: then a feature's drift is unknown.
        public var distributions: [ReferenceDistribution]?
        public var card: ModelCard
        /// Trained with columns that policy or leakage checks would have left out.
        public var isPolicyOverridden: Bool
        /// How much of the margin is prior: 1 for the prior itself, 0 for a model that owes it nothing.
        public var priorWeight: Double

        public init(
            kind: Kind, schema: ModelSchema, calibration: Calibration? = nil, assumed: AssumedUncertainty? = nil,
            reference: ReferenceQuantiles? = nil, hotCutLogOdds: Double = 0, support: [FeatureSupport] = [],
            distributions: [ReferenceDistribution]? = nil, card: ModelCard, isPolicyOverridden: Bool = false,
            priorWeight: Double = 0
        ) {
            self.kind = kind
            self.schema = schema
            self.calibration = calibration
            self.assumed = assumed
            self.reference = reference
            self.hotCutLogOdds = hotCutLogOdds
            self.support = support
            self.distributions = distributions
            self.card = card
            self.isPolicyOverridden = isPolicyOverridden
            self.priorWeight = priorWeight
        }
    }

    public let forest: Forest
    /// The forest's own file, kept as it came: XGBoost JSON or UBJSON, or LightGBM text.
    public let forestBytes: [UInt8]
    /// Lowercase hexadecimal SHA-256 over the content of the artifact.
    public let sha256: String
    let parts: Parts

    public var kind: Kind { parts.kind }
    public var schema: ModelSchema { parts.schema }
    public var calibration: Calibration? { parts.calibration }
    public var assumed: AssumedUncertainty? { parts.assumed }
    public var reference: ReferenceQuantiles? { parts.reference }
    public var hotCutLogOdds: Double { parts.hotCutLogOdds }
    public var support: [FeatureSupport] { parts.support }
    public var distributions: [ReferenceDistribution]? { parts.distributions }
    public var card: ModelCard { parts.card }
    public var policyOverridden: Bool { parts.isPolicyOverridden }
    public var priorWeight: Double { parts.priorWeight }
    /// The identity in short, as a version for people.
    public var version: String { String(sha256.prefix(12)) }

    /// From the forest's file as XGBoost or LightGBM wrote it; which one its first bytes say.
    ///
    /// - Throws: ``ArtifactError/Code/invalidForest``, or `invalidManifest` when forest and schema do not fit.
    public init(forestBytes: [UInt8], parts: Parts) throws(ArtifactError) {
        let forest: Forest
        do {
            forest = try Forest(file: forestBytes)
        } catch {
            throw ArtifactError(.invalidForest, "the forest inside is refused: \(error)")
        }
        try self.init(forest: forest, forestBytes: forestBytes, parts: parts)
    }

    /// From a forest built in code, as the prior is.
    ///
    /// - Precondition: it is no model of LightGBM; that one comes with its file.
    public init(forest: Forest, parts: Parts) throws(ArtifactError) {
        try self.init(forest: forest, forestBytes: forest.xgboostJSON(), parts: parts)
    }

    private init(forest: Forest, forestBytes: [UInt8], parts: Parts) throws(ArtifactError) {
        let width = parts.schema.featureNames.count
        guard forest.featureCount == width else {
            throw ArtifactError(
                .invalidManifest, "the schema has \(width) columns and the forest reads \(forest.featureCount)")
        }
        guard parts.support.isEmpty || parts.support.count == width,
            parts.assumed.map({ $0.missingVariances.count == width }) ?? true,
            parts.distributions.map({ $0.count == width }) ?? true
        else { throw ArtifactError(.invalidManifest, "support, variances and distributions need one entry a column") }
        guard parts.hotCutLogOdds.isFinite, (0...1).contains(parts.priorWeight) else {
            throw ArtifactError(.invalidManifest, "hot cut and prior weight must be finite")
        }
        self.forest = forest
        self.forestBytes = forestBytes
        self.parts = parts
        let content = ArtifactContainer.content(manifest: Manifest.encode(parts), forest: forestBytes)
        sha256 = ContentHash.hexadecimal(SHA256.hash(data: content))
    }

    /// The single file: see ``ArtifactContainer``.
    public func serialized() -> [UInt8] {
        ArtifactContainer.seal(ArtifactContainer.content(manifest: Manifest.encode(parts), forest: forestBytes))
    }

    /// Reads what ``serialized()`` wrote; a damaged or hostile file is a typed error.
    public init(serialized bytes: [UInt8]) throws(ArtifactError) {
        let (manifest, forest) = try ArtifactContainer.open(bytes)
        try self.init(forestBytes: forest, parts: Manifest.decode(manifest))
    }
}
