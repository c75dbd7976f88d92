import Features
import Leads
public import Learning

extension RawTable {
    /// Columns beside the 28 features in a table of stored leads.
    static let wonColumn = "won"
    static let momentColumn = "scored_at"

    /// Labelled leads as the table that `train` would read from a file: the 28 features as text, a missing one empty,
    /// then `won` (yes, no) and `scored_at`. The same leads give the same table and the same SHA-256, whatever the store.
    public init(leads rows: [LabelledCohort.Row]) {
        self.init(header: Feature.allCases.map(\.name) + [Self.wonColumn, Self.momentColumn])
        var hash = ContentHash()
        hash.update(Array(names.joined(separator: ",").utf8))
        for row in rows {
            let features = Feature.allCases.map { Self.text(of: $0, in: row.features) }
            let cells = features + [row.isPositive ? "yes" : "no", row.scoredAt.description]
            append(cells.map { Substring($0) })
            // No cell holds a comma or a line end: figures, words of the schema, a moment.
            hash.update(Array(("\n" + cells.joined(separator: ",")).utf8))
        }
        seal()
        sha256 = hash.hexadecimal()
    }

    private static func text(of feature: Feature, in vector: FeatureVector) -> String {
        switch feature.kind {
        case .numerical: vector.number(feature).map { CellText.spelling(of: $0) } ?? ""
        case .categorical: vector.category(feature) ?? ""
        case .boolean: vector.bool(feature).map { $0 ? "true" : "false" } ?? ""
        }
    }
}
