import Forest
import Foundation
import Testing

/// Files that are not what they should be.
struct ImportTests {
    static let json = Golden.loaded("3.4.1-categorical.json")
    static let ubjson = Golden.loaded("3.4.1-categorical.ubj")

    @Test(arguments: ["3.4.1-categorical.json", "1.7.4-dart.json", "3.4.1-dart.ubj", "1.7.4-categorical.ubj"])
    func `a file cut at any byte is a typed error`(name: String) throws {
        let whole = try Golden.bytes(name)
        let step = max(1, whole.count / 300)  // every byte of the head and the tail, a comb between
        for length in 0..<whole.count where length % step == 0 || length < 300 || length > whole.count - 100 {
            #expect(throws: ForestError.self, "cut at \(length)") { try Forest(xgboost: Array(whole[..<length])) }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a file with changed bytes loads or is refused, and what loads can be scored and written`(seed: UInt64) throws
    {
        var generator = SplitMix(state: seed)
        var loaded = 0
        for source in [Self.json, Self.ubjson] {
            for _ in 0..<50 {
                var bytes = source
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
                guard let forest = try? Forest(xgboost: bytes) else { continue }
                loaded += 1
                let row = [Float](repeating: 1, count: forest.featureCount)
                #expect(try forest.margin(row).isFinite)
                let contributions = try forest.explanation(row, scratch: forest.makeScratch()).contributions
                #expect(contributions.allSatisfy { $0.isFinite })
                #expect(try Forest(xgboost: forest.xgboostJSON()).trees == forest.trees)
            }
        }
        #expect(loaded > 0)
    }

    /// Columns: what is replaced in a good JSON model, by what, the error's code and a part of its text.
    @Test(arguments: [
        (#""num_class":"0""#, #""num_class":"3""#, ForestError.Code.unsupportedModel, "3 outputs"),
        (#""num_target":"1""#, #""num_target":"2""#, .unsupportedModel, "2 outputs"),
        (#""name":"binary:logistic""#, #""name":"multi:softprob""#, .unsupportedModel, "objective"),
        (#""name":"gbtree""#, #""name":"gblinear""#, .unsupportedModel, "booster"),
        (#""size_leaf_vector":"1"}},{"#, #""size_leaf_vector":"3"}},{"#, .unsupportedModel, "leaves with 3 values"),
        (#""tree_info":[0"#, #""tree_info":[1"#, .unsupportedModel, "several outputs"),
        (#""tree_info":[0"#, #""tree_info":[0,0"#, .invalidModel, "tree_info has 7 entries"),
        (#""num_class":"0","num_feature":"8""#, #""num_class":"0","num_feature":"0""#, .limitExceeded, "0 features"),
        (
            #""num_class":"0","num_feature":"8""#, #""num_class":"0","num_feature":"x""#, .invalidModel,
            "num_feature is not a whole number"
        ),
        (
            #""num_class":"0","num_feature":"8""#, #""num_class":"0","num_feature":"99999999""#, .limitExceeded,
            "99999999 features"
        ),
        (#""learner_model_param""#, #""other""#, .invalidModel, "learner.learner_model_param is missing"),
        (#""left_children":["#, #""left_children":[7777,"#, .invalidTree, "entries for"),
        (#""left_children":[1"#, #""left_children":[99999999999"#, .invalidModel, "32-bit"),
        (#""left_children":[1"#, #""left_children":["1""#, .invalidModel, "whole numbers"),
        (#""id":1,"#, #""id":0,"#, .invalidModel, "tree ids"),
        (#""learner":{"#, #""learner":["#, .malformed, "JSON unexpectedByte"),
        (#""categories_sizes":["#, #""categories_sizes":[1,"#, .invalidTree, "categories_ arrays"),
        (#""categories_segments":[0"#, #""categories_segments":[9223372036854775807"#, .invalidTree, "categories"),
        (#""categories_nodes":["#, #""categories_nodes":[-1,"#, .invalidTree, "categories"),
    ])
    func `a model that cannot be served is refused by name`(
        part: String, replacement: String, code: ForestError.Code, text: String
    ) throws {
        let source = try #require(String(bytes: Self.json, encoding: .utf8))
        let range = try #require(source.range(of: part), "the golden model has changed its spelling")
        let changed = source.replacingCharacters(in: range, with: replacement)
        let error = #expect(throws: ForestError.self) { try Forest(xgboost: Array(changed.utf8)) }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("5E-1", Float(-0.0)), ("0.5", -0.0), ("[5E-1]", -0.0), ("[ 0.75 ]", 1.0986123), (" 7.5e-1", 1.0986123),
    ])
    func `base_score is read in all its spellings`(spelling: String, margin: Float) throws {
        let forest = try Forest(xgboost: withBaseScore(spelling))
        #expect(abs(forest.baseMargin - margin) < 1e-6)
    }

    @Test(arguments: ["", "x", "[]", "[0.5,0.5]", "1", "0", "-1", "2", "NaN", "Infinity", "{}", "\\\"5\\\"", "null"])
    func `a base_score without a margin is refused`(spelling: String) throws {
        let bytes = try withBaseScore(spelling)
        #expect(throws: ForestError.self) { try Forest(xgboost: bytes) }
    }

    private func withBaseScore(_ spelling: String) throws -> [UInt8] {
        let source = try #require(String(bytes: Self.json, encoding: .utf8))
        let pattern = #"("base_score":")[^"]*""#
        let range = try #require(source.range(of: pattern, options: .regularExpression))
        return Array(source.replacingCharacters(in: range, with: "\"base_score\":\"\(spelling)\"").utf8)
    }

    @Test func `the old binary format is refused by name`() {
        let error = #expect(throws: ForestError.self) { try Forest(xgboost: Array("binf".utf8) + [0, 1, 2]) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.message.contains("binf") == true)
    }

    @Test(
        arguments: [
            [], [0x7B], Array("{}".utf8), Array("[]".utf8), Array("{L".utf8), [0x7B, 0x4C, 0x7F, 0xFF, 0xFF, 0xFF],
            [0x7B, 0x4C, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            Array("{i".utf8) + [1, 0x61] + Array("[$d#L".utf8) + [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            Array("{i".utf8) + [1, 0x61] + Array("[#L".utf8) + [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            Array("{i".utf8) + [1, 0x61] + [UInt8](repeating: 0x5B, count: 100_000),
            Array("{i".utf8) + [1, 0x61] + [UInt8](repeating: 0x4E, count: 100_000),
            Array("{i".utf8) + [1, 0xFF] + Array("Z}".utf8), Array("{i".utf8) + [1, 0x61] + Array("H}".utf8),
        ] as [[UInt8]])
    func `hostile UBJSON is a typed error and takes no memory`(bytes: [UInt8]) {
        #expect(throws: ForestError.self) { try Forest(xgboost: bytes) }
    }

    @Test func `a file beyond the limit is refused before it is read`() {
        var limits = Forest.Limits()
        limits.fileBytes = 100
        let error = #expect(throws: ForestError.self) { try Forest(xgboost: Self.json, limits: limits) }
        #expect(error?.code == .limitExceeded)
    }
}

extension Golden {
    /// For static tables: a missing file shows as an empty model that every test refuses.
    static func loaded(_ name: String) -> [UInt8] { (try? bytes(name)) ?? [] }
}
