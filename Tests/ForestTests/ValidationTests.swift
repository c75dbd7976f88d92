import Forest
import Testing

/// A forest built in code passes the same checks as a loaded one.
struct ValidationTests {
    static let good = Tree.stump(
        feature: 0, threshold: 1, defaultLeft: true, left: -1, right: 1, leftCover: 1, rightCover: 1)

    typealias Damage = @Sendable (inout Tree) -> Void

    static let damages: [(String, Damage)] = [
        ("child 3 of 3 nodes", { $0.left[0] = 3 }),
        ("child -2 of 3 nodes", { $0.left[0] = -2 }),
        ("child -1 of 3 nodes", { $0.right[0] = -1 }),
        ("child 0 of 3 nodes", { $0.left[0] = 0 }),
        ("child 1 has two parents or is its own ancestor", { $0.right[0] = 1 }),
        ("feature 1 of 1", { $0.feature[0] = 1 }),
        ("feature -1 of 1", { $0.feature[0] = -1 }),
        ("the threshold is not a number", { $0.threshold[0] = .nan }),
        ("the leaf value is not finite", { $0.leafValue[1] = .infinity }),
        ("the leaf value is not finite", { $0.leafValue[2] = .nan }),
        ("the cover is negative or not finite", { $0.cover[1] = -0.5 }),
        ("the cover is negative or not finite", { $0.cover[0] = .nan }),
        ("no cover below the split", { ($0.cover[1], $0.cover[2]) = (0, 0) }),
        ("node arrays of different lengths: 3 and 2", { $0.cover.removeLast() }),
        ("node arrays of different lengths: 3 and 2", { $0.categories.removeLast() }),
        (
            "a tree has 1 to 16777216 nodes, not 0",
            { $0 = Tree(left: [], right: [], feature: [], threshold: [], defaultLeft: [], leafValue: [], cover: []) }
        ),
        ("categories must ascend from 0 to below 16777216", { $0.categories[0] = [3, 2] }),
        ("categories must ascend from 0 to below 16777216", { $0.categories[0] = [-1] }),
        ("categories must ascend from 0 to below 16777216", { $0.categories[0] = [1 << 24] }),
    ]

    @Test(arguments: damages.indices)
    func `a damaged tree is refused with its place`(index: Int) throws {
        let (message, damage) = Self.damages[index]
        var tree = Self.good
        damage(&tree)
        let error = #expect(throws: ForestError.self) { try Forest(trees: [Self.good, tree], featureCount: 1) }
        #expect(error?.code == .invalidTree)
        #expect(error?.message == message)
        #expect(error?.tree == 1)
    }

    @Test func `a cycle away from the root is never walked`() throws {
        var tree = Self.good
        for array in [\Tree.left, \Tree.right] { tree[keyPath: array] += [4, 3] }
        tree.feature += [0, 0]
        tree.threshold += [0, 0]
        tree.defaultLeft += [true, true]
        tree.leafValue += [0, 0]
        tree.cover += [1, 1]
        tree.categories += [nil, nil]
        #expect(try Forest(trees: [tree], featureCount: 1).trees == [Self.good])
        tree.left[0] = 3
        #expect(throws: ForestError.self) { try Forest(trees: [tree], featureCount: 1) }
    }

    @Test func `counts, base margins and sums out of range are refused`() {
        #expect(throws: ForestError.self) { try Forest(trees: [Self.good]) }
        #expect(throws: ForestError.self) { try Forest(trees: [Self.good], featureCount: -1) }
        #expect(throws: ForestError.self) { try Forest(trees: [Self.good], featureCount: 1 << 20) }
        #expect(throws: ForestError.self) { try Forest(trees: [Self.good], featureCount: 1, featureNames: ["a", "b"]) }
        #expect(throws: ForestError.self) {
            try Forest(trees: [Self.good], featureNames: ["a"], featureTypes: ["q", "q"])
        }
        #expect(throws: ForestError.self) { try Forest(trees: [], featureCount: 1, baseMargin: .nan) }
        #expect(throws: ForestError.self) { try Forest(trees: [.leaf(3e38), .leaf(3e38)], featureCount: 1) }
        var limits = Forest.Limits()
        limits.trees = 1
        #expect(throws: ForestError.self) {
            try Forest(trees: [Self.good, Self.good], featureCount: 1, limits: limits)
        }
        limits = Forest.Limits()
        limits.depth = 0
        #expect(throws: ForestError.self) { try Forest(trees: [Self.good], featureCount: 1, limits: limits) }
    }

    @Test func `an error says the code, the message and the place`() {
        let error = ForestError(.invalidTree, "why", byteOffset: 7, tree: 3, node: 5)
        #expect(error.description == "invalidTree: why (tree 3, node 5) (byte 7)")
    }
}
