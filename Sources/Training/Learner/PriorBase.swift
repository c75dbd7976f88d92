import Features
import Forest
import Learning

/// The prior as a table of lead features sees it: its trees in the table's codes, its margins, and which way each feature
/// may push.
struct PriorBase: Sendable {
    /// Single splits and leaves, over the table's columns; categories are positions in their vocabularies.
    let trees: [Tree]
    /// For each row of the table, base rate of the prior included: what is added to it makes up for that.
    let margins: [Float]
    /// For each column 1 where the prior's weights all say that more is better, -1 where they say that it is worse, else 0.
    /// Only of numbers and booleans: categories have no order.
    let directions: [Int]

    /// - Precondition: `data` holds the 28 features in their order, as ``ColumnFit`` leaves them.
    init(prior: Forest, data: EncodedTable) throws(TableError) {
        precondition(data.columns.count == FeatureVector.count, "the prior reads the 28 features")
        trees = prior.trees.map { Self.translated($0, columns: data.columns) }
        directions = Feature.allCases.map { feature in
            feature.kind == .categorical || data.columns[feature.rawValue].isMasked
                ? 0 : Self.direction(of: feature.rawValue, in: prior.trees)
        }
        do {
            let forest = try Forest(trees: trees, featureCount: FeatureVector.count)
            var margins = [Float](repeating: 0, count: data.rowCount)
            var output = margins.mutableSpan
            try forest.margins(
                of: data.rowMajor(Array(0..<data.rowCount)).span, rowCount: data.rowCount, into: &output)
            self.margins = margins
        } catch {
            throw TableError(.library, "the prior can't read these rows: \(error)")
        }
    }

    /// The prior's categories are positions in the feature's vocabulary; a level that no row has is nowhere in the table's.
    private static func translated(_ tree: Tree, columns: [TableColumn]) -> Tree {
        var tree = tree
        for node in 0..<tree.nodeCount {
            guard let codes = tree.categories[node], let feature = Feature(rawValue: Int(tree.feature[node])) else {
                continue
            }
            tree.categories[node] = codes.compactMap { code in
                columns[feature.rawValue].code(of: feature.vocabulary[Int(code)]).map(Int32.init)
            }.sorted()
        }
        return tree
    }

    private static func direction(of feature: Int, in trees: [Tree]) -> Int {
        var rises = false
        var falls = false
        for tree in trees where !tree.isLeaf(0) && Int(tree.feature[0]) == feature {
            let (left, right) = (Int(tree.left[0]), Int(tree.right[0]))
            guard tree.isLeaf(left), tree.isLeaf(right) else { return 0 }
            if tree.leafValue[right] > tree.leafValue[left] { rises = true }
            if tree.leafValue[right] < tree.leafValue[left] { falls = true }
        }
        return rises == falls ? 0 : rises ? 1 : -1
    }
}
