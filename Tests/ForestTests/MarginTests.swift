import Forest
import Testing

struct MarginTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `every layout gives the bits of the definition, row by row and in a batch`(seed: UInt64) throws {
        var random = RandomForest(seed: seed, featureCount: seed % 5 == 0 ? 70 : 1 + Int(seed % 9))
        random.categorical = seed % 3 == 0
        random.infinite = seed % 4 == 0
        let trees = random.trees(Int(seed % 21), depth: Int(seed % 12), leafChance: seed % 2 == 0 ? 0.4 : 0.1)
        let base = Float.random(in: -1...1, using: &random.generator)
        for layout in [Forest.LayoutChoice.fastest, .explicit] {
            let forest = try Forest(
                trees: trees, featureCount: random.featureCount, featureNames: [], featureTypes: [], baseMargin: base,
                objective: .binaryLogistic, categoryNames: [], limits: .init(), layout: layout)
            let rows = (0..<60).map { _ in random.row() }
            for row in rows {
                let expected = NaiveForest.margin(trees, base: base, row)
                #expect(try forest.margin(row).bitPattern == expected.bitPattern, "seed \(seed) row \(row)")
            }
            let batch = try forest.margins(rows.flatMap { $0 }, count: rows.count)
            #expect(try batch.map(\.bitPattern) == rows.map { try forest.margin($0).bitPattern })
        }
    }

    /// Columns: threshold, missing goes left, value, whether it goes left.
    static let splits: [(threshold: Float, defaultLeft: Bool, value: Float, left: Bool)] = [
        (1, false, 1, false), (1, true, 0.99999994, true), (0, false, -0.0, false),
        (-0.0, false, 0.0, false), (0, false, -Float.leastNonzeroMagnitude, true), (1, true, .nan, true),
        (1, false, .nan, false), (.infinity, false, 3.4028235e38, true),
        (.infinity, true, .infinity, false),
        (.infinity, false, .nan, false), (-Float.infinity, true, .nan, true),
        (-Float.infinity, true, -Float.infinity, false),
        (-Float.infinity, false, .nan, false), (-Float.infinity, false, -1e38, false),
        (-1e38, true, -Float.infinity, true),
        (Float.leastNonzeroMagnitude, false, 0, true), (2e-38, false, 1.2e-38, true),
    ]

    @Test(arguments: splits)
    func `a split decides as XGBoost does`(threshold: Float, defaultLeft: Bool, value: Float, left: Bool) throws {
        let stump = Tree.stump(
            feature: 0, threshold: threshold, defaultLeft: defaultLeft, left: -1, right: 1, leftCover: 1, rightCover: 2)
        let forest = try Forest(trees: [stump], featureCount: 1)
        #expect(try forest.margin([value]) == (left ? -1 : 1))
    }

    /// The listed categories, 2, 64 and 200, go right.
    static let codes: [(value: Float, left: Bool)] = [
        (2, false), (64, false), (200, false), (2.9, false), (200.99, false), (3, true), (0, true), (-0.0, true),
        (-1, true), (-0.5, true), (-2, true), (1000, true), (16_777_215, true), (16_777_216, true), (3e9, true),
        (.infinity, true), (-Float.infinity, true), (.nan, false),
    ]

    @Test(arguments: codes)
    func `only listed categories go right, missing follows its side`(value: Float, left: Bool) throws {
        let stump = Tree.categoricalStump(
            feature: 0, rightCategories: [2, 64, 200], defaultLeft: false, left: -1, right: 1, leftCover: 1,
            rightCover: 1)
        let forest = try Forest(trees: [stump], featureCount: 1)
        #expect(try forest.margin([value]) == (left ? -1 : 1))
    }

    @Test func `a forest of nothing or of single leaves is its base margin and their sum`() throws {
        let empty = try Forest(trees: [], featureCount: 2, baseMargin: 0.25)
        #expect(try empty.margin([1, 2]) == 0.25)
        #expect(empty.baseValue == 0.25)
        let leaves = try Forest(trees: [.leaf(0.5), .leaf(-2)], featureCount: 2, baseMargin: 0.25)
        #expect(try leaves.margin([.nan, 2]) == -1.25)
        #expect(leaves.baseValue == -1.25)
        let scratch = leaves.makeScratch()
        #expect(try leaves.explanation([1, 2], scratch: scratch).contributions == [0, 0])
    }

    @Test func `a row, a batch or an output of the wrong length is refused`() throws {
        let forest = try Forest(trees: [.leaf(1)], featureNames: ["a", "b"])
        let scratch = forest.makeScratch()
        #expect(throws: ForestError(.countMismatch, "a row needs 2 values, not 3")) { try forest.margin([1, 2, 3]) }
        #expect(throws: ForestError(.countMismatch, "a row needs 2 values, not 0")) { try forest.margin([]) }
        #expect(throws: ForestError.self) { try forest.margins([1, 2, 3], count: 2) }
        #expect(throws: ForestError.self) { try forest.margins([1, 2], count: 1, places: 2) }
        for count in [-1, Int.max, Int.min] {
            #expect(throws: ForestError.self) { try forest.margins([1, 2], count: count, places: 2) }
        }
        #expect(throws: ForestError(.countMismatch, "the contributions needs 2 values, not 1")) {
            try forest.explanation([1, 2], scratch: scratch, places: 1)
        }
    }

    @Test func `probability is XGBoost's sigmoid where the margin is a log-odds`() {
        #expect(Objective.binaryLogistic.probability(ofMargin: 0) == 0.5)
        #expect(
            Objective.binaryLogistic.probability(ofMargin: -1000)
                == Objective.binaryLogistic.probability(ofMargin: -88.7))
        #expect(Objective.binaryLogistic.probability(ofMargin: 1000) == 1)
        #expect(Objective.binaryLogitRaw.probability(ofMargin: 0) == 0.5)
        #expect(Objective.squaredError.probability(ofMargin: 0) == nil)
    }
}
