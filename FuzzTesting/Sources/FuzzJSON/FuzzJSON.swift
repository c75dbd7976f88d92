import JSONBytes

/// Whatever the parser accepts can be read completely, and written again it is the same document.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for limits in [JSONLimits.request, .model] {
        guard let document = try? JSONDocument(parsing: bytes, limits: limits) else { continue }
        var writer = JSONWriter()
        copy(document.root, to: &writer)
        guard let again = try? JSONDocument(parsing: writer.bytes, limits: limits) else {
            fatalError("what was written does not parse")
        }
        var second = JSONWriter()
        copy(again.root, to: &second)
        precondition(second.bytes == writer.bytes, "writing is not stable")
    }
    return 0
}

private func copy(_ element: JSONElement, to writer: inout JSONWriter) {
    switch element.kind {
    case .object:
        writer.beginObject()
        for (key, value) in element.members {
            precondition(element[key] != nil, "a member that the subscript does not find")
            writer.key(key)
            copy(value, to: &writer)
        }
        writer.endObject()
    case .array:
        writer.beginArray()
        for value in element.elements { copy(value, to: &writer) }
        writer.endArray()
    case .string:
        guard let text = element.string else { fatalError("an accepted string that cannot be read") }
        writer.value(text)
    case .number: copyNumber(element, to: &writer)
    case .bool: writer.value(element.bool ?? false)
    case .null: writer.null()
    }
}

private func copyNumber(_ element: JSONElement, to writer: inout JSONWriter) {
    guard let number = element.double, number.isFinite else { return writer.null() }
    if let integer = element.int {
        precondition(Double(integer) == number, "the same number, two values")
    }
    if let float = element.float, !float.isInfinite, !Float(number).isInfinite {
        precondition(abs(float - Float(number)) <= Float(number).ulp, "the same number, two values")
    }
    writer.value(number)
}
