import Forest
import JSONBytes
import Leads
import Learning

/// The body of `/v2/models/{m}/infer`: one tensor `[n, features]`, or one of `n` values for each feature by its name, and
/// which outputs are wanted.
struct InferenceRequest {
    private(set) var id: String?
    private(set) var rowCount = 0
    /// Row-major, NaN for missing; for a model that compares Floats each is one.
    private(set) var values: [Double] = []
    /// nil for the default: margin and probability.
    private var outputs: [String]?
    private var explainsByParameter = false
    /// Outputs that come as raw bytes; nil for all of them.
    private var binaryOutputs: Set<String>? = []

    private static let maximumRows = 10_000
    private static let maximumExplainedRows = 1_000
    private static let knownOutputs = ["margin", "probability", "shap"]

    var explains: Bool { explainsByParameter || outputs?.contains("shap") == true }

    func wants(_ output: String) -> Bool { outputs?.contains(output) ?? true }

    func wantsBinary(_ output: String) -> Bool { binaryOutputs?.contains(output) ?? true }

    /// Reads the JSON of a request for `model`, and the bytes that follow it for raw tensors. Dates in `BYTES` are aged to
    /// `asOf`.
    ///
    /// - Throws: ``APIError`` that names every bad field.
    init(
        _ root: JSONElement, tail: ArraySlice<UInt8> = [], model: ModelArtifact, asOf: Timestamp
    ) throws(APIError) {
        guard root.kind == .object else { throw .invalid("body", "must be an object") }
        var problems: [FieldProblem] = []
        func report(_ field: String, _ problem: String) {
            problems.append(FieldProblem(field: field, problem: problem))
        }
        if let given = root["id"], !given.isNull {
            id = given.string
            if id == nil || id.map({ $0.unicodeScalars.count > 128 }) == true {
                report("id", "must be a string of at most 128 characters")
            }
        }
        readOutputs(root, report)
        let width = model.forest.featureCount
        if let inputs = root["inputs"], inputs.kind == .array, (1...width).contains(inputs.count) {
            var tail = tail
            var tensors: [InferenceTensor] = []
            for (index, element) in inputs.elements.enumerated() {
                let tensor = InferenceTensor(
                    element, tail: &tail, field: "inputs[\(index)]", precision: model.forest.precision,
                    limit: Self.maximumRows * width, report)
                guard let tensor else { break }
                tensors.append(tensor)
            }
            if tensors.count == inputs.count {
                if !tail.isEmpty { report("body", "holds \(tail.count) bytes beyond its tensors") }
                place(tensors, model, asOf, report)
            }
        } else {
            report("inputs", "must hold one tensor, [n, \(width)], or one for each feature")
        }
        if explains, rowCount > Self.maximumExplainedRows {
            report("inputs[0].shape", "has more than \(Self.maximumExplainedRows) rows to explain")
        }
        guard problems.isEmpty else { throw .invalid(problems) }
    }

    private mutating func readOutputs(_ root: JSONElement, _ report: (String, String) -> Void) {
        if let parameters = root["parameters"], !parameters.isNull {
            if parameters.kind != .object { report("parameters", "must be an object") }
            if let explain = parameters["explain"] {
                explainsByParameter = explain.bool ?? false
                if explain.kind != .bool { report("parameters.explain", "must be true or false") }
            }
            if let isBinary = parameters["binary_data_output"] {
                if isBinary.kind != .bool { report("parameters.binary_data_output", "must be true or false") }
                if isBinary.bool == true { binaryOutputs = nil }
            }
        }
        guard let list = root["outputs"], !list.isNull else { return }
        guard list.kind == .array else { return report("outputs", "must be an array") }
        let isBinaryByDefault = binaryOutputs == nil
        var names: [String] = []
        var binary: Set<String> = []
        for (index, output) in list.elements.enumerated().prefix(16) {
            guard let name = output["name"]?.string, Self.knownOutputs.contains(name) else {
                report("outputs[\(index)].name", "must be one of \(Self.knownOutputs.joined(separator: ", "))")
                continue
            }
            names.append(name)
            if let parameters = output["parameters"] {
                let isBinary = parameters["binary_data"]
                if parameters.kind != .object || isBinary.map({ $0.kind != .bool }) ?? false {
                    report("outputs[\(index)].parameters", "must be an object whose binary_data is true or false")
                }
            }
            if output["parameters"]?["binary_data"]?.bool ?? isBinaryByDefault { binary.insert(name) }
        }
        guard !names.isEmpty else { return }
        outputs = names
        binaryOutputs = binary
    }

    // MARK: Rows

    private mutating func place(
        _ tensors: [InferenceTensor], _ model: ModelArtifact, _ asOf: Timestamp, _ report: (String, String) -> Void
    ) {
        let columns = model.schema.table(raw: model.kind == .imported).columns
        let width = columns.count
        let first = tensors[0]
        let isMatrix = tensors.count == 1 && first.shape.count == 2 && first.shape[1] == width
        let names = columns.map(\.name)
        guard isMatrix || names.contains(first.name) else {
            return report("inputs[0].shape", "must be [n, \(width)], or the input one of the model's features by name")
        }
        let rows = first.shape[0]
        guard rows <= Self.maximumRows else {
            return report("inputs[0].shape", "has more than \(Self.maximumRows) rows")
        }
        values = Array(repeating: .nan, count: rows * width)
        var isGiven = Array(repeating: isMatrix, count: width)
        for (index, tensor) in tensors.enumerated() {
            let field = "inputs[\(index)]"
            guard !isMatrix else {
                guard fill(tensor, columns, model, asOf, at: { $0 }, column: { $0 % width }, field, report)
                else { return }
                continue
            }
            guard let column = names.firstIndex(of: tensor.name), !isGiven[column] else {
                return report(field + ".name", "must be one of the model's features, each once")
            }
            guard tensor.shape == [rows] || tensor.shape == [rows, 1] else {
                return report(field + ".shape", "must be [\(rows)] or [\(rows), 1], as the first input")
            }
            isGiven[column] = true
            guard
                fill(
                    tensor, columns, model, asOf, at: { $0 * width + column }, column: { _ in column }, field, report)
            else { return }
        }
        rowCount = rows
    }

    /// Puts the values of a tensor into the rows. Text is read as a cell of the column would be.
    private mutating func fill(
        _ tensor: InferenceTensor, _ columns: [TableColumn], _ model: ModelArtifact, _ asOf: Timestamp,
        at place: (Int) -> Int, column: (Int) -> Int, _ field: String, _ report: (String, String) -> Void
    ) -> Bool {
        switch tensor.values {
        case .numbers(let numbers):
            for (index, number) in numbers.enumerated() { values[place(index)] = number }
        case .texts(let texts):
            for (index, text) in texts.enumerated() {
                guard let text else { continue }
                let schema = columns[column(index)]
                let cell = schema.encode(text: text, asOf: asOf)
                if cell.state == .unseen, schema.kind != .category {
                    report(field + ".data", "holds a text that is no \(schema.kind.word), for \(schema.name)")
                    return false
                }
                values[place(index)] = model.forest.precision == .double ? cell.exact : Double(cell.value)
            }
        }
        return true
    }
}
