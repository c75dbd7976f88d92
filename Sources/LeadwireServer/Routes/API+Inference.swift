import Forest
import JSONBytes
import Leads
import Learning
import Scoring

/// KServe's Open Inference Protocol v2: the forest itself, row by row, for programs that speak it already. Rows are
/// what the forest reads (after encoding and masking); JSON has no NaN, so `null` is missing.
extension API {
    static let inferenceName = "leadwire"
    private static let extensions: [String] = []

    func inferenceServer(_ exchange: Exchange) async throws -> Reply {
        var json = JSONWriter()
        json.beginObject()
        json.member("name", Self.inferenceName)
        json.member("version", LeadwireVersion.current)
        json.key("extensions")
        json.beginArray()
        for name in Self.extensions { json.value(name) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    func inferenceLive(_ exchange: Exchange) async throws -> Reply {
        .json(Array(#"{"live":true}"#.utf8))
    }

    func inferenceReady(_ exchange: Exchange) async throws -> Reply {
        let report = await health.check()
        guard report.model.status != .unavailable else {
            throw APIError(.noModel, "the model does not answer as it should")
        }
        return .json(Array(#"{"ready":true}"#.utf8))
    }

    func inferenceModel(_ exchange: Exchange) async throws -> Reply {
        let model = try servedModel(exchange)
        let width = model.forest.featureCount
        var json = JSONWriter(reserving: 1_024)
        json.beginObject()
        json.member("name", Self.inferenceName)
        json.key("versions")
        json.beginArray()
        json.value(model.version)
        json.endArray()
        json.member("platform", "leadwire_forest")
        json.key("inputs")
        json.beginArray()
        Self.encodeTensor("features", "FP32", [-1, width], into: &json)
        json.endArray()
        json.key("outputs")
        json.beginArray()
        Self.encodeTensor("margin", "FP32", [-1], into: &json)
        Self.encodeTensor("probability", "FP64", [-1], into: &json)
        Self.encodeTensor("shap", "FP64", [-1, width + 1], into: &json)
        json.endArray()
        json.key("properties")
        json.beginObject()
        json.member("feature_names", model.schema.featureNames.joined(separator: ","))
        json.member("missing", "null")
        json.endObject()
        json.endObject()
        return .json(json.bytes)
    }

    func inferenceModelReady(_ exchange: Exchange) async throws -> Reply {
        _ = try servedModel(exchange)
        var json = JSONWriter()
        json.beginObject()
        json.member("name", Self.inferenceName)
        json.member("ready", engine.selfTest())
        json.endObject()
        return .json(json.bytes)
    }

    func infer(_ exchange: Exchange) async throws -> Reply {
        let model = try servedModel(exchange)
        let bytes = try await exchange.collectBody(limit: exchange.limits.batchBodyBytes)
        return try await admission.run(.rows, bytes: bytes.count) {
            let document = try Exchange.parse(bytes, limits: exchange.limits)
            let request = try InferenceRequest(document.root, width: model.forest.featureCount)
            do throws(ForestError) {
                return .json(try Self.answer(request, model))
            } catch {
                throw APIError(.internalError, "something failed on our side")
            }
        }
    }

    /// The model under the protocol's fixed name or its card's, and any version that is in use.
    private func servedModel(_ exchange: Exchange) throws(APIError) -> ModelArtifact {
        let model = engine.model(of: exchange.tenant)
        guard [Self.inferenceName, model.card.name].contains(exchange.parameters[0]),
            exchange.parameters.count < 2 || [model.version, model.sha256].contains(exchange.parameters[1])
        else { throw APIError(.notFound, "no such model or version") }
        return model
    }

    private static func answer(_ request: InferenceRequest, _ model: ModelArtifact) throws(ForestError) -> [UInt8] {
        let forest = model.forest
        var margins = [Float](repeating: 0, count: request.rowCount)
        var output = margins.mutableSpan
        try forest.margins(of: request.values.span, rowCount: request.rowCount, into: &output)
        var json = JSONWriter(reserving: 512 + request.rowCount * 40)
        json.beginObject()
        json.member("model_name", inferenceName)
        json.member("model_version", model.version)
        if let id = request.id { json.member("id", id) }
        json.key("outputs")
        json.beginArray()
        if request.wants("margin") {
            beginTensor("margin", "FP32", [request.rowCount], into: &json)
            for margin in margins { if margin.isFinite { json.value(margin) } else { json.null() } }
            endTensor(into: &json)
        }
        if request.wants("probability") {
            beginTensor("probability", "FP64", [request.rowCount], into: &json)
            for margin in margins {
                let calibrated = model.calibration?.probability(ofMargin: Double(margin))
                let probability = calibrated ?? forest.objective.probability(ofMargin: margin).map(Double.init)
                if let probability, probability.isFinite { json.value(probability) } else { json.null() }
            }
            endTensor(into: &json)
        }
        if request.explains { try encodeContributions(request, forest, into: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// `[n, features + 1]`, the base value last, as other servers answer it.
    private static func encodeContributions(
        _ request: InferenceRequest, _ forest: Forest, into json: inout JSONWriter
    ) throws(ForestError) {
        let width = forest.featureCount
        beginTensor("shap", "FP64", [request.rowCount, width + 1], into: &json)
        let scratch = forest.makeScratch()
        var contributions = [Double](repeating: 0, count: width)
        for row in 0..<request.rowCount {
            let values = Array(request.values[row * width..<(row + 1) * width])
            var output = contributions.mutableSpan
            _ = try forest.explain(values.span, into: &output, scratch: scratch)
            for contribution in contributions { json.value(contribution) }
            json.value(forest.baseValue)
        }
        endTensor(into: &json)
    }

    private static func encodeTensor(
        _ name: StaticString, _ datatype: StaticString, _ shape: [Int], into json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("name")
        json.value(name)
        json.key("datatype")
        json.value(datatype)
        json.key("shape")
        json.beginArray()
        for size in shape { json.value(size) }
        json.endArray()
        json.endObject()
    }

    private static func beginTensor(
        _ name: StaticString, _ datatype: StaticString, _ shape: [Int], into json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("name")
        json.value(name)
        json.key("shape")
        json.beginArray()
        for size in shape { json.value(size) }
        json.endArray()
        json.key("datatype")
        json.value(datatype)
        json.key("data")
        json.beginArray()
    }

    private static func endTensor(into json: inout JSONWriter) {
        json.endArray()
        json.endObject()
    }
}
