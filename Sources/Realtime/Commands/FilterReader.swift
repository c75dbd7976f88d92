import JSONBytes

/// Reads a filter from a client, within its limits. Messages name places and operators, never values.
struct FilterReader {
    struct Problem: Error, Equatable {
        let message: String
    }

    static let maximumDepth = 4
    static let maximumNodes = 16
    static let maximumValues = 100
    static let maximumTextBytes = 1_000

    private var nodes = 0
    private var values = 0

    static func filter(from element: JSONElement) throws(Problem) -> Filter {
        var reader = FilterReader()
        return try reader.read(element, depth: 1)
    }

    private mutating func read(_ element: JSONElement, depth: Int) throws(Problem) -> Filter {
        guard depth <= Self.maximumDepth else { throw Problem(message: "filter is deeper than \(Self.maximumDepth)") }
        nodes += 1
        guard nodes <= Self.maximumNodes else {
            throw Problem(message: "filter has more than \(Self.maximumNodes) nodes")
        }
        guard element.kind == .object, element.count == 1,
            let (name, operand) = element.members.first(where: { _ in true })
        else { throw Problem(message: "a filter node is an object with one operator") }
        switch name {
        case "and": return .and(try parts(of: operand, name, depth))
        case "or": return .or(try parts(of: operand, name, depth))
        case "not": return .not(try read(operand, depth: depth + 1))
        case "in":
            let (field, value) = try fieldAndValue(operand, name)
            guard value.kind == .array, value.count > 0 else { throw Problem(message: "`in` needs a list of values") }
            var list: [Filter.Scalar] = []
            for element in value.elements { list.append(try scalar(element, name)) }
            return .among(field: field, list)
        default:
            guard let comparison = Filter.Comparison(rawValue: name) else {
                throw Problem(message: "unknown operator; known are and, or, not, eq, in, gt, gte, lt, lte")
            }
            let (field, value) = try fieldAndValue(operand, name)
            let expected = try scalar(value, name)
            if comparison != .eq, case .flag = expected {
                throw Problem(message: "`\(name)` needs a number or a string")
            }
            return .compare(comparison, field: field, expected)
        }
    }

    private mutating func parts(
        of operand: JSONElement, _ name: String, _ depth: Int
    ) throws(Problem) -> [Filter] {
        guard operand.kind == .array, operand.count > 0 else {
            throw Problem(message: "`\(name)` needs a list of filters")
        }
        var parts: [Filter] = []
        for element in operand.elements { parts.append(try read(element, depth: depth + 1)) }
        return parts
    }

    private func fieldAndValue(
        _ operand: JSONElement, _ name: String
    ) throws(Problem) -> (field: String, value: JSONElement) {
        guard operand.kind == .array, operand.count == 2 else {
            throw Problem(message: "`\(name)` needs [field, value]")
        }
        var elements = operand.elements
        guard let field = elements.next()?.string, !field.isEmpty, field.utf8.count <= 128, let value = elements.next()
        else { throw Problem(message: "`\(name)` needs a field name of 1...128 bytes") }
        return (field, value)
    }

    private mutating func scalar(_ element: JSONElement, _ name: String) throws(Problem) -> Filter.Scalar {
        values += 1
        guard values <= Self.maximumValues else {
            throw Problem(message: "filter has more than \(Self.maximumValues) values")
        }
        guard let scalar = Filter.Scalar(element), element.bytes.count <= Self.maximumTextBytes else {
            throw Problem(message: "`\(name)` compares with a string, a number, true or false")
        }
        return scalar
    }
}

extension Filter {
    /// As a client would write it.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .and(let parts), .or(let parts):
            if case .and = self { writer.key("and") } else { writer.key("or") }
            writer.beginArray()
            for part in parts { part.write(to: &writer) }
            writer.endArray()
        case .not(let part):
            writer.key("not")
            part.write(to: &writer)
        case .among(let field, let values):
            writer.key("in")
            writer.beginArray()
            writer.value(field)
            writer.beginArray()
            for value in values { value.write(to: &writer) }
            writer.endArray()
            writer.endArray()
        case .compare(let comparison, let field, let value):
            writer.key(comparison.rawValue)
            writer.beginArray()
            writer.value(field)
            value.write(to: &writer)
            writer.endArray()
        }
        writer.endObject()
    }
}

extension Filter.Scalar {
    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let bytes): writer.value(String(decoding: bytes, as: UTF8.self))
        case .number(let number):
            if let whole = Int64(exactly: number) { writer.value(whole) } else { writer.value(number) }
        case .flag(let flag): writer.value(flag)
        }
    }
}
