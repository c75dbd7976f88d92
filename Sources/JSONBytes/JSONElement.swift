/// One value of a ``JSONDocument``: a cheap cursor that keeps the document alive.
public struct JSONElement: Sendable {
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case object, array, string, number, bool, null
    }

    let tape: JSONTape
    let index: Int

    private var entry: TapeEntry { tape.entries[index] }

    public var kind: Kind { entry.kind }

    /// The source text of this value, quotes and brackets included.
    public var bytes: ArraySlice<UInt8> {
        let entry = entry
        return tape.bytes[Int(entry.start)..<Int(entry.end)]
    }

    /// Where the source text stands in the document.
    public var byteRange: Range<Int> { Int(entry.start)..<Int(entry.end) }

    // MARK: Scalars

    /// The decoded text of a string; `nil` for every other kind.
    public var string: String? {
        let entry = entry
        guard entry.kind == .string else { return nil }
        let text = Int(entry.start) + 1..<Int(entry.end) - 1
        return tape.bytes.withUnsafeBufferPointer { source in
            let raw = UnsafeBufferPointer(rebasing: source[text])
            return entry.hasEscapes ? StringDecoder.decode(raw) : String(decoding: raw, as: UTF8.self)
        }
    }

    /// The nearest `Double` of a number. `nil` for other kinds, and for a decimal beyond the range of `Double`.
    public var double: Double? {
        number { source in NumberReader(source).double() }
    }

    /// The nearest `Float`, rounded once from the text. `nil` for other kinds and for a decimal beyond its range.
    public var float: Float? {
        number { source in NumberReader(source).float() }
    }

    /// The exact value of a number without a fraction (`12`, `12.0` and `1.2e1` all are 12) that fits.
    public var int: Int? {
        number { source in NumberReader(source).int() }
    }

    /// `[lower, upper]`; nil for anything else.
    public var range: ClosedRange<Double>? {
        guard kind == .array, count == 2 else { return nil }
        let bounds = elements.compactMap(\.double)
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : nil
    }

    public var bool: Bool? {
        let entry = entry
        guard entry.kind == .bool else { return nil }
        return tape.bytes[Int(entry.start)] == UInt8(ascii: "t")
    }

    public var isNull: Bool { kind == .null }

    private func number<Value>(_ read: (UnsafeBufferPointer<UInt8>) -> Value?) -> Value? {
        let entry = entry
        guard entry.kind == .number else { return nil }
        return tape.bytes.withUnsafeBufferPointer { source in
            read(UnsafeBufferPointer(rebasing: source[Int(entry.start)..<Int(entry.end)]))
        }
    }

    // MARK: Containers

    /// Elements of an array, members of an object (duplicates counted), 0 for scalars.
    public var count: Int { entry.count }

    /// Elements of an array in order; empty for every other kind.
    public var elements: JSONElements {
        let entry = entry
        return JSONElements(
            tape: tape, index: index + 1, remaining: entry.kind == .array ? entry.count : 0)
    }

    /// Members of an object in the order of the text, duplicates included; empty for every other kind.
    public var members: JSONMembers {
        let entry = entry
        return JSONMembers(
            tape: tape, index: index + 1, remaining: entry.kind == .object ? entry.count : 0)
    }

    /// The first member of that name. `nil` if there is none, or if this is not an object. O(members).
    public subscript(_ key: String) -> JSONElement? {
        let entry = entry
        guard entry.kind == .object else { return nil }
        var key = key
        return key.withUTF8 { wanted in
            var at = index + 1
            for _ in 0..<entry.count {
                if JSONElement(tape: tape, index: at).isString(equalTo: wanted) {
                    return JSONElement(tape: tape, index: at + 1)
                }
                at = Int(tape.entries[at + 1].next)
            }
            return nil
        }
    }

    private func isString(equalTo wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        let entry = entry
        if entry.hasEscapes { return string.map { Array($0.utf8) } == Array(wanted) }
        guard Int(entry.end) - Int(entry.start) - 2 == wanted.count else { return false }
        let start = Int(entry.start) + 1
        return tape.bytes.withUnsafeBufferPointer { source in
            for offset in 0..<wanted.count where source[start &+ offset] != wanted[offset] { return false }
            return true
        }
    }
}

/// The elements of an array, in order. Walks the tape; nothing is copied.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let tape: JSONTape
    var index: Int
    var remaining: Int

    public var underestimatedCount: Int { remaining }

    public mutating func next() -> JSONElement? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let element = JSONElement(tape: tape, index: index)
        index = Int(tape.entries[index].next)
        return element
    }
}

/// The members of an object, in the order of the text. Walks the tape; only the key is decoded.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    let tape: JSONTape
    var index: Int
    var remaining: Int

    public var underestimatedCount: Int { remaining }

    public mutating func next() -> (key: String, value: JSONElement)? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let key = JSONElement(tape: tape, index: index).string ?? ""
        let value = JSONElement(tape: tape, index: index + 1)
        index = Int(tape.entries[index + 1].next)
        return (key, value)
    }
}
