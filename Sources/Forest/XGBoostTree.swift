/// Reads one tree of a model file. Shape and values are checked later, by ``Tree/validated(index:featureCount:limits:)``.
enum XGBoostTree {
    static func read(_ path: ModelPath, index: Int) throws(ForestError) -> Tree {
        do {
            return try parse(path)
        } catch {
            throw ForestError(error.code, error.message, byteOffset: error.byteOffset, tree: index, node: error.node)
        }
    }

    private static func parse(_ path: ModelPath) throws(ForestError) -> Tree {
        let vectorSize = try path.optional("tree_param")?.optionalNumber("size_leaf_vector") ?? 1
        guard vectorSize <= 1 else { throw ForestError(.unsupportedModel, "leaves with \(vectorSize) values") }
        let left = try path.member("left_children").nodeIndices()
        let conditions = try path.member("split_conditions").floats()
        let splitTypes = try path.optional("split_type")?.integers() ?? []
        guard splitTypes.isEmpty || splitTypes.count == left.count else {
            throw ForestError(.invalidTree, "split_type has \(splitTypes.count) entries for \(left.count) nodes")
        }
        var tree = Tree(
            left: left,
            right: try path.member("right_children").nodeIndices(),
            feature: try path.member("split_indices").nodeIndices(),
            threshold: conditions,
            defaultLeft: try path.member("default_left").integers().map { $0 != 0 },
            // The same array holds the value of a leaf and the threshold of a split.
            leafValue: conditions,
            cover: try path.member("sum_hessian").floats())
        try readCategories(path, splitTypes, into: &tree)
        return tree
    }

    private static func readCategories(
        _ path: ModelPath, _ splitTypes: [Int], into tree: inout Tree
    ) throws(ForestError) {
        let nodes = try path.optional("categories_nodes")?.integers() ?? []
        let starts = try path.optional("categories_segments")?.integers() ?? []
        let sizes = try path.optional("categories_sizes")?.integers() ?? []
        let values = try path.optional("categories")?.integers() ?? []
        guard starts.count == nodes.count, sizes.count == nodes.count else {
            throw ForestError(.invalidTree, "the categories_ arrays differ in length")
        }
        for (index, node) in nodes.enumerated() {
            let (end, overflow) = starts[index].addingReportingOverflow(sizes[index])
            guard node >= 0, node < tree.nodeCount, node < splitTypes.count, splitTypes[node] == 1 else {
                throw ForestError(.invalidTree, "categories at a node without a categorical split", node: node)
            }
            guard !overflow, starts[index] >= 0, sizes[index] >= 0, end <= values.count else {
                throw ForestError(.invalidTree, "categories outside the list", node: node)
            }
            let listed = values[starts[index]..<end].sorted()
            guard let first = listed.first, let last = listed.last, first >= 0, last < Int(CategorySet.limit) else {
                throw ForestError(.invalidTree, "a category out of range, or none", node: node)
            }
            tree.categories[node] = listed.map { Int32($0) }
        }
        for (node, type) in splitTypes.enumerated() where type != 0 && tree.left[node] != -1 {
            guard type == 1, tree.categories[node] != nil else {
                throw ForestError(.invalidTree, "a split of an unknown type, or without its categories", node: node)
            }
        }
    }
}

/// The category strings that XGBoost 3.1 and later keep with the model (`src/data/cat_container.cc`).
enum XGBoostCategories {
    static func read(_ path: ModelPath, _ featureCount: Int) throws(ForestError) -> [[String]?] {
        let encoders = try path.optional("enc")?.elements() ?? []
        guard !encoders.isEmpty else { return [] }
        guard encoders.count == featureCount else {
            throw ForestError(.invalidModel, "cats has \(encoders.count) entries for \(featureCount) features")
        }
        var names: [[String]?] = []
        for encoder in encoders {
            guard let values = try encoder.optional("values") else {
                names.append(nil)
                continue
            }
            if let offsets = try encoder.optional("offsets") {
                names.append(try strings(values.integers(), offsets.integers()))
            } else {
                // Categories that are numbers: their text.
                names.append(try values.elements().map { element throws(ForestError) in try element.numberText() })
            }
        }
        return names.allSatisfy { $0?.isEmpty ?? true } ? [] : names.map { $0?.isEmpty ?? true ? nil : $0 }
    }

    private static func strings(_ bytes: [Int], _ offsets: [Int]) throws(ForestError) -> [String] {
        var names: [String] = []
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            guard start >= 0, start <= end, end <= bytes.count else {
                throw ForestError(.invalidModel, "cats has an offset outside its values")
            }
            // Bytes are signed in the file. (XGBoost 3.2.0 from Python counts offsets in characters, so names that
            // are not ASCII come out shifted, in its own reader too: refused here where it shows.)
            let text = bytes[start..<end].map { UInt8(truncatingIfNeeded: $0) }
            guard let name = String(validating: text, as: UTF8.self) else {
                throw ForestError(.invalidModel, "cats has a name that is not UTF-8")
            }
            names.append(name)
        }
        return names
    }
}
