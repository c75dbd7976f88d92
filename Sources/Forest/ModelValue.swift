internal import JSONBytes

/// A part of a model file, whether it was written as JSON or as UBJSON.
enum ModelValue {
    case json(JSONElement)
    case object([(key: String, value: ModelValue)])
    case array([ModelValue])
    case floats([Float])
    case integers([Int])
    case string(String)
    case integer(Int)
    case float(Float)
    case bool(Bool)
    case null

    /// The first member of that name; `nil` if there is none or this is no object.
    func member(_ name: String) -> ModelValue? {
        switch self {
        case .json(let element): element[name].map(ModelValue.json)
        case .object(let members): members.first { $0.key == name }?.value
        default: nil
        }
    }

    var string: String? {
        switch self {
        case .json(let element): element.string
        case .string(let text): text
        default: nil
        }
    }

    var float: Float? {
        switch self {
        case .json(let element): element.float
        case .float(let value): value
        case .integer(let value): Float(value)
        default: nil
        }
    }

    /// A whole number; booleans count as 0 and 1, as in XGBoost's reader.
    var integer: Int? {
        switch self {
        case .json(let element): element.int ?? element.bool.map { $0 ? 1 : 0 }
        case .integer(let value): value
        case .float(let value): Int(exactly: value)
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var elements: [ModelValue]? {
        switch self {
        case .json(let element): element.kind == .array ? element.elements.map(ModelValue.json) : nil
        case .array(let values): values
        case .integers(let values): values.map(ModelValue.integer)
        case .floats(let values): values.map(ModelValue.float)
        default: nil
        }
    }

    var floats: [Float]? {
        switch self {
        case .floats(let values): values
        case .integers(let values): values.map(Float.init)
        case .json(let element): all(element, \.float)
        case .array(let values): all(values, \.float)
        default: nil
        }
    }

    var integers: [Int]? {
        switch self {
        case .integers(let values): values
        case .json(let element): all(element) { $0.int ?? $0.bool.map { $0 ? 1 : 0 } }
        case .array(let values): all(values, \.integer)
        case .floats(let values): all(values) { Int(exactly: $0) }
        default: nil
        }
    }

    var strings: [String]? {
        switch self {
        case .json(let element): all(element, \.string)
        case .array(let values): all(values, \.string)
        case .integers(let values): values.isEmpty ? [] : nil
        case .floats(let values): values.isEmpty ? [] : nil
        default: nil
        }
    }

    private func all<Value>(_ element: JSONElement, _ read: (JSONElement) -> Value?) -> [Value]? {
        element.kind == .array ? all(element.elements, read) : nil
    }

    /// Every element read, or `nil` as soon as one is of another kind.
    private func all<Elements: Sequence, Value>(
        _ elements: Elements, _ read: (Elements.Element) -> Value?
    ) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(elements.underestimatedCount)
        for element in elements {
            guard let value = read(element) else { return nil }
            values.append(value)
        }
        return values
    }
}
