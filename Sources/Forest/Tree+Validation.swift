extension Tree {
    /// Proves what the layouts and kernels later trust, and returns the tree with only its reachable nodes, in
    /// preorder: pruned nodes stay in XGBoost's arrays and would be walked over otherwise.
    ///
    /// - Returns: the compacted tree and the number of splits on its longest path.
    /// - Throws: ``ForestError`` that names the tree and the node in the numbering of the file.
    func validated(index: Int, featureCount: Int, limits: Forest.Limits) throws(ForestError) -> (tree: Tree, depth: Int)
    {
        let count = nodeCount
        guard count > 0, count <= limits.nodesPerTree else {
            throw ForestError(.invalidTree, "a tree has 1 to \(limits.nodesPerTree) nodes, not \(count)", tree: index)
        }
        for other in [
            right.count, feature.count, threshold.count, defaultLeft.count, leafValue.count, cover.count,
            categories.count,
        ] where other != count {
            throw ForestError(.invalidTree, "node arrays of different lengths: \(count) and \(other)", tree: index)
        }
        var visited = [Bool](repeating: false, count: count)
        var compact = Tree(
            left: [], right: [], feature: [], threshold: [], defaultLeft: [], leafValue: [], cover: [], categories: [])
        var deepest = 0
        // What is still to visit: the node, its depth, and where its parent waits for the new number.
        var pending: [(node: Int, depth: Int, parent: Int, isRight: Bool)] = [(0, 0, -1, false)]
        visited[0] = true
        while let (node, depth, parent, isRight) = pending.popLast() {
            func refuse(_ message: String) -> ForestError {
                ForestError(.invalidTree, message, tree: index, node: node)
            }
            guard depth <= limits.depth else { throw refuse("deeper than \(limits.depth)") }
            deepest = max(deepest, depth)
            let number = Int32(compact.nodeCount)
            if parent >= 0 {
                if isRight { compact.right[parent] = number } else { compact.left[parent] = number }
            }
            compact.append(self, node)
            guard cover[node].isFinite, cover[node] >= 0 else { throw refuse("the cover is negative or not finite") }
            let (low, high) = (left[node], right[node])
            guard low != -1 || high != -1 else {
                guard leafValue[node].isFinite else { throw refuse("the leaf value is not finite") }
                continue
            }
            guard feature[node] >= 0, Int(feature[node]) < featureCount else {
                throw refuse("feature \(feature[node]) of \(featureCount)")
            }
            try checkTest(of: node, refuse)
            for child in [low, high] {
                guard child > 0, Int(child) < count else { throw refuse("child \(child) of \(count) nodes") }
                guard !visited[Int(child)] else {
                    throw refuse("child \(child) has two parents or is its own ancestor")
                }
                visited[Int(child)] = true
            }
            guard cover[Int(low)] + cover[Int(high)] > 0 else { throw refuse("no cover below the split") }
            pending.append((Int(high), depth + 1, Int(number), true))
            pending.append((Int(low), depth + 1, Int(number), false))
        }
        return (compact, deepest)
    }

    private func checkTest(of node: Int, _ refuse: (String) -> ForestError) throws(ForestError) {
        guard let categories = categories[node] else {
            guard !threshold[node].isNaN else { throw refuse("the threshold is not a number") }
            return
        }
        var previous: Int32 = -1
        for category in categories {
            guard category > previous, category < CategorySet.limit else {
                throw refuse("categories must ascend from 0 to below \(CategorySet.limit)")
            }
            previous = category
        }
    }

    /// Appends one node in canonical form: what a kind of node ignores is zero.
    private mutating func append(_ source: Tree, _ node: Int) {
        let isLeaf = source.left[node] == -1 && source.right[node] == -1
        left.append(-1)
        right.append(-1)
        feature.append(isLeaf ? 0 : source.feature[node])
        threshold.append(isLeaf || source.categories[node] != nil ? 0 : source.threshold[node])
        defaultLeft.append(isLeaf ? false : source.defaultLeft[node])
        leafValue.append(isLeaf ? source.leafValue[node] : 0)
        cover.append(source.cover[node])
        categories.append(isLeaf ? nil : source.categories[node])
    }
}
