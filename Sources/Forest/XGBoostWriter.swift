internal import JSONBytes

/// Writes a ``Forest`` in the layout of XGBoost 1.7, which all later versions read.
struct XGBoostWriter {
    private let forest: Forest
    private let baseScore: Float
    private let trees: [Tree]
    private var json = JSONWriter(reserving: 1 << 16)

    init(_ forest: Forest) {
        self.forest = forest
        if let score = forest.objective.baseScore(ofMargin: forest.baseMargin) {
            baseScore = score
            trees = forest.trees
        } else {
            baseScore = forest.objective.baseScore(ofMargin: 0) ?? 0.5
            trees = [.leaf(forest.baseMargin)] + forest.trees
        }
    }

    consuming func document() -> [UInt8] {
        var writer = self
        writer.object {
            $0.member("learner") {
                $0.object { $0.learner() }
            }
            $0.json.key("version")
            $0.array([1, 7, 4]) { $0.value($1) }
        }
        return writer.json.bytes
    }

    private mutating func learner() {
        json.key("attributes")
        object { _ in }
        json.key("feature_names")
        array(forest.featureNames) { $0.value($1) }
        json.key("feature_types")
        array(forest.featureTypes) { $0.value($1) }
        member("gradient_booster") {
            $0.object {
                $0.member("model") { $0.object { $0.model() } }
                $0.json.member("name", "gbtree")
            }
        }
        member("learner_model_param") {
            $0.object {
                $0.json.member("base_score", $0.baseScore.description)
                $0.json.member("boost_from_average", "1")
                $0.json.member("num_class", "0")
                $0.json.member("num_feature", String($0.forest.featureCount))
                $0.json.member("num_target", "1")
            }
        }
        member("objective") {
            $0.object {
                $0.json.member("name", $0.forest.objective.rawValue)
                $0.objectiveParameters()
            }
        }
    }

    /// The parameter block without which XGBoost refuses to load the objective; only training reads the values.
    private mutating func objectiveParameters() {
        let parameters: (StaticString, StaticString, String)? =
            switch forest.objective {
            case .binaryLogistic, .binaryLogitRaw, .regressionLogistic, .squaredError, .squaredErrorOldName,
                .squaredLogError:
                ("reg_loss_param", "scale_pos_weight", "1")
            case .countPoisson: ("poisson_regression_param", "max_delta_step", "0.7")
            case .tweedie: ("tweedie_regression_param", "tweedie_variance_power", "1.5")
            case .pseudoHuberError: ("pseudo_huber_param", "huber_slope", "1")
            case .quantileError: ("quantile_loss_param", "quantile_alpha", "[0.5]")
            default: nil
            }
        guard let (block, name, value) = parameters else { return }
        json.key(block)
        object { $0.json.member(name, value) }
    }

    private mutating func model() {
        if !forest.categoryNames.isEmpty { categoryNames() }
        member("gbtree_model_param") {
            $0.object {
                $0.json.member("num_parallel_tree", "1")
                $0.json.member("num_trees", String($0.trees.count))
                $0.json.member("size_leaf_vector", "0")
            }
        }
        json.key("tree_info")
        array(trees) { json, _ in json.value(0) }
        json.key("trees")
        json.beginArray()
        for (id, tree) in trees.enumerated() { write(tree, id: id) }
        json.endArray()
    }

    private mutating func write(_ tree: Tree, id: Int) {
        let nodes = Array(0..<tree.nodeCount)
        let categorical = nodes.filter { tree.categories[$0] != nil }
        let lists = categorical.map { tree.categories[$0] ?? [] }
        var start = 0
        let starts = lists.map { list in
            defer { start += list.count }
            return start
        }
        var parents = [Int](repeating: Int(Int32.max), count: tree.nodeCount)
        for node in nodes where !tree.isLeaf(node) {
            parents[Int(tree.left[node])] = node
            parents[Int(tree.right[node])] = node
        }
        object {
            $0.json.key("base_weights")
            $0.array(tree.leafValue) { $0.modelValue($1) }
            $0.json.key("categories")
            $0.array(lists.flatMap { $0 }) { $0.value(Int($1)) }
            $0.json.key("categories_nodes")
            $0.array(categorical) { $0.value($1) }
            $0.json.key("categories_segments")
            $0.array(starts) { $0.value($1) }
            $0.json.key("categories_sizes")
            $0.array(lists) { $0.value($1.count) }
            $0.json.key("default_left")
            $0.array(tree.defaultLeft) { $0.value($1 ? 1 : 0) }
            $0.json.member("id", id)
            $0.json.key("left_children")
            $0.array(tree.left) { $0.value(Int($1)) }
            $0.json.key("loss_changes")
            $0.array(nodes) { json, _ in json.value(Float(0)) }
            $0.json.key("parents")
            $0.array(parents) { $0.value($1) }
            $0.json.key("right_children")
            $0.array(tree.right) { $0.value(Int($1)) }
            $0.json.key("split_conditions")
            $0.array(nodes) { $0.modelValue(tree.isLeaf($1) ? tree.leafValue[$1] : tree.threshold[$1]) }
            $0.json.key("split_indices")
            $0.array(tree.feature) { $0.value(Int($1)) }
            $0.json.key("split_type")
            $0.array(tree.categories) { $0.value($1 == nil ? 0 : 1) }
            $0.json.key("sum_hessian")
            $0.array(tree.cover) { $0.modelValue($1) }
            $0.member("tree_param") {
                $0.object {
                    $0.json.member("num_deleted", "0")
                    $0.json.member("num_feature", String($0.forest.featureCount))
                    $0.json.member("num_nodes", String(tree.nodeCount))
                    $0.json.member("size_leaf_vector", "0")
                }
            }
        }
    }

    /// As ``XGBoostCategories`` reads them.
    private mutating func categoryNames() {
        let lists = forest.categoryNames.map { ($0 ?? []).map { Array($0.utf8) } }
        json.key("cats")
        object {
            $0.json.key("enc")
            $0.json.beginArray()
            for list in lists {
                $0.object {
                    guard !list.isEmpty else { return }
                    $0.json.key("offsets")
                    $0.array(list.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }) { $0.value($1) }
                    $0.json.key("values")
                    $0.array(list.flatMap { $0 }) { $0.value(Int(Int8(bitPattern: $1))) }
                }
            }
            $0.json.endArray()
            $0.json.key("feature_segments")
            let counts = lists.map(\.count)
            $0.array(counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }) { $0.value($1) }
            $0.json.key("sorted_idx")
            let order = lists.flatMap { list in list.indices.sorted { list[$0].lexicographicallyPrecedes(list[$1]) } }
            $0.array(order) { $0.value($1) }
        }
    }

    // MARK: Shape

    private mutating func object(_ body: (inout XGBoostWriter) -> Void) {
        json.beginObject()
        body(&self)
        json.endObject()
    }

    private mutating func member(_ key: StaticString, _ body: (inout XGBoostWriter) -> Void) {
        json.key(key)
        body(&self)
    }

    private mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        json.beginArray()
        for element in elements { write(&json, element) }
        json.endArray()
    }
}
