/// The registry of what may never be a feature, and of what stands for it by proxy.
public struct FeaturePolicy: Sendable {
    /// What the registry says of a feature or a column.
    public enum Verdict: Sendable, Hashable {
        case allowed
        /// Stands in for a protected trait; off unless the profile justifies it in writing.
        case proxy(reason: String)
        /// Never a model input.
        case blocked(reason: String)
    }

    /// The registry of `features/1`.
    public static let standard = FeaturePolicy()

    /// The verdict on one of the 28.
    public func verdict(for feature: Feature) -> Verdict {
        switch feature {
        case .primaryLocationArea: .proxy(reason: "where someone wants to live stands for who they are")
        case .communicationStyle: .proxy(reason: "tone and grammar stand for origin and language")
        default: .allowed
        }
    }

    /// The features that a model does not see unless the profile justifies it.
    public var maskedFeatures: Set<Feature> {
        Set(Feature.allCases.filter { verdict(for: $0) != .allowed })
    }

    /// The verdict on a column of a custom table, by its name and by a sample of its cells as text (may be empty).
    public func verdict(column name: String, sample: [String] = []) -> Verdict {
        .allowed
    }
}
