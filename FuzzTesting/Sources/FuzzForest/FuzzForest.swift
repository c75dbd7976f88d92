import Forest

/// Whatever the loader accepts can be scored, explained and written, and what is written is the same forest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzForest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var limits = Forest.Limits()
    limits.features = 1000  // rows are made below
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
