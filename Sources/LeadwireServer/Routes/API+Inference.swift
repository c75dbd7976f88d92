import Forest
import HTTPTypes
import JSONBytes
import Leads
import Learning
import Scoring

/// KServe's Open Inference Protocol v2: the forest itself, row by row, for programs that speak it already. Rows are
/// what the forest reads (after encoding and masking), as numbers or, as `BYTES`, in the spelling of a table's cell; JSON has
/// no NaN, so `null` is missing. A model of LightGBM takes and gives FP64.
extension API {
    static let inferenceName = "leadwire"
    private static let extensions = ["binary_tensor_data"]

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
        Self.encodeTensor("features", Self.marginType(of: model.forest), [-1, width], into: &json)
        json.endArray()
        json.key("outputs")
        json.beginArray()
        Self.encodeTensor("margin", Self.marginType(of: model.forest), [-1], into: &json)
        Self.encodeTensor("probability", .fp64, [-1], into: &json)
        Self.encodeTensor("shap", .fp64, [-1, width + 1], into: &json)
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
        let asOf = clock.now
        return try await admission.run(.rows, bytes: bytes.count) {
            let (json, tail) = try Self.parts(of: bytes, exchange)
            let document = try Exchange.parse(json, limits: exchange.limits)
            let request = try InferenceRequest(document.root, tail: tail, model: model, asOf: asOf)
            do throws(ForestError) {
                return try Self.answer(request, model)
            } catch {
                throw APIError(.internalError, "something failed on our side")
            }
        }
    }

    /// The JSON of a body and the raw tensors behind it.
    private static func parts(
        of bytes: [UInt8], _ exchange: Exchange
    ) throws(APIError) -> (json: [UInt8], tail: ArraySlice<UInt8>) {
        guard let text = HTTPField.Name(InferenceAnswer.lengthHeader).flatMap({ exchange.headers[$0] }) else {
            return (bytes, [])
        }
        guard let length = Int(text), length >= 0, length <= bytes.count else {
            throw .invalid(InferenceAnswer.lengthHeader, "must be the length of the JSON at the start of the body")
        }
        return (Array(bytes[..<length]), bytes[length...])
    }

    /// The model under the protocol's fixed name or its card's, and any version that is in use.
    private func servedModel(_ exchange: Exchange) throws(APIError) -> ModelArtifact {
        let model = engine.model(of: exchange.tenant)
        guard [Self.inferenceName, model.card.name].contains(exchange.parameters[0]),
            exchange.parameters.count < 2 || [model.version, model.sha256].contains(exchange.parameters[1])
        else { throw APIError(.notFound, "no such model or version") }
        return model
    }

    private static func answer(_ request: InferenceRequest, _ model: ModelArtifact) throws(ForestError) -> Reply {
        let forest = model.forest
        let rowCount = request.rowCount
        // A model of XGBoost gets its rows as Floats, rounded already, in one piece.
        let single = forest.precision == .single ? request.values.map { Float($0) } : []
        var margins = [Double](repeating: 0, count: rowCount)
        switch forest.precision {
        case .single:
            var narrow = [Float](repeating: 0, count: rowCount)
            var output = narrow.mutableSpan
            try forest.margins(of: single.span, rowCount: rowCount, into: &output)
            for row in 0..<rowCount { margins[row] = Double(narrow[row]) }
        case .double:
            var output = margins.mutableSpan
            try forest.margins(of: request.values.span, rowCount: rowCount, into: &output)
        }
        var answer = InferenceAnswer(
            model: inferenceName, version: model.version, id: request.id, reserving: 512 + rowCount * 40)
        if request.wants("margin") {
            answer.append(
                "margin", marginType(of: forest), shape: [rowCount], margins, isBinary: request.wantsBinary("margin"))
        }
        if request.wants("probability") {
            let probabilities = margins.lazy.map { margin in
                model.calibration?.probability(ofMargin: margin) ?? forest.probability(ofMargin: margin) ?? .nan
            }
            answer.append(
                "probability", .fp64, shape: [rowCount], probabilities, isBinary: request.wantsBinary("probability"))
        }
        if request.explains {
            let width = forest.featureCount
            var values: [Double] = []
            values.reserveCapacity(rowCount * (width + 1))
            let scratch = forest.makeScratch()
            var contributions = [Double](repeating: 0, count: width)
            for row in 0..<rowCount {
                let range = row * width..<(row + 1) * width
                var output = contributions.mutableSpan
                switch forest.precision {
                case .single: _ = try forest.explain(single.span.extracting(range), into: &output, scratch: scratch)
                case .double:
                    _ = try forest.explain(request.values.span.extracting(range), into: &output, scratch: scratch)
                }
                values += contributions
                // The base value last, as other servers answer it.
                values.append(forest.baseValue)
            }
            answer.append(
                "shap", .fp64, shape: [rowCount, width + 1], values, isBinary: request.wantsBinary("shap"))
        }
        return answer.reply()
    }

    private static func marginType(of forest: Forest) -> InferenceAnswer.Datatype {
        forest.precision == .double ? .fp64 : .fp32
    }

    private static func encodeTensor(
        _ name: StaticString, _ datatype: InferenceAnswer.Datatype, _ shape: [Int], into json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("name")
        json.value(name)
        json.key("datatype")
        json.value(datatype.name)
        json.key("shape")
        json.beginArray()
        for size in shape { json.value(size) }
        json.endArray()
        json.endObject()
    }
}
