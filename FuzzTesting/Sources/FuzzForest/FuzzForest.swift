import Forest

/// Whatever the loader accepts can be scored, explained and written, and what is written is the same forest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzForest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var limits = Forest.Limits()
    limits.features = 1000  // rows are made below
    if bytes.starts(with: Array("tree".utf8)) { return fuzzLightGBM(bytes, limits) }
    guard let forest = try? Forest(xgboost: bytes, limits: limits) else { return 0 }
    let scratch = forest.makeScratch()
    var contributions = [Double](repeating: 0, count: forest.featureCount)
    let explicit = try? Forest(xgboost: bytes, trees: .all, limits: limits, layout: .explicit)
    for value in [Float.nan, 0, -1, 1, 3, .infinity, -.infinity] {
        let row = [Float](repeating: value, count: forest.featureCount)
        var output = contributions.mutableSpan
        guard let margin = try? forest.margin(of: row.span), let other = try? explicit?.margin(of: row.span) else {
            fatalError("a row of the right length was refused")
        }
        precondition(margin.isFinite && margin.bitPattern == other.bitPattern, "the layouts disagree")
        if let explained = try? forest.explain(row.span, into: &output, scratch: scratch) {
            precondition(explained.bitPattern == margin.bitPattern)
            precondition(contributions.allSatisfy { $0.isFinite }, "a contribution that is not finite")
        }
    }
    guard let again = try? Forest(xgboost: forest.xgboostJSON(), limits: limits) else {
        fatalError("what was written does not load")
    }
    precondition(again.trees.suffix(forest.treeCount).elementsEqual(forest.trees), "written trees differ")
    return 0
}

/// The same for LightGBM's text, in both widths.
private func fuzzLightGBM(_ bytes: [UInt8], _ limits: Forest.Limits) -> CInt {
    guard let forest = try? Forest(file: bytes, limits: limits) else { return 0 }
    let scratch = forest.makeScratch()
    var contributions = [Double](repeating: 0, count: forest.featureCount)
    let explicit = try? Forest(lightGBM: bytes, limits: limits, layout: .explicit)
    for value in [Double.nan, 0, -1, 1, 3, 1e-35, .infinity, -.infinity] {
        let row = [Double](repeating: value, count: forest.featureCount)
        let narrow = row.map { Float($0) }
        let widened = narrow.map { Double($0) }
        guard let margin = try? forest.margin(of: row.span), let other = try? explicit?.margin(of: row.span),
            let single = try? forest.margin(of: narrow.span), let double = try? forest.margin(of: widened.span)
        else { fatalError("a row of the right length was refused") }
        precondition(margin.isFinite && margin.bitPattern == other.bitPattern, "the layouts disagree")
        precondition(single.bitPattern == Float(double).bitPattern, "the widths disagree")
        var output = contributions.mutableSpan
        if let explained = try? forest.explain(row.span, into: &output, scratch: scratch) {
            precondition(explained.bitPattern == margin.bitPattern)
            precondition(contributions.allSatisfy { $0.isFinite }, "a contribution that is not finite")
        }
        output = contributions.mutableSpan
        if let explained = try? forest.explain(narrow.span, into: &output, scratch: scratch) {
            precondition(explained.bitPattern == single.bitPattern)
            precondition(contributions.allSatisfy { $0.isFinite }, "a contribution that is not finite")
        }
    }
    return 0
}
