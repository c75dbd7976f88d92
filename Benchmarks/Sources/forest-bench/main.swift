// µs a row for margin and exact SHAP, ours and libxgboost's, by thread CPU time in one run: forest-bench model.json rows.f32
import CXGBoost
import Forest
import Foundation
import ThreadTiming

let arguments = CommandLine.arguments
guard arguments.count == 3, let model = FileManager.default.contents(atPath: arguments[1]),
    let data = FileManager.default.contents(atPath: arguments[2])
else {
    FileHandle.standardError.write(Data("usage: forest-bench model.json rows.f32\n".utf8))
    exit(2)
}

let values = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
let width = 28
let rowCount = values.count / width
let rows = (0..<rowCount).map { Array(values[$0 * width..<($0 + 1) * width]) }
// Keeps the compiler from dropping the work; this program has one thread.
nonisolated(unsafe) var sink: Float = 0

func measure(_ forest: Forest) throws -> (margin: Double, shap: Double, batch: Double) {
    let margin = try microseconds(blocks: 40, rows: rowCount) {
        let row = rows[$0]
        sink += try forest.margin(of: row.span)
    }
    let scratch = forest.makeScratch()
    var contributions = [Double](repeating: 0, count: width)
    let shap = try microseconds(blocks: 20, rows: rowCount) {
        let row = rows[$0]
        var output = contributions.mutableSpan
        sink += try forest.explain(row.span, into: &output, scratch: scratch)
    }
    var margins = [Float](repeating: 0, count: rowCount)
    let values = values
    let batch = try microseconds(blocks: 40, rows: 1) { _ in
        var output = margins.mutableSpan
        try forest.margins(of: values.span, rowCount: rowCount, into: &output)
    }
    return (margin, shap, batch / Double(rowCount))
}

let forest = try Forest(xgboost: Array(model))
let perfect = try measure(forest)
let general = try measure(
    Forest(
        trees: forest.trees, featureCount: forest.featureCount, featureNames: forest.featureNames,
        featureTypes: forest.featureTypes, baseMargin: forest.baseMargin, objective: forest.objective,
        categoryNames: forest.categoryNames, limits: .init(), layout: .explicit))

// libxgboost through its C interface, one thread, one row a call, as a server would.
var booster: BoosterHandle?
func check(_ code: Int32) { if code != 0 { fatalError(String(cString: XGBGetLastError())) } }
check(XGBoosterCreate(nil, 0, &booster))
check(XGBoosterSetParam(booster, "nthread", "1"))
check(XGBoosterLoadModel(booster, arguments[1]))
var shape: UnsafePointer<bst_ulong>?
var dimensions: bst_ulong = 0
var result: UnsafePointer<Float>?
let dense =
    #"{"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN}"#
let theirMargin = microseconds(blocks: 20, rows: rowCount) { row in
    rows[row].withUnsafeBufferPointer { cells in
        let array =
            #"{"data":[\#(UInt(bitPattern: cells.baseAddress)),true],"shape":[1,28],"typestr":"<f4","version":3}"#
        check(XGBoosterPredictFromDense(booster, array, dense, nil, &shape, &dimensions, &result))
        sink += result?[0] ?? 0
    }
}
let contribution = #"{"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false}"#
let theirShap = microseconds(blocks: 5, rows: min(rowCount, 200)) { row in
    var matrix: DMatrixHandle?
    check(XGDMatrixCreateFromMat(rows[row], 1, bst_ulong(width), .nan, &matrix))
    check(XGBoosterPredictFromDMatrix(booster, matrix, contribution, &shape, &dimensions, &result))
    sink += result?[0] ?? 0
    check(XGDMatrixFree(matrix))
}
var major: Int32 = 0
var minor: Int32 = 0
var patch: Int32 = 0
XGBoostVersion(&major, &minor, &patch)
let figures = [
    "margin_us": perfect.margin, "margin_any_us": general.margin, "margin_batch_us": perfect.batch,
    "shap_us": perfect.shap, "shap_any_us": general.shap, "xgboost_margin_us": theirMargin,
    "xgboost_shap_us": theirShap,
]
print("{\"xgboost_version\": \"\(major).\(minor).\(patch)\", \"check\": \(sink.isNaN)", terminator: "")
for (name, value) in figures.sorted(by: { $0.key < $1.key }) { print(", \"\(name)\": \(value)", terminator: "") }
print("}")
