/// One value of a document: where its text stands and where the next value begins.
///
/// 16 bytes. Object members take two entries, the key (a string) and then the value.
struct TapeEntry: Sendable {
    /// First byte of the source text; for strings the opening quote.
    var start: UInt32

    /// One past the last byte of the source text.
    var end: UInt32

    /// Tape index after this value and all it contains. While a container is open: the index of its parent.
    var next: UInt32

    /// Kind in the low 3 bits, "has escapes" in bit 3, number of elements or members above.
    var meta: UInt32

    var kind: JSONElement.Kind { JSONElement.Kind(rawValue: UInt8(truncatingIfNeeded: meta & 7)) ?? .null }
    var hasEscapes: Bool { meta & 8 != 0 }
    var count: Int { Int(meta >> 4) }
}

/// The immutable result of a parse, shared by all elements of a document.
final class JSONTape: Sendable {
    let bytes: [UInt8]
    let entries: [TapeEntry]

    init(bytes: [UInt8], entries: [TapeEntry]) {
        self.bytes = bytes
        self.entries = entries
    }
}

/// A parsed document: strict RFC 8259 over validated UTF-8, kept as the source bytes and a tape of positions.
///
/// Nothing is decoded until it is asked for. Duplicate names are kept: ``JSONElement/members`` shows all of them,
/// the subscript finds the first.
public struct JSONDocument: Sendable {
    private let tape: JSONTape

    /// Parses all of `bytes`. O(n), two allocations.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .request) throws(JSONError) {
        guard bytes.count <= min(limits.maximumBytes, JSONLimits.addressableBytes) else {
            throw JSONError(code: .tooLarge, offset: limits.maximumBytes)
        }
        let entries = try bytes.withUnsafeBufferPointer { source throws(JSONError) in
            var builder = TapeBuilder(source: source, limits: limits)
            try builder.build()
            return builder.entries
        }
        tape = JSONTape(bytes: bytes, entries: entries)
    }

    /// The outermost value.
    public var root: JSONElement { JSONElement(tape: tape, index: 0) }
}
