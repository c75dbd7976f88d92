public import Features
import Learning

/// Feature vectors that no extractor made: any value that the schema allows, each feature missing one time in three.
public enum VectorFactory {
    /// The same vector for the same seed.
    public static func random(seed: UInt64) -> FeatureVector {
        var random = SplitMix64(seed: seed)
        var vector = FeatureVector()
        for feature in Feature.allCases where random.index(below: 3) > 0 {
            switch feature.kind {
            case .boolean: vector.set(feature, bool: random.index(below: 2) == 1)
            case .categorical: vector[feature] = Double(random.index(below: feature.vocabulary.count))
            case .numerical: vector[feature] = number(feature, &random)
            }
        }
        return vector
    }

    private static func number(_ feature: Feature, _ random: inout SplitMix64) -> Double {
        switch feature {
        case .avgResponseTimeMinutes: Double(random.index(below: 10_000))
        case .locationSpecificityCount: Double(random.index(below: 5))
        case .messageLengthVariance: Double(random.index(below: 20_000)) / 3
        default: Double(random.index(below: 101)) / 100
        }
    }
}
