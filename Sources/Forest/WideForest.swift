/// A model of LightGBM in `Double`, as that library computes: thresholds, leaves and sums keep every bit of the file.
///
/// A class, so that the many arrays of a ``Forest`` are not retained one by one for each row.
final class WideForest: Sendable {
    let image: RowImage
    let walk: Forest.Walk<Double>
    let shap: ShapLayout<Double>
    let kernel: Forest.Kernel<Double>
    let link: LightGBMLink

    init(_ model: LightGBMModel, layout: Forest.LayoutChoice) {
        image = model.image
        walk = Forest.Walk(model.trees, image: image, choice: layout)
        shap = ShapLayout(model.trees)
        kernel = Forest.Kernel(shap)
        link = model.link
    }

    /// The raw score. `row` has one value per feature.
    func margin(of row: Span<Double>) -> Double {
        image.withImage(of: row) { image, row in walk.sum(from: 0, image: image, row: row) }
    }

    /// The raw score of a row of `Float`s, each of which is a `Double` too.
    func margin(ofFloats row: Span<Float>) -> Double {
        guard row.count <= 64 else {
            let widened = (0..<row.count).map { Double(row[$0]) }
            return margin(of: widened.span)
        }
        var widened = [64 of Double](repeating: 0)
        for index in 0..<row.count { widened[index] = Double(row[index]) }
        return margin(of: widened.span.extracting(0..<row.count))
    }

    /// Contributions and raw score; counts are checked by the caller.
    func explain(_ row: Span<Double>, into contributions: inout MutableSpan<Double>, scratch: ShapScratch) -> Double {
        image.withImage(of: row) { image, row in
            kernel.explain(shap, image: image, row: row, into: &contributions, scratch: scratch)
            return walk.sum(from: 0, image: image, row: row)
        }
    }
}
