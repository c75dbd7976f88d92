import Forest
public import Learning

extension ModelArtifact {
    /// Margins of a batch of rows, from Doubles where the forest compares Doubles.
    ///
    /// - Throws: ``TableError/Code/library`` when the forest can't read them.
    public func margins(of batch: ModelRows.Batch) throws(TableError) -> [Double] {
        guard forest.precision == .double else {
            return try margins(ofRows: batch.values, count: batch.count).map(Double.init)
        }
        var margins = [Double](repeating: 0, count: batch.count)
        do {
            var output = margins.mutableSpan
            try forest.margins(of: batch.exact.span, rowCount: batch.count, into: &output)
        } catch {
            throw TableError(.library, "the forest can't read these rows: \(error)")
        }
        return margins
    }
}
