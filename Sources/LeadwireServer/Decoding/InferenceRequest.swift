import JSONBytes
import Leads

/// The body of `/v2/models/{m}/infer`: one tensor `[n, features]`, flat or nested, and which outputs are wanted.
struct InferenceRequest {
    private(set) var id: String?
    private(set) var rowCount = 0
    /// Row-major, NaN for missing.
    private(set) var values: [Float] = []
    /// nil for the default: margin and probability.
    private var outputs: [String]?
    private var explainsByParameter = false

    private static let maximumRows = 10_000
    private static let maximumExplainedRows = 1_000
    private static let knownOutputs = ["margin", "probability", "shap"]
    private static let datatypes = [
        "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64",
    ]

    var explains: Bool { explainsByParameter || outputs?.contains("shap") == true }

    func wants(_ output: String) -> Bool { outputs?.contains(output) ?? true }

    init(_ root: JSONElement, width: Int) throws(APIError) {
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
        if let inputs = root["inputs"], inputs.kind == .array, inputs.count == 1,
            let tensor = inputs.elements.first(where: { _ in true })
        {
            read(tensor, width: width, report)
        } else {
            report("inputs", "must hold one tensor, [n, \(width)]")
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
        }
        guard let list = root["outputs"], !list.isNull else { return }
        guard list.kind == .array else { return report("outputs", "must be an array") }
        var names: [String] = []
        for (index, output) in list.elements.enumerated().prefix(16) {
            if let name = output["name"]?.string, Self.knownOutputs.contains(name) {
                names.append(name)
            } else {
                report("outputs[\(index)].name", "must be one of \(Self.knownOutputs.joined(separator: ", "))")
            }
        }
        if !names.isEmpty { outputs = names }
    }

    private mutating func read(_ tensor: JSONElement, width: Int, _ report: (String, String) -> Void) {
        guard tensor.kind == .object else { return report("inputs[0]", "must be an object") }
        if tensor["name"]?.string == nil { report("inputs[0].name", "must be a string") }
        guard let datatype = tensor["datatype"]?.string, Self.datatypes.contains(datatype) else {
            return report("inputs[0].datatype", "must be a number type or BOOL")
        }
        let shape = tensor["shape"]?.elements.map(\.int) ?? []
        guard shape.count == 2, let rows = shape[0], rows >= 1, shape[1] == width else {
            return report("inputs[0].shape", "must be [n, \(width)]")
        }
        guard rows <= Self.maximumRows else {
            return report("inputs[0].shape", "has more than \(Self.maximumRows) rows")
        }
        guard let data = tensor["data"], data.kind == .array else {
            return report("inputs[0].data", "must be an array")
        }
        values.reserveCapacity(rows * width)
        guard append(data, depth: 0, limit: rows * width) else {
            return report("inputs[0].data", "must hold numbers, true, false or null")
        }
        guard values.count == rows * width else {
            return report("inputs[0].data", "must hold \(rows * width) values, as the shape says")
        }
        rowCount = rows
    }

    /// False for anything that is no value. Stops one value beyond the limit.
    private mutating func append(_ list: JSONElement, depth: Int, limit: Int) -> Bool {
        for element in list.elements {
            guard values.count <= limit else { return true }
            switch element.kind {
            case .null: values.append(.nan)
            case .bool: values.append(element.bool == true ? 1 : 0)
            case .number:
                guard let number = element.float else { return false }
                values.append(number)
            case .array:
                guard depth < 1, append(element, depth: depth + 1, limit: limit) else { return false }
            case .string, .object: return false
            }
        }
        return true
    }
}
