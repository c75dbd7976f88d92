import Learning

/// Which rows are positive.
enum LabelReader {
    /// Values that mean "converted" without being told, lower case, strongest first.
    private static let plainPositives = ["yes", "true", "1", "won", "converted", "y", "t"]

    /// One label a row of `table`.
    ///
    /// - Throws: ``TableError/Code/invalidLabel`` naming the values there are.
    static func labels(
        of table: RawTable, column name: String, positive: String?
    ) throws(TableError) -> (labels: [Bool], positive: String) {
        let column = table.columns[try table.position(of: name)]
        let values = column.texts.filter { !MissingSpelling.isMissing($0) }
        if let empty = column.texts.indices.first(where: { MissingSpelling.isMissing(column.texts[$0]) }),
            let row = column.codes.firstIndex(of: Int32(empty))
        {
            throw TableError(
                .invalidLabel,
                "the label \"\(name)\" is empty in data row \(row + 1); every row to learn from needs one")
        }
        let chosen = try Self.positive(among: values, column: name, wanted: positive)
        let codes = Set(column.texts.indices.filter { column.texts[$0] == chosen }.map { Int32($0) })
        return (column.codes.map { codes.contains($0) }, chosen)
    }

    /// The one of a label's `values` (missing ones left out) that counts as converted.
    ///
    /// - Throws: ``TableError/Code/invalidLabel`` where it isn't plain or not there.
    static func positive(
        among values: [String], column name: String, wanted: String?
    ) throws(TableError) -> String {
        guard values.count > 1 else {
            throw TableError(.invalidLabel, "the label \"\(name)\" has one value only: nothing can be learned from it")
        }
        if let wanted {
            guard let found = same(as: wanted, in: values) else {
                let hint = nearestName(to: wanted, among: values).map { "; did you mean \"\($0)\"?" }
                throw TableError(
                    .invalidLabel,
                    "the label \"\(name)\" has no value \"\(wanted)\"\(hint ?? "; it has \(list(values))")")
            }
            return found
        }
        let plain = plainPositives.compactMap { word in values.first { $0.lowercased() == word } }
        guard values.count == 2, let found = plain.first else {
            throw TableError(
                .invalidLabel,
                "say which value of \"\(name)\" counts as converted with --positive; it has \(list(values))")
        }
        return found
    }

    /// `1` also finds `1.0`, and `TRUE` finds `True`.
    private static func same(as wanted: String, in values: [String]) -> String? {
        if let exact = values.first(where: { $0 == wanted }) { return exact }
        if let number = Double(wanted), let equal = values.first(where: { Double($0) == number }) { return equal }
        let folded = values.filter { $0.lowercased() == wanted.lowercased() }
        return folded.count == 1 ? folded[0] : nil
    }

    private static func list(_ values: [String]) -> String {
        // Values of a label are classes, not lead data; many of them mean that the column is no label.
        values.count <= 8 ? values.map { "\"\($0)\"" }.joined(separator: ", ") : "\(values.count) different values"
    }
}
