/// What a model wants done to a vector before it sees it: what policy forbids it, the ranges and the vocabularies that
/// it was trained on.
public struct OptimizationPlan: Sendable, Hashable {
    /// Features that the model never sees: always missing in the row.
    public var masked: Set<Feature>
    /// Training range by feature position, numerical features only; nil leaves the value as it is. 28 entries.
    public var ranges: [ClosedRange<Double>?]
    /// The model's own vocabulary by feature position; nil means the schema's. 28 entries.
    public var vocabularies: [[String]?]

    /// - Precondition: `ranges` and `vocabularies` have one entry per feature.
    public init(
        masked: Set<Feature> = FeaturePolicy.standard.maskedFeatures,
        ranges: [ClosedRange<Double>?] = Array(repeating: nil, count: FeatureVector.count),
        vocabularies: [[String]?] = Array(repeating: nil, count: FeatureVector.count)
    ) {
        precondition(ranges.count == FeatureVector.count, "one range per feature")
        precondition(vocabularies.count == FeatureVector.count, "one vocabulary per feature")
        self.masked = masked
        self.ranges = ranges
        self.vocabularies = vocabularies
    }

    /// The schema's own vocabularies, no ranges, the policy's proxies masked.
    public static let standard = OptimizationPlan()
}

/// The dense row for a forest, and what had to be done to get it.
public struct OptimizedRow: Sendable {
    /// In schema order; NaN is missing or masked.
    public var row: InlineArray<28, Float>
    /// Numerical features outside the training range, which stand at its nearer end.
    public var clamped: [Feature]
    /// Categories that the model's vocabulary lacks, which stand as missing.
    public var unseen: [Feature]
    /// Features that are NaN in the row, except the masked ones: those are nobody's omission.
    public var missing: Int
}

/// The step between extraction and model: mask, clamp, encode by the model's vocabulary.
///
/// A pure function of its arguments: features extracted earlier give the same row bit for bit.
/// - Complexity: O(28); allocates only to report a clamp or an unseen category.
public func optimizeFeatures(_ vector: FeatureVector, plan: OptimizationPlan) -> OptimizedRow {
    var result = OptimizedRow(row: InlineArray(repeating: .nan), clamped: [], unseen: [], missing: 0)
    for feature in Feature.allCases where !plan.masked.contains(feature) {
        let position = feature.rawValue
        var value = vector[feature]
        if value.isNaN {
            result.missing += 1
            continue
        }
        switch feature.kind {
        case .boolean:
            break
        case .numerical:
            if let range = plan.ranges[position], !range.contains(value) {
                value = value < range.lowerBound ? range.lowerBound : range.upperBound
                result.clamped.append(feature)
            }
        case .categorical:
            if let own = plan.vocabularies[position] {
                guard let index = own.firstIndex(of: feature.vocabulary[Int(value)]) else {
                    result.unseen.append(feature)
                    result.missing += 1
                    continue
                }
                value = Double(index)
            }
        }
        result.row[position] = Float(value)
    }
    return result
}
