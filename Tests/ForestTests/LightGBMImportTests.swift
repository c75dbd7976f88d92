import Forest
import Foundation
import Testing

/// LightGBM files that are not what they should be.
struct LightGBMImportTests {
    static let text = Golden.loaded("lgb-4.7.0-categorical.txt")

    @Test(arguments: ["lgb-4.7.0-categorical.txt", "lgb-3.3.5-zero-missing.txt", "lgb-3.3.5-constant.txt"])
    func `a file cut before the end of its trees is a typed error`(name: String) throws {
        let whole = try Golden.bytes(name)
        let marker = Array("end of trees".utf8)
        let end = try #require(
            whole.indices.first { whole[$0...].starts(with: marker) }, "the golden model has changed its spelling")
        for length in 0..<end + marker.count where length % 7 == 0 || length < 300 || length > end - 100 {
            #expect(throws: ForestError.self, "cut at \(length)") { try Forest(file: Array(whole[..<length])) }
        }
        // What follows describes the training and the names of categories.
        #expect(try Forest(file: Array(whole[..<(end + marker.count)])).treeCount > 0)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a file with changed bytes loads or is refused, and what loads can be scored`(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        var loaded = 0
        for _ in 0..<100 {
            var bytes = Self.text
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...127, using: &generator)
            }
            guard let forest = try? Forest(lightGBM: bytes) else { continue }
            loaded += 1
            for value in [Double.nan, 0, 1, -1, 3, .infinity, -.infinity] {
                let row = [Double](repeating: value, count: forest.featureCount)
                let (margin, contributions) = try forest.explanation(row, scratch: forest.makeScratch())
                #expect(margin.isFinite && contributions.allSatisfy { $0.isFinite })
                #expect(margin.bitPattern == (try forest.margin(of: row.span)).bitPattern)
            }
        }
        #expect(loaded > 0)
    }

    /// Columns: what is replaced in a good model, by what, the error's code and a part of its text.
    @Test(arguments: [
        ("version=v4", "version=v2", ForestError.Code.unsupportedFormat, "v3 and v4"),
        ("version=v4\n", "", .invalidModel, "version is missing"),
        ("num_class=1", "num_class=3", .unsupportedModel, "3 outputs"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=2", .unsupportedModel, "2 outputs"),
        ("max_feature_idx=7", "max_feature_idx=6", .invalidModel, "feature_names has 8 entries for 7"),
        ("max_feature_idx=7", "max_feature_idx=9223372036854775807", .limitExceeded, "features"),
        ("max_feature_idx=7", "max_feature_idx=x", .invalidModel, "max_feature_idx is not a whole number"),
        ("objective=binary", "objective=multiclass", .unsupportedModel, "objective"),
        ("objective=binary", "objective=lightgbm:binary", .unsupportedModel, "objective"),
        ("sigmoid:1", "sigmoid:0", .invalidModel, "sigmoid"),
        ("sigmoid:1", "", .invalidModel, "sigmoid"),
        ("tree_sizes=", "tree_sizes=7 ", .malformed, "tree_sizes"),
        ("Tree=1", "Tree=2", .malformed, "not numbered"),
        ("num_leaves=12", "num_leaves=13", .invalidTree, "leaf_value has 12 entries, not 13"),
        ("num_leaves=12", "num_leaves=0", .invalidTree, "leaves, not 0"),
        ("num_leaves=12", "num_leaves=9000000000000000000", .invalidTree, "leaves, not 9000000000000000000"),
        ("num_cat=5", "num_cat=0", .invalidTree, "num_cat is 0"),
        ("num_cat=5", "num_cat=4", .invalidTree, "cat_boundaries has 6 entries, not 5"),
        ("num_cat=5", "num_cat=99", .invalidTree, "num_cat is 99 of 11 splits"),
        ("cat_boundaries=0", "cat_boundaries=9", .invalidTree, "cat_boundaries do not ascend"),
        ("cat_threshold=", "cat_threshold=1 ", .invalidTree, "cat_threshold has"),
        ("split_feature=6", "split_feature=8", .invalidTree, "feature 8 of 8"),
        ("split_feature=6", "split_feature=-1", .invalidTree, "feature -1 of 8"),
        ("decision_type=9 9 8", "decision_type=9 9 12", .invalidTree, "decision_type 12 is unknown"),
        ("left_child=5", "left_child=11", .invalidTree, "child 11 of 12 leaves"),
        ("left_child=5", "left_child=-13", .invalidTree, "child -13 of 12 leaves"),
        ("left_child=5", "left_child=0", .invalidTree, "its own ancestor"),
        ("left_child=5", "left_child=1", .invalidTree, "two parents"),
        ("left_child=5", "left_child=99999999999", .invalidTree, "whole numbers"),
        ("leaf_value=0.", "leaf_value=nan0.", .invalidTree, "numbers"),
        ("leaf_value=0.", "leaf_value=1e999 0.", .invalidTree, "leaf_value has 13 entries"),
        ("leaf_value=0.16127355362617379", "leaf_value=inf", .invalidTree, "the value of leaf 0 is not finite"),
        ("leaf_value=0.16127355362617379", "leaf_value=1e300", .invalidModel, "overflow"),
        ("leaf_count=", "leaf_counts=", .invalidTree, "leaf_count is missing"),
        ("internal_count=", "internal_count=-", .invalidTree, "internal_count is negative"),
        ("is_linear=0", "is_linear=1", .unsupportedModel, "linear trees"),
        ("threshold=0 1 1.5000000000000002", "threshold=0 1 nan", .invalidTree, "the threshold is not a number"),
        ("threshold=0 1 1.5", "threshold=0.5 1 1.5", .invalidTree, "a categorical split without its list"),
        ("threshold=0 1 1.5", "threshold=7 1 1.5", .invalidTree, "a categorical split without its list"),
        ("pandas_categorical:null", "pandas_categorical:[", .malformed, "pandas_categorical is not JSON"),
        ("pandas_categorical:null", "pandas_categorical:{}", .malformed, "not a list"),
        ("pandas_categorical:null", "pandas_categorical:[1]", .malformed, "not a list of lists"),
    ])
    func `a model that cannot be served is refused by name`(
        part: String, replacement: String, code: ForestError.Code, text: String
    ) throws {
        let source = try #require(String(bytes: Self.text, encoding: .utf8))
        let range = try #require(source.range(of: part), "the golden model has changed its spelling")
        let changed = source.replacingCharacters(in: range, with: replacement)
        let error = #expect(throws: ForestError.self) { try Forest(file: Array(changed.utf8)) }
        #expect(error?.code == code, "\(error?.description ?? "")")
        #expect(error?.message.contains(text) == true, "\(error?.description ?? "")")
    }

    @Test(
        arguments: LightGBMGoldenTests.versions,
        [("linear", "linear trees"), ("multiclass", "3 outputs"), ("ova", "3 outputs")])
    func `linear trees and several outputs of the real library are refused by name`(
        version: String, refusal: (kind: String, reason: String)
    ) throws {
        let bytes = try Golden.bytes("lgb-\(version)-\(refusal.kind).txt")
        let error = #expect(throws: ForestError.self) { try Forest(file: bytes) }
        #expect(error?.code == .unsupportedModel)
        #expect(error?.message.contains(refusal.reason) == true)
    }

    @Test func `line ends of Windows change nothing`() throws {
        let source = try #require(String(bytes: Self.text, encoding: .utf8))
        let forest = try Forest(file: Array(source.replacingOccurrences(of: "\n", with: "\r\n").utf8))
        let plain = try Forest(file: Self.text)
        for row in try WideExpected("lgb-4.7.0-categorical").rows {
            #expect(try forest.margin(of: row.span).bitPattern == plain.margin(of: row.span).bitPattern)
        }
        #expect(forest.featureNames == plain.featureNames)
    }

    @Test func `names that the library made up are none`() throws {
        let source = try #require(String(bytes: Self.text, encoding: .utf8))
        let names = "rooms budget days visits score channel district count"
        let columns = (0..<8).map { "Column_\($0)" }.joined(separator: " ")
        #expect(try Forest(file: Array(source.replacingOccurrences(of: names, with: columns).utf8)).featureNames == [])
    }

    @Test func `a split that no row reached shares its weight evenly`() throws {
        let source = try #require(String(bytes: Self.text, encoding: .utf8))
        let counts = try #require(source.range(of: "(?m)^leaf_count=.*$", options: .regularExpression))
        let changed = source.replacingCharacters(in: counts, with: "leaf_count=0 0 0 0 0 0 0 0 0 0 0 0")
        let forest = try Forest(file: Array(changed.utf8))
        let row = [1.0, 0, 0, 0, 0, 1, 3, 2]
        let (margin, contributions) = try forest.explanation(row, scratch: forest.makeScratch())
        #expect(abs(contributions.reduce(forest.baseValue, +) - margin) < 1e-12)
    }

    @Test func `a file beyond the limits is refused`() {
        var limits = Forest.Limits()
        limits.fileBytes = 100
        #expect(throws: ForestError.self) { try Forest(lightGBM: Self.text, limits: limits) }
        limits = Forest.Limits()
        limits.trees = 3
        #expect(throws: ForestError.self) { try Forest(lightGBM: Self.text, limits: limits) }
        limits = Forest.Limits()
        limits.depth = 2
        #expect(throws: ForestError.self) { try Forest(lightGBM: Self.text, limits: limits) }
        limits = Forest.Limits()
        limits.nodesPerTree = 20
        #expect(throws: ForestError.self) { try Forest(lightGBM: Self.text, limits: limits) }
        #expect(throws: ForestError.self) { try Forest(lightGBM: Array("tree\n\u{0}".utf8)) }
        #expect(throws: ForestError.self) { try Forest(lightGBM: Array("tree\n".utf8) + [0xFF, 0xFE]) }
        #expect(throws: ForestError.self) { try Forest(lightGBM: Array("no tree\n".utf8)) }
    }
}
