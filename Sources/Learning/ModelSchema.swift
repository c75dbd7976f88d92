public import Features

/// What a model's inputs are.
public enum ModelSchema: Sendable, Hashable {
    /// The 28 features of a real-estate lead, in the order of ``Feature``.
    case leadFeatures(OptimizationPlan)
    /// The columns of the team's own table.
    case table(TableSchema)

    public var featureNames: [String] {
        switch self {
        case .leadFeatures: Feature.allCases.map(\.name)
        case .table(let schema): schema.columns.map(\.name)
        }
    }

    /// The same inputs as columns of a text table, for `score` and `predict`.
    ///
    /// With `raw`, as for an imported model, nothing is masked and numbers stand for categories: the forest gets what the
    /// library that made it would get.
    public func table(raw: Bool) -> TableSchema {
        switch self {
        case .table(let schema): return schema
        case .leadFeatures(let plan):
            return TableSchema(
                columns: Feature.allCases.map { feature in
                    let vocabulary = plan.vocabularies[feature.rawValue] ?? feature.vocabulary
                    let kind: ColumnKind =
                        switch feature.kind {
                        case .numerical: .number(.point)
                        case .categorical: .category
                        case .boolean: .boolean
                        }
                    return TableColumn(
                        name: feature.name, kind: kind,
                        vocabulary: feature.kind == .boolean ? ["false", "true"] : vocabulary,
                        range: plan.ranges[feature.rawValue], isMasked: !raw && plan.masked.contains(feature),
                        acceptsCodes: raw)
                })
        }
    }
}
