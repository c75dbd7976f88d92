import Forest
import Testing

struct ShapTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `contributions are the Shapley values of the definition`(seed: UInt64) throws {
        var random = RandomForest(seed: seed, featureCount: 2 + Int(seed % 7))
        random.categorical = seed % 3 == 0
        random.infinite = seed % 4 == 0
        let trees = random.trees(1 + Int(seed % 40), depth: 1 + Int(seed % 9), leafChance: seed % 2 == 0 ? 0.3 : 0.1)
        let forest = try Forest(trees: trees, featureCount: random.featureCount, baseMargin: 0.5)
        let scratch = forest.makeScratch()
        for _ in 0..<5 {
            let row = random.row()
            let (margin, contributions) = try forest.explanation(row, scratch: scratch)
            let expected = NaiveForest.shapley(trees, row, featureCount: random.featureCount)
            let worst = zip(contributions, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 2e-6 * Double(trees.count + 1), "seed \(seed)")
            let mean = trees.reduce(0) { $0 + NaiveForest.expectation($1, row, known: []) }
            #expect(abs(forest.baseValue - 0.5 - mean) < 1e-6 * Double(trees.count))
            #expect(abs(contributions.reduce(forest.baseValue, +) - Double(margin)) < 1e-5, "seed \(seed)")
            #expect(margin.bitPattern == (try forest.margin(row)).bitPattern)
        }
    }

    /// A chain: every split tests another feature, so the path has as many distinct features as the tree splits.
    private func chain(_ length: Int, value: Float = 1) -> Tree {
        var tree = Tree.leaf(0, cover: 1)
        for link in 0..<length {
            let node = tree.nodeCount - 1
            (tree.left[node], tree.right[node]) = (Int32(tree.nodeCount), Int32(tree.nodeCount + 1))
            tree.feature[node] = Int32(link)
            tree.threshold[node] = 0
            for leaf in [Float(link + 1) / Float(length), value] {
                tree.left.append(-1)
                tree.right.append(-1)
                tree.feature.append(0)
                tree.threshold.append(0)
                tree.defaultLeft.append(false)
                tree.leafValue.append(leaf)
                tree.cover.append(tree.cover[node] * (leaf == value && link < length - 1 ? 0.75 : 0.25))
                tree.categories.append(nil)
            }
        }
        return tree
    }

    @Test(arguments: [1, 7, 8, 9, 12])
    func `long paths are exact in wider vectors`(length: Int) throws {
        let tree = chain(length)
        let forest = try Forest(trees: [tree], featureCount: length)
        let scratch = forest.makeScratch()
        for pattern in 0..<4 {
            let row = (0..<length).map { Float(($0 * 7 + pattern) % 3) - 1 }
            let got = try forest.explanation(row, scratch: scratch).contributions
            let expected = NaiveForest.shapley([tree], row, featureCount: length)
            #expect((zip(got, expected).map { abs($0 - $1) }.max() ?? 1) < 1e-6)
        }
    }

    @Test(arguments: [16, 17, 32, 33, 64, 100, 128])
    func `paths of up to 128 features add up`(length: Int) throws {
        let forest = try Forest(trees: [chain(length)], featureCount: length)
        let row = (0..<length).map { Float($0 % 3) - 0.5 }
        let (margin, contributions) = try forest.explanation(row, scratch: forest.makeScratch())
        #expect(abs(contributions.reduce(forest.baseValue, +) - Double(margin)) < 1e-5)
    }

    @Test func `beyond 128 features on a path the margin is there and the explanation says why it isn't`() throws {
        let forest = try Forest(trees: [chain(129)], featureCount: 129)
        let row = [Float](repeating: 1, count: 129)
        #expect(try forest.margin(row) == 1)
        #expect(throws: ForestError(.explanationUnavailable, "129 features on one path; exact up to 128")) {
            try forest.explanation(row, scratch: forest.makeScratch())
        }
    }

    @Test func `features that no tree uses get exactly nothing`() throws {
        let stump = Tree.stump(
            feature: 1, threshold: 0, defaultLeft: true, left: -1, right: 3, leftCover: 3, rightCover: 1)
        let forest = try Forest(trees: [stump], featureCount: 3)
        let (_, contributions) = try forest.explanation([5, 1, .nan], scratch: forest.makeScratch())
        #expect(contributions == [0, 3, 0])
        #expect(forest.baseValue == 0)
    }

    @Test func `a scratch serves any number of rows, and a smaller forest's scratch is refused`() throws {
        var random = RandomForest(seed: 99, featureCount: 6)
        let trees = random.trees(20, depth: 6)
        let large = try Forest(trees: trees, featureCount: 6)
        let small = try Forest(trees: [.leaf(1)], featureCount: 6)
        let scratch = large.makeScratch()
        let row = random.row()
        let first = try large.explanation(row, scratch: scratch).contributions
        for _ in 0..<20 { _ = try large.explanation(random.row(), scratch: scratch) }
        #expect(try large.explanation(row, scratch: scratch).contributions == first)
        #expect(try small.explanation(row, scratch: scratch).contributions == [0, 0, 0, 0, 0, 0])
        #expect(throws: ForestError.self) { try large.explanation(row, scratch: small.makeScratch()) }
    }
}
