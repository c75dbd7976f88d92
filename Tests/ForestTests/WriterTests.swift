import Forest
import Testing

/// Forests that were built in code, written as XGBoost models and read back.
struct WriterTests {
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `built, written and read gives the same trees and the same bits`(seed: UInt64) throws {
        var random = RandomForest(seed: seed, featureCount: 3)
        random.categorical = seed % 2 == 0
        random.infinite = seed % 3 == 0
        let trees = random.trees(9, depth: 5)
        let objective = Objective.xgboostCases[Int(seed) % Objective.xgboostCases.count]
        let forest = try Forest(
            trees: trees, featureNames: ["a", "b \"quoted\"", "ç"], featureTypes: ["q", "c", "float"],
            baseMargin: Float.random(in: -3...3, using: &random.generator), objective: objective,
            categoryNames: [nil, ["x", "Zürich", ""], nil])
        let copy = try Forest(xgboost: forest.xgboostJSON())
        #expect(copy.objective == objective)
        #expect(copy.featureNames == forest.featureNames)
        #expect(copy.featureTypes == forest.featureTypes)
        #expect(copy.categoryNames == forest.categoryNames)
        #expect(Array(copy.trees.suffix(9)) == forest.trees)
        #expect(abs(copy.baseValue - forest.baseValue) < 1e-6)
        for _ in 0..<40 {
            let row = random.row()
            #expect(try copy.margin(row).bitPattern == forest.margin(row).bitPattern, "seed \(seed)")
        }
        #expect(copy.xgboostJSON() == (try Forest(xgboost: copy.xgboostJSON())).xgboostJSON())
    }

    @Test func `a base margin that no base_score reaches becomes a first leaf`() throws {
        let margin: Float = 20.000001  // beyond what a Float probability below 1 can say
        let forest = try Forest(trees: [ValidationTests.good], featureCount: 1, baseMargin: margin)
        let copy = try Forest(xgboost: forest.xgboostJSON())
        #expect(copy.treeCount == 2)
        #expect(try copy.margin([0]).bitPattern == forest.margin([0]).bitPattern)
    }
}
