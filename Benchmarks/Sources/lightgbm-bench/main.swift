// µs a row for raw score and exact SHAP of a LightGBM model, ours and the library's C interface, by thread CPU time in one
// run: lightgbm-bench model.txt rows.f32 lib_lightgbm.so
import Forest
import Foundation
import ThreadTiming

let arguments = CommandLine.arguments
guard arguments.count == 4, let model = FileManager.default.contents(atPath: arguments[1]),
    let data = FileManager.default.contents(atPath: arguments[2]), let library = dlopen(arguments[3], RTLD_NOW)
else {
    FileHandle.standardError.write(Data("usage: lightgbm-bench model.txt rows.f32 lib_lightgbm.so\n".utf8))
    exit(2)
}

let forest = try Forest(file: Array(model))
let width = forest.featureCount
let values = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
let rows = stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
let wideRows = rows.map { $0.map { Double($0) } }
// Keeps the compiler from dropping the work; this program has one thread.
nonisolated(unsafe) var sink = 0.0

let scratch = forest.makeScratch()
var contributions = [Double](repeating: 0, count: width)
let margin = try microseconds(blocks: 40, rows: rows.count) {
    let row = wideRows[$0]
    sink += try forest.margin(of: row.span)
}
let shap = try microseconds(blocks: 20, rows: rows.count) {
    let row = rows[$0]
    var output = contributions.mutableSpan
    sink += Double(try forest.explain(row.span, into: &output, scratch: scratch))
}
let wideShap = try microseconds(blocks: 20, rows: rows.count) {
    let row = wideRows[$0]
    var output = contributions.mutableSpan
    sink += try forest.explain(row.span, into: &output, scratch: scratch)
}

// The library's fastest call for one row, with a configuration made once, on one thread.
typealias Handle = UnsafeMutableRawPointer
func symbol<Function>(_ name: String, _ type: Function.Type) -> Function {
    guard let address = dlsym(library, name) else { fatalError("\(name) is not in the library") }
    return unsafeBitCast(address, to: type)
}
typealias Create =
    @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Handle?>) -> Int32
typealias FastInit =
    @convention(c) (
        Handle?, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>
    ) -> Int32
typealias Fast =
    @convention(c) (Handle?, UnsafeRawPointer?, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>) -> Int32
let create = symbol("LGBM_BoosterCreateFromModelfile", Create.self)
let fastInit = symbol("LGBM_BoosterPredictForMatSingleRowFastInit", FastInit.self)
let fast = symbol("LGBM_BoosterPredictForMatSingleRowFast", Fast.self)
func check(_ code: Int32) { if code != 0 { fatalError("the library refuses") } }

var booster: Handle?
var iterations: Int32 = 0
check(create(arguments[1], &iterations, &booster))

/// `kind`: 1 raw score, 3 contributions. Rows are Doubles (type 1).
func theirs(_ booster: Handle?, _ kind: Int32, blocks: Int, rows count: Int) -> Double {
    var configuration: Handle?
    check(fastInit(booster, kind, 0, 0, 1, Int32(width), "num_threads=1", &configuration))
    var output = [Double](repeating: 0, count: width + 1)
    var length: Int64 = 0
    return microseconds(blocks: blocks, rows: count) { row in
        wideRows[row].withUnsafeBytes { check(fast(configuration, $0.baseAddress, &length, &output)) }
        sink += output[0]
    }
}
let theirMargin = theirs(booster, 1, blocks: 20, rows: rows.count)
let theirShap = theirs(booster, 3, blocks: 5, rows: min(rows.count, 200))

let figures = [
    "margin_us": margin, "shap_us": shap, "shap_double_us": wideShap, "lightgbm_margin_us": theirMargin,
    "lightgbm_shap_us": theirShap,
]
print("{\"trees\": \(forest.treeCount), \"check\": \(sink.isNaN)", terminator: "")
for (name, value) in figures.sorted(by: { $0.key < $1.key }) { print(", \"\(name)\": \(value)", terminator: "") }
print("}")
