internal import JSONBytes

/// Reads LightGBM's text model, formats v3 and v4, into the parts of a ``Forest``.
///
/// Sources: `src/boosting/gbdt_model_text.cpp`, `src/io/tree.cpp`, `src/objective/` of 3.3.5 and 4.7.0,
/// `python-package/lightgbm/basic.py` for the pandas categories.
struct LightGBMModel {
    private(set) var featureCount = 0
    /// Empty where LightGBM made them up (`Column_0`, `Column_1`, …).
    private(set) var featureNames: [String] = []
    private(set) var featureTypes: [String] = []
    private(set) var categoryNames: [[String]?] = []
    private(set) var objective = Objective.lightGBMCustom
    private(set) var link = LightGBMLink(shape: .identity, divisor: 1)
    private(set) var image = RowImage(featureCount: 0, lightGBM: [])
    private(set) var trees: [SplitTree<Double>] = []

    init(_ bytes: [UInt8], limits: Forest.Limits) throws(ForestError) {
        let text = try LightGBMText(bytes, limits: limits)
        let header = LightGBMFields(text.header)
        let version = try header.required("version")
        guard version == "v3" || version == "v4" else {
            throw ForestError(
                .unsupportedFormat, "LightGBM text of a version other than v3 and v4: save the model with 2.3 or later")
        }
        let outputs = max(try header.integer("num_class"), try header.integer("num_tree_per_iteration"))
        guard outputs == 1 else {
            throw ForestError(.unsupportedModel, "\(outputs) outputs (multi-class); only models with one are served")
        }
        let (last, overflow) = try header.integer("max_feature_idx").addingReportingOverflow(1)
        featureCount = last
        guard !overflow, featureCount > 0, featureCount <= limits.features else {
            throw ForestError(.limitExceeded, "1 to \(limits.features) features are supported")
        }
        try readNames(header)
        try readObjective(header, treeCount: text.trees.count)
        if let sizes = header.text("tree_sizes"), sizes.split(separator: " ").count != text.trees.count {
            throw ForestError(.malformed, "tree_sizes and the trees differ in number: \(text.trees.count) trees")
        }
        try readTrees(text, header, limits)
        categoryNames = try Self.categoryNames(text, featureTypes: featureTypes)
    }

    private mutating func readNames(_ header: LightGBMFields) throws(ForestError) {
        let names = try header.required("feature_names").split(separator: " ").map(String.init)
        guard names.count == featureCount else {
            throw ForestError(.invalidModel, "feature_names has \(names.count) entries for \(featureCount) features")
        }
        let isMadeUp = names.enumerated().allSatisfy { $1 == "Column_\($0)" }
        featureNames = isMadeUp ? [] : names
    }

    private mutating func readObjective(_ header: LightGBMFields, treeCount: Int) throws(ForestError) {
        let words = (header.text("objective") ?? "custom").split(separator: " ")
        guard let name = words.first, let objective = Objective(lightGBM: String(name)) else {
            throw ForestError(.unsupportedModel, "an objective of LightGBM that is not known, or has several outputs")
        }
        self.objective = objective
        if header.has("average_output") { link.divisor = Double(max(1, treeCount)) }
        switch objective {
        case .lightGBMBinary:
            guard let word = words.first(where: { $0.hasPrefix("sigmoid:") }), let scale = Double(word.dropFirst(8)),
                scale > 0, scale.isFinite
            else { throw ForestError(.invalidModel, "the binary objective has no positive sigmoid") }
            link.shape = .logistic(scale: scale)
        case .lightGBMCrossEntropy: link.shape = .logistic(scale: 1)
        case .lightGBMCrossEntropyLambda: link.shape = .softplus
        case .lightGBMPoisson, .lightGBMGamma, .lightGBMTweedie: link.shape = .exponential
        case .lightGBMCustom, .lightGBMLambdaRank, .lightGBMRankXENDCG: break
        default: if words.contains("sqrt") { link.shape = .signedSquare }
        }
    }

    private mutating func readTrees(
        _ text: LightGBMText, _ header: LightGBMFields, _ limits: Forest.Limits
    ) throws(ForestError) {
        var read: [LightGBMTree] = []
        var views: Set<RowImage.View> = []
        for (index, fields) in text.trees.enumerated() {
            let tree = try LightGBMTree(LightGBMFields(fields, tree: index), limits: limits)
            views.formUnion(try tree.views())
            read.append(tree)
        }
        image = RowImage(featureCount: featureCount, lightGBM: views.sorted { $0.rawValue < $1.rawValue })
        var reach = 0.0
        for tree in read {
            let valid = try tree.validated(image: image, limits: limits)
            reach += valid.leafValue.reduce(0) { max($0, $1.magnitude) }
            trees.append(valid)
        }
        try Forest.checkReach(reach)
        // A numeric feature has its range here, `[low:high]`, a categorical one the codes that were seen, `3:0:1`.
        let infos = header.text("feature_infos")?.split(separator: " ") ?? []
        featureTypes = (0..<featureCount).map { feature in
            let info = feature < infos.count ? infos[feature] : "none"
            let isListed = info != "none" && !info.hasPrefix("[")
            return isListed || read.contains { $0.usesCategories(of: feature) } ? "c" : "q"
        }
    }

    /// The categories of a pandas table, one list for each of its categorical columns in their order. Which columns those
    /// are the file says only through the parameters or the kinds of the features; where neither fits, the names are
    /// left out rather than guessed, and rows need the codes.
    private static func categoryNames(
        _ text: LightGBMText, featureTypes: [String]
    ) throws(ForestError) -> [[String]?] {
        guard let json = text.pandasCategories, json != "null" else { return [] }
        let root: JSONElement
        do {
            root = try JSONDocument(parsing: Array(json.utf8), limits: .model).root
        } catch {
            throw ForestError(.malformed, "pandas_categorical is not JSON")
        }
        guard root.kind == .array else { throw ForestError(.malformed, "pandas_categorical is not a list") }
        var lists: [[String]] = []
        for element in root.elements {
            guard element.kind == .array else {
                throw ForestError(.malformed, "pandas_categorical is not a list of lists")
            }
            lists.append(element.elements.map(spelling))
        }
        guard !lists.isEmpty else { return [] }
        let said = text.parameters["categorical_feature"]?.split(separator: ",").map { Int($0) } ?? []
        let typed = featureTypes.indices.filter { featureTypes[$0] == "c" }
        var names = [[String]?](repeating: nil, count: featureTypes.count)
        let columns = said.count == lists.count ? said.compactMap { $0 }.sorted() : typed
        guard columns.count == lists.count, Set(columns).count == lists.count,
            columns.allSatisfy(featureTypes.indices.contains)
        else { return [] }
        for (column, list) in zip(columns, lists) where !list.isEmpty { names[column] = list }
        return names
    }

    /// As pandas writes the category into a CSV file.
    private static func spelling(of element: JSONElement) -> String {
        switch element.kind {
        case .string: element.string ?? ""
        case .bool: element.bool == true ? "True" : "False"
        case .number: element.int.map(String.init) ?? element.double.map { $0.description } ?? ""
        case .null, .array, .object: ""
        }
    }
}
