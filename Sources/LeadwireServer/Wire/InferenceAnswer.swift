import JSONBytes

/// The outputs of an inference, each as JSON or as raw bytes behind it, as the caller asked for.
struct InferenceAnswer {
    enum Datatype: Sendable {
        case fp32, fp64

        var name: StaticString {
            switch self {
            case .fp32: "FP32"
            case .fp64: "FP64"
            }
        }
    }

    private var json: JSONWriter
    private var tail: [UInt8] = []

    init(model: String, version: String, id: String?, reserving capacity: Int) {
        json = JSONWriter(reserving: capacity)
        json.beginObject()
        json.member("model_name", model)
        json.member("model_version", version)
        if let id { json.member("id", id) }
        json.key("outputs")
        json.beginArray()
    }

    /// Adds an output. JSON has no number for NaN and the infinities: there they are null.
    mutating func append(
        _ name: StaticString, _ datatype: Datatype, shape: [Int], _ values: some Sequence<Double>, isBinary: Bool
    ) {
        json.beginObject()
        json.key("name")
        json.value(name)
        json.key("shape")
        json.beginArray()
        for size in shape { json.value(size) }
        json.endArray()
        json.key("datatype")
        json.value(datatype.name)
        if isBinary {
            let start = tail.count
            for value in values {
                switch datatype {
                case .fp32: Self.append(UInt64(Float(value).bitPattern), bytes: 4, to: &tail)
                case .fp64: Self.append(value.bitPattern, bytes: 8, to: &tail)
                }
            }
            json.key("parameters")
            json.beginObject()
            json.member("binary_data_size", tail.count - start)
            json.endObject()
        } else {
            json.key("data")
            json.beginArray()
            for value in values {
                if !value.isFinite {
                    json.null()
                } else if datatype == .fp32 {
                    json.value(Float(value))
                } else {
                    json.value(value)
                }
            }
            json.endArray()
        }
        json.endObject()
    }

    consuming func reply() -> Reply {
        var answer = self
        answer.json.endArray()
        answer.json.endObject()
        guard !answer.tail.isEmpty else { return .json(answer.json.bytes) }
        return Reply(
            contentType: Reply.bytes, headers: [(Self.lengthHeader, String(answer.json.bytes.count))],
            body: .bytes(answer.json.bytes + answer.tail))
    }

    /// How many bytes of a body are JSON, where raw tensors follow.
    static let lengthHeader = "Inference-Header-Content-Length"

    private static func append(_ bits: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * shift))) }
    }
}
