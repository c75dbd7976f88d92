import Forest
import Foundation
import Testing

/// Models and answers of two real versions of LightGBM; see Golden/README.md.
struct LightGBMGoldenTests {
    static let versions = ["3.3.5", "4.7.0"]
    static let kinds = [
        "numeric", "no-missing", "zero-missing", "missing-unused", "presence", "numeric-infinite",
        "no-missing-infinite", "zero-missing-infinite", "categorical", "categorical-zero", "rf",
        "rf-regression", "dart", "goss", "sigmoid", "xent", "xentlambda", "deep", "large", "regression", "sqrt", "l1",
        "huber", "fair",
        "quantile", "mape", "poisson", "gamma", "tweedie", "rank", "custom", "constant",
    ]

    @Test(arguments: versions, kinds)
    func `raw scores have the library's bits, contributions and predictions its values`(
        version: String, kind: String
    ) throws {
        let name = "lgb-\(version)-\(kind)"
        let expected = try WideExpected(name)
        let forest = try Forest(file: Golden.bytes("\(name).txt"))
        #expect(forest.precision == .double)
        let explicit = try Forest(lightGBM: Golden.bytes("\(name).txt"), limits: .init(), layout: .explicit)
        let scratch = forest.makeScratch()
        for (index, row) in expected.rows.enumerated() {
            let raw = expected.margins[index]
            let (margin, contributions) = try forest.explanation(row, scratch: scratch)
            #expect(margin.bitPattern == raw.bitPattern, "row \(index)")
            #expect(try forest.margin(of: row.span).bitPattern == raw.bitPattern, "row \(index)")
            #expect(try explicit.margin(of: row.span).bitPattern == raw.bitPattern, "row \(index)")
            let theirs = expected.contributions[index]
            let size = theirs.reduce(1) { max($0, $1.magnitude) }
            let worst = zip(contributions + [forest.baseValue], theirs).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst <= 1e-12 * size, "row \(index): \(worst)")
            let prediction = try #require(forest.prediction(ofMargin: margin))
            let stated = expected.predictions[index]
            #expect(abs(prediction - stated) <= 2 * stated.ulp, "row \(index)")
            if forest.objective.isLogistic {
                #expect(forest.probability(ofMargin: margin) == prediction)
                let odds = try #require(forest.logOdds(ofMargin: margin))
                #expect(abs(1 / (1 + exp(-odds)) - stated) < 1e-15)
            } else {
                #expect(forest.probability(ofMargin: margin) == nil && forest.logOdds(ofMargin: margin) == nil)
            }
        }
    }

    @Test(arguments: versions, kinds)
    func `rows of floats take the same way, explained within the rounding of floats`(
        version: String, kind: String
    ) throws {
        let name = "lgb-\(version)-\(kind)"
        let forest = try Forest(file: Golden.bytes("\(name).txt"))
        let scratch = forest.makeScratch()
        for (index, row) in try WideExpected(name).rows.enumerated() {
            let narrow = row.map { Float($0) }
            let widened = narrow.map { Double($0) }
            let (wideMargin, wide) = try forest.explanation(widened, scratch: scratch)
            let (margin, contributions) = try forest.explanation(narrow, scratch: scratch)
            #expect(margin.bitPattern == Float(wideMargin).bitPattern, "row \(index)")
            #expect(try forest.margin(narrow).bitPattern == margin.bitPattern)
            let size = wide.reduce(max(1, abs(forest.baseValue))) { max($0, $1.magnitude) }
            let worst = zip(contributions, wide).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 2e-6 * size, "row \(index): \(worst)")
        }
    }

    @Test(arguments: versions, kinds)
    func `many rows at once are the rows one by one`(version: String, kind: String) throws {
        let name = "lgb-\(version)-\(kind)"
        let forest = try Forest(file: Golden.bytes("\(name).txt"))
        let expected = try WideExpected(name)
        var margins = [Double](repeating: .nan, count: expected.rows.count)
        let flat = expected.rows.flatMap { $0 }
        var output = margins.mutableSpan
        try forest.margins(of: flat.span, rowCount: expected.rows.count, into: &output)
        #expect(margins.map(\.bitPattern) == expected.margins.map(\.bitPattern))
        let single = try forest.margins(flat.map { Float($0) }, count: expected.rows.count)
        for (index, row) in expected.rows.enumerated() {
            #expect(single[index].bitPattern == (try forest.margin(row.map { Float($0) })).bitPattern)
        }
    }

    @Test func `the golden models cover what they are for`() throws {
        func text(_ name: String) throws -> String { try String(decoding: Golden.bytes("\(name).txt"), as: UTF8.self) }
        var decisions: Set<String> = []
        for version in Self.versions {
            for kind in Self.kinds {
                for line in try text("lgb-\(version)-\(kind)").split(separator: "\n")
                where line.hasPrefix("decision_type=") {
                    decisions.formUnion(line.dropFirst(14).split(separator: " ").map(String.init))
                }
            }
        }
        // None, Zero and NaN, default left and right, and categorical.
        #expect(decisions.isSuperset(of: ["2", "4", "6", "8", "10", "9"]))
        for kind in ["presence", "zero-missing-infinite", "no-missing-infinite"] {
            #expect(try text("lgb-4.7.0-\(kind)").contains(/\nthreshold=[^\n]*\binf\b/), "no split at infinity")
        }
        #expect(try text("lgb-3.3.5-numeric").contains("version=v3\n"))
        #expect(try text("lgb-4.7.0-numeric").contains("version=v4\n"))
        #expect(try text("lgb-4.7.0-rf").contains("\naverage_output\n"))
        #expect(try Forest(file: Golden.bytes("lgb-4.7.0-deep.txt")).depth > 8)
        #expect(try Forest(file: Golden.bytes("lgb-4.7.0-constant.txt")).depth == 0)
        #expect(try Forest(file: Golden.bytes("lgb-4.7.0-sigmoid.txt")).logOdds(ofMargin: 1) == 2)
    }

    @Test(arguments: versions)
    func `a pandas table's categories are read in code order`(version: String) throws {
        let forest = try Forest(file: Golden.bytes("lgb-\(version)-named-categories.txt"))
        #expect(forest.featureNames == ["rooms", "channel", "floor"])
        #expect(forest.featureTypes == ["q", "c", "c"])
        #expect(
            forest.categoryNames
                == [nil, ["direct", "google", "größer, \"é\"", "partner site"], ["1", "3", "7"]])
    }
}

/// What the library answered: row count, feature count (UInt32), then doubles: rows, raw scores, predictions, contributions
/// with the bias last, all little-endian.
struct WideExpected {
    var rows: [[Double]] = []
    var margins: [Double] = []
    var predictions: [Double] = []
    var contributions: [[Double]] = []

    init(_ name: String) throws {
        let bytes = try Golden.bytes("\(name).expected")
        func word(_ offset: Int, _ length: Int) -> UInt64 {
            (0..<length).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        let (count, features) = (Int(word(0, 4)), Int(word(4, 4)))
        try #require(bytes.count == 8 + 8 * count * (features + 2 + features + 1))
        func doubles(_ start: Int, _ length: Int) -> [Double] {
            (start..<start + length).map { Double(bitPattern: word(8 + 8 * $0, 8)) }
        }
        margins = doubles(count * features, count)
        predictions = doubles(count * (features + 1), count)
        for index in 0..<count {
            rows.append(doubles(index * features, features))
            contributions.append(doubles(count * (features + 2) + index * (features + 1), features + 1))
        }
        try #require(count >= 60)
    }
}

extension Forest {
    func explanation(
        _ row: [Double], scratch: ShapScratch
    ) throws -> (margin: Double, contributions: [Double]) {
        var contributions = [Double](repeating: .nan, count: featureCount)
        var output = contributions.mutableSpan
        let margin = try explain(row.span, into: &output, scratch: scratch)
        return (margin, contributions)
    }
}
