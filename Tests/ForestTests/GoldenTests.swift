import Forest
import Foundation
import Testing

/// Models and answers of the real libraries; see Golden/README.md.
struct GoldenTests {
    static let libraries = ["1.7.4", "2.1.4", "3.2.0", "3.4.1", "debian"]
    static let kinds = [
        "numeric", "categorical", "base-score", "dart", "dart-categorical", "parallel", "regression", "poisson",
        "logitraw", "pruned", "leafwise", "deep", "stumps", "constant", "early",
    ]

    @Test(arguments: libraries, kinds)
    func `margins have the library's bits and contributions its values`(library: String, kind: String) throws {
        let name = "\(library)-\(kind)"
        let expected = try Expected(name)
        let range: Forest.TreeRange = kind == "early" ? .bestIteration : .all
        let forest = try Forest(xgboost: Golden.bytes("\(name).json"), trees: range)
        let scratch = forest.makeScratch()
        for (index, row) in expected.rows.enumerated() {
            let (margin, contributions) = try forest.explanation(row, scratch: scratch)
            #expect(margin.bitPattern == expected.margins[index].bitPattern, "row \(index)")
            let theirs = expected.contributions[index]
            let worst = zip(contributions + [forest.baseValue], theirs).map { abs($0 - Double($1)) }.max()
            #expect((worst ?? .infinity) < 1e-4, "row \(index)")
            let sum = contributions.reduce(forest.baseValue, +)
            #expect(abs(sum - Double(margin)) < 1e-5 * max(1, Double(margin.magnitude)), "row \(index)")
        }
        let other = try Forest(
            xgboost: Golden.bytes("\(name).ubj"), trees: range, limits: .init(), layout: .explicit)
        #expect(other.trees == forest.trees)
        #expect(other.featureNames == forest.featureNames)
        #expect(try expected.rows.map { try other.margin($0).bitPattern } == expected.margins.map(\.bitPattern))
    }

    @Test(arguments: libraries, kinds)
    func `a forest written back gives the same bits`(library: String, kind: String) throws {
        let original = try Forest(xgboost: Golden.bytes("\(library)-\(kind).ubj"))
        let copy = try Forest(xgboost: original.xgboostJSON())
        #expect(copy.trees == original.trees)
        #expect(copy.baseMargin.bitPattern == original.baseMargin.bitPattern)
        #expect(copy.featureNames == original.featureNames)
        #expect(copy.featureTypes == original.featureTypes)
        #expect(copy.xgboostJSON() == original.xgboostJSON())
    }

    @Test(arguments: ["json", "ubj"])
    func `category names are read in code order and written back`(format: String) throws {
        let forest = try Forest(xgboost: Golden.bytes("3.2.0-named-categories.\(format)"))
        #expect(forest.featureNames == ["rooms", "channel", "floor"])
        #expect(forest.categoryNames == [nil, ["direct", "google", "olark", "partner site"], ["1", "3", "7"]])
        #expect(try Forest(xgboost: forest.xgboostJSON()).categoryNames == forest.categoryNames)
    }

    @Test func `the golden models cover what they are for`() throws {
        func forest(_ name: String) throws -> Forest { try Forest(xgboost: Golden.bytes("\(name).json")) }
        #expect(try forest("1.7.4-deep").depth > 8)
        #expect(try forest("3.4.1-constant").depth == 0)
        #expect(try forest("3.4.1-categorical").trees.contains { $0.categories.contains { ($0?.count ?? 0) > 1 } })
        #expect(try forest("1.7.4-categorical").trees.contains { $0.categories.contains { $0?.count == 1 } })
        #expect(try forest("3.4.1-early").treeCount == 5)
        let early = try Forest(xgboost: Golden.bytes("3.4.1-early.json"), trees: .bestIteration)
        #expect(early.treeCount == 3)
        #expect(throws: ForestError.self) {
            try Forest(xgboost: Golden.bytes("3.4.1-numeric.json"), trees: .bestIteration)
        }
    }
}

enum Golden {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
        return try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

/// What the library answered: row count, feature count, then rows, margins and contributions (bias last), all
/// little-endian.
struct Expected {
    var rows: [[Float]] = []
    var margins: [Float] = []
    var contributions: [[Float]] = []

    init(_ name: String) throws {
        let bytes = try Golden.bytes("\(name).expected")
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
        }
        let (count, features) = (Int(word(0)), Int(word(1)))
        try #require(bytes.count == 4 * (2 + count * (features + 1 + features + 1)))
        func floats(_ start: Int, _ length: Int) -> [Float] {
            (start..<start + length).map { Float(bitPattern: word(2 + $0)) }
        }
        for index in 0..<count {
            rows.append(floats(index * features, features))
            margins.append(floats(count * features + index, 1)[0])
            contributions.append(floats(count * (features + 1) + index * (features + 1), features + 1))
        }
        try #require(count >= 60)
    }
}
