internal import JSONBytes

/// Reads XGBoost's model document, versions 1.7 to 3.4, into the parts of a ``Forest``.
///
/// Sources: `doc/model.schema`, `src/tree/tree_model.cc`, `src/learner.cc`, `src/gbm/gbtree_model.cc` of 1.7.4 and 3.4.1.
/// Nearly all parameters are numbers inside strings.
struct XGBoostModel {
    private(set) var featureCount = 0
    private(set) var featureNames: [String] = []
    private(set) var featureTypes: [String] = []
    private(set) var categoryNames: [[String]?] = []
    private(set) var objective = Objective.binaryLogistic
    private(set) var baseMargin: Float = 0
    private(set) var trees: [Tree] = []

    init(_ bytes: [UInt8], trees range: Forest.TreeRange, limits: Forest.Limits) throws(ForestError) {
        let document = try Self.document(bytes, limits)
        let learner = try ModelPath(document, "").member("learner")
        let parameters = try learner.member("learner_model_param")
        featureCount = try parameters.number("num_feature")
        guard featureCount > 0, featureCount <= limits.features else {
            throw ForestError(.limitExceeded, "\(featureCount) features; 1 to \(limits.features) are supported")
        }
        featureNames = try learner.optional("feature_names")?.strings() ?? []
        featureTypes = try learner.optional("feature_types")?.strings() ?? []
        let classes = try parameters.optionalNumber("num_class") ?? 0
        let targets = try parameters.optionalNumber("num_target") ?? 1
        guard classes <= 1, targets <= 1 else {
            throw ForestError(.unsupportedModel, "\(max(classes, targets)) outputs; only models with one are served")
        }
        let objectiveName = try learner.member("objective").member("name").string()
        guard let objective = Objective(xgboost: objectiveName) else {
            throw ForestError(
                .unsupportedModel, "an objective that is not one of the \(Objective.xgboostCases.count) known")
        }
        self.objective = objective
        baseMargin = try Self.baseMargin(parameters.member("base_score"), objective)
        try readBooster(learner.member("gradient_booster"), limits)
        guard range == .bestIteration else { return }
        let best = try learner.member("attributes").number("best_iteration")
        guard best >= 0, best < trees.count else {
            throw ForestError(.invalidModel, "best_iteration \(best) of \(trees.count) trees")
        }
        let perIteration = try Self.treesPerIteration(learner.member("gradient_booster"))
        trees.removeSubrange(min((best + 1) * perIteration, trees.count)...)
    }

    private static func document(_ bytes: [UInt8], _ limits: Forest.Limits) throws(ForestError) -> ModelValue {
        guard bytes.count <= min(limits.fileBytes, JSONLimits.addressableBytes) else {
            throw ForestError(.limitExceeded, "a file of \(bytes.count) bytes")
        }
        if bytes.starts(with: "binf".utf8) {
            throw ForestError(
                .unsupportedFormat, "XGBoost's old binary format (binf): save the model as .json or .ubj")
        }
        if UBJSONReader.recognizes(bytes) {
            var reader = UBJSONReader(bytes)
            return try reader.document()
        }
        do {
            return .json(try JSONDocument(parsing: bytes, limits: .model).root)
        } catch {
            throw ForestError(.malformed, error.description, byteOffset: error.offset)
        }
    }

    /// One number, or from 3.1 on an array with one per output; a string in both cases.
    private static func baseMargin(_ path: ModelPath, _ objective: Objective) throws(ForestError) -> Float {
        let text = try path.string()
        let score: Float
        do {
            let root = try JSONDocument(parsing: Array(text.utf8), limits: .model).root
            guard root.kind != .array || root.count == 1 else {
                throw ForestError(.unsupportedModel, "base_score has \(root.count) entries; one is supported")
            }
            guard let value = root.float ?? root.elements.first(where: { _ in true })?.float else {
                throw path.wrong("a number")
            }
            score = value
        } catch let error as ForestError {
            throw error
        } catch {
            throw path.wrong("a number")
        }
        guard let margin = objective.baseMargin(ofScore: score) else {
            throw ForestError(.invalidModel, "base_score is outside the range of the objective")
        }
        return margin
    }

    // MARK: Booster

    private static func treesPerIteration(_ booster: ModelPath) throws(ForestError) -> Int {
        let model = try (booster.optional("gbtree") ?? booster).member("model")
        return max(1, try model.member("gbtree_model_param").optionalNumber("num_parallel_tree") ?? 1)
    }

    private mutating func readBooster(_ booster: ModelPath, _ limits: Forest.Limits) throws(ForestError) {
        let name = try booster.member("name").string()
        let model: ModelPath
        var weights: [Float]?
        switch name {
        case "gbtree":
            model = try booster.member("model")
            // From 3.3 on dart is a gbtree with weights.
            weights = try model.optional("weight_drop")?.floats()
        case "dart":
            model = try booster.member("gbtree").member("model")
            weights = try booster.member("weight_drop").floats()
        default: throw ForestError(.unsupportedModel, "the booster is neither gbtree nor dart")
        }
        let list = try model.member("trees").elements()
        guard list.count <= limits.trees else { throw ForestError(.limitExceeded, "\(list.count) trees") }
        let groups = try model.member("tree_info").integers()
        guard groups.count == list.count else {
            throw ForestError(.invalidModel, "tree_info has \(groups.count) entries for \(list.count) trees")
        }
        guard groups.allSatisfy({ $0 == 0 }) else {
            throw ForestError(.unsupportedModel, "several outputs (tree_info); only models with one are served")
        }
        if let weights, !weights.isEmpty, weights.count != list.count {
            throw ForestError(.invalidModel, "weight_drop has \(weights.count) entries for \(list.count) trees")
        }
        var ordered = [Tree?](repeating: nil, count: list.count)
        for (place, path) in list.enumerated() {
            let id = try path.optional("id")?.integer() ?? place
            guard id >= 0, id < list.count, ordered[id] == nil else {
                throw ForestError(.invalidModel, "the tree ids are not 0 to \(list.count - 1), each once", tree: place)
            }
            var tree = try XGBoostTree.read(path, index: place)
            if let weights, !weights.isEmpty {
                // The weight goes into the leaves: `weight * leaf` in Float is what XGBoost adds.
                for node in 0..<tree.nodeCount where tree.left[node] == -1 { tree.leafValue[node] *= weights[id] }
            }
            ordered[id] = tree
        }
        trees = ordered.compactMap { $0 }
        if let cats = try model.optional("cats") { categoryNames = try XGBoostCategories.read(cats, featureCount) }
    }
}
