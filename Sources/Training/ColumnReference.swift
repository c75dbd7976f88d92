import Leads
import Learning

/// How the columns of a model were spread over the rows that it learned from.
enum ColumnReference {
    /// One distribution a column. A text that has no code, or is no number, counts as unseen, an empty cell as missing.
    static func distributions(
        of columns: [TableColumn], table: RawTable, rows: [Int], asOf: [Timestamp]
    ) throws(TableError) -> [ReferenceDistribution] {
        var distributions: [ReferenceDistribution] = []
        for column in columns {
            let raw = table.columns[try table.position(of: column.name)]
            let encoded = EncodedTable.values(of: column, in: raw, asOf: asOf)
            // Whether a text can be read depends on the column alone, not on the moment that a date is aged to.
            let isUnseen = raw.texts.map { column.encode(text: $0, asOf: asOf[0]).state == .unseen }
            let values = rows.map { encoded[$0] }
            let unseen = rows.count { isUnseen[Int(raw.codes[$0])] }
            switch column.kind {
            case .category, .boolean: distributions.append(ReferenceDistribution(levels: values, unseen: unseen))
            case .number, .date: distributions.append(ReferenceDistribution(numbers: values, unseen: unseen))
            }
        }
        return distributions
    }
}
