import JSONBytes

/// A condition on the top-level fields of an event's `data`, evaluated by the server.
///
/// A field that is absent, null or of another type passes no comparison. The server takes at most depth 4, 16 nodes and
/// 100 values; a filter beyond that ends the stream with ``LeadwireEnd/refused(code:message:)``.
public indirect enum LeadwireFilter: Sendable, Hashable {
    case and([LeadwireFilter])
    case or([LeadwireFilter])
    case not(LeadwireFilter)
    case eq(String, Value)
    case `in`(String, [Value])
    case gt(String, Value)
    case gte(String, Value)
    case lt(String, Value)
    case lte(String, Value)

    /// What a field is compared with. Numbers and strings have an order, booleans are only equal.
    public enum Value: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
        ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
    {
        case text(String)
        /// Finite; the server refuses anything else.
        case number(Double)
        case flag(Bool)

        public init(stringLiteral value: String) { self = .text(value) }
        public init(integerLiteral value: Int) { self = .number(Double(value)) }
        public init(floatLiteral value: Double) { self = .number(value) }
        public init(booleanLiteral value: Bool) { self = .flag(value) }
    }
}

extension LeadwireFilter {
    /// Containers that a filter may open: far beyond what a server takes, within what ``JSONWriter`` can write.
    static let writableDepth = 16

    /// Writes one JSON value. A filter nested deeper than can be written ends in `null`, which the server refuses.
    func write(to json: inout JSONWriter, depth: Int = 0) {
        guard depth < Self.writableDepth else { return json.null() }
        json.beginObject()
        switch self {
        case .and(let parts): Self.write("and", parts, to: &json, depth)
        case .or(let parts): Self.write("or", parts, to: &json, depth)
        case .not(let part):
            json.key("not")
            part.write(to: &json, depth: depth + 1)
        case .eq(let field, let value): Self.write("eq", field, value, to: &json)
        case .gt(let field, let value): Self.write("gt", field, value, to: &json)
        case .gte(let field, let value): Self.write("gte", field, value, to: &json)
        case .lt(let field, let value): Self.write("lt", field, value, to: &json)
        case .lte(let field, let value): Self.write("lte", field, value, to: &json)
        case .in(let field, let values):
            json.key("in")
            json.beginArray()
            json.value(field)
            json.beginArray()
            for value in values { value.write(to: &json) }
            json.endArray()
            json.endArray()
        }
        json.endObject()
    }

    private static func write(
        _ name: StaticString, _ parts: [LeadwireFilter], to json: inout JSONWriter, _ depth: Int
    ) {
        json.key(name)
        json.beginArray()
        for part in parts { part.write(to: &json, depth: depth + 1) }
        json.endArray()
    }

    private static func write(_ name: StaticString, _ field: String, _ value: Value, to json: inout JSONWriter) {
        json.key(name)
        json.beginArray()
        json.value(field)
        value.write(to: &json)
        json.endArray()
    }
}

extension LeadwireFilter.Value {
    fileprivate func write(to json: inout JSONWriter) {
        switch self {
        case .text(let text): json.value(text)
        // JSON has no NaN and no infinity; the server says that null is no value to compare with.
        case .number(let number): if number.isFinite { json.value(number) } else { json.null() }
        case .flag(let flag): json.value(flag)
        }
    }
}
