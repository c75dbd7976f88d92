/// How what comes in now differs from what the model was measured on.
public struct DriftReport: Sendable, Hashable {
    /// One feature, now and then.
    public struct FeatureDrift: Sendable, Hashable {
        public let name: String
        /// nil where the model keeps no distribution of it, or its reference never had a value.
        public let stability: PopulationStability?
        /// 0...1, unseen values not counted.
        public let missingShare: Double
        /// nil where it was not measured. In models without distributions it counts unseen values too.
        public let referenceMissingShare: Double?
        /// Share of rows with a value that the model has no code for, 0...1.
        public let unseenShare: Double
        public let referenceUnseenShare: Double?
        /// Its share of the model's mean |SHAP|, 0...1; nil where that was not measured.
        public let weight: Double?

        public var verdict: DriftVerdict { stability?.verdict ?? .unknown }
    }

    /// A feature that carries less than this of the model's mean |SHAP| doesn't raise the verdict of the whole.
    public static let minimumWeight = 0.02

    /// Rows looked at.
    public let rows: Int
    /// Of the margin, and so of the probability; nil for a model without a reference.
    public let score: PopulationStability?
    /// In model order.
    public let features: [FeatureDrift]

    /// The worst among the score and the features that matter to the model.
    public var verdict: DriftVerdict {
        features.filter { $0.weight ?? 1 >= Self.minimumWeight }.map(\.verdict)
            .reduce(score?.verdict ?? .unknown, DriftVerdict.worse)
    }

    /// The features that matter and are not as they were, the most moved first.
    public var moved: [FeatureDrift] {
        features.filter {
            [.watch, .act].contains($0.verdict) && ($0.weight ?? 1) >= Self.minimumWeight
        }.sorted { ($0.stability?.psi ?? 0) > ($1.stability?.psi ?? 0) }
    }
}
