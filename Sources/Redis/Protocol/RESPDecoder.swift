/// Reads answers from bytes as they come, in any pieces. Nothing is read twice, and nothing recurses: aggregates that are
/// not complete yet wait on a stack of their own.
///
/// Takes all of RESP2 and RESP3 but the lengths `?` of streamed values, which no server sends. Attributes are skipped.
/// After an error every further call throws it again.
///
/// - SeeAlso: the RESP3 specification, https://github.com/redis/redis-specifications, protocol/RESP3.md
package struct RESPDecoder: Sendable {
    private enum BulkKind: Sendable { case string, error, verbatim }

    private enum Token {
        case value(RESPValue)
        case opened(OpenAggregate)
        /// An attribute without entries.
        case nothing
    }

    private let limits: RESPLimits
    private var buffer: [UInt8] = []
    /// Bytes before it are read.
    private var head = 0
    /// Bytes from `head` to here hold no line's end.
    private var scanned = 0
    /// A bulk string whose length is known and whose bytes are not all here.
    private var bulk: (kind: BulkKind, length: Int)?
    private var open: [OpenAggregate] = []
    private var elements = 0
    private var messageBytes = 0
    private var failure: RESPError?

    package init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
    }

    /// Bytes that wait for the rest of their answer.
    package var waitingBytes: Int { buffer.count - head }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        guard failure == nil else { return }
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 256 << 10)
            scanned = 0
            head = 0
        } else if head >= 4_096, head >= buffer.count / 2 {
            buffer.removeFirst(head)
            scanned -= head
            head = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole answer; nil until more bytes are here.
    package mutating func next() throws(RESPError) -> RESPValue? {
        if let failure { throw failure }
        do throws(RESPError) {
            while let token = try readToken() {
                switch token {
                case .nothing: break
                case .opened(let aggregate):
                    guard open.count < limits.depth else { throw .tooDeep }
                    open.append(aggregate)
                case .value(let value):
                    if let message = put(value) { return message }
                }
            }
            return nil
        } catch {
            failure = error
            buffer = []
            head = 0
            throw error
        }
    }

    /// Puts a value into the aggregate it belongs to, and whatever that completes into the next; a message when all are
    /// complete.
    private mutating func put(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let top = open.indices.last {
            open[top].append(value)
            guard open[top].isComplete else { return nil }
            // What an attribute describes is still to come.
            guard let whole = open.removeLast().finished() else { return nil }
            value = whole
        }
        elements = 0
        messageBytes = 0
        return value
    }

    // MARK: Tokens

    private mutating func readToken() throws(RESPError) -> Token? {
        if let bulk { return try readBulk(bulk.kind, bulk.length) }
        guard head < buffer.count else { return nil }
        let type = buffer[head]
        guard Self.types.contains(type) else { throw .unknownType }
        guard let line = try readLine() else { return nil }
        switch type {
        case UInt8(ascii: "+"): return .value(.simple(Array(line)))
        case UInt8(ascii: "-"): return .value(.error(Array(line)))
        case UInt8(ascii: ":"): return .value(.integer(try Self.integer(line)))
        case UInt8(ascii: ","): return .value(.double(try Self.double(line)))
        case UInt8(ascii: "("): return .value(.bigNumber(try Self.bigNumber(line)))
        case UInt8(ascii: "#"):
            guard line.count == 1, let first = line.first, "tf".utf8.contains(first) else { throw .badNumber }
            return .value(.boolean(first == UInt8(ascii: "t")))
        case UInt8(ascii: "_"):
            guard line.isEmpty else { throw .badLength }
            return .value(.null)
        case UInt8(ascii: "$"): return try readBulkLength(.string, line)
        case UInt8(ascii: "!"): return try readBulkLength(.error, line)
        case UInt8(ascii: "="): return try readBulkLength(.verbatim, line)
        case UInt8(ascii: "*"): return try openAggregate(.array, line)
        case UInt8(ascii: "~"): return try openAggregate(.set, line)
        case UInt8(ascii: "%"): return try openAggregate(.map, line)
        case UInt8(ascii: "|"): return try openAggregate(.attribute, line)
        default:
            guard open.isEmpty else { throw .misplacedPush }
            return try openAggregate(.push, line)
        }
    }

    private static let types: [UInt8] = Array("+-:,(#_$!=*~%|>".utf8)

    /// The line without its type and its end.
    private mutating func readLine() throws(RESPError) -> ArraySlice<UInt8>? {
        while scanned < buffer.count {
            switch buffer[scanned] {
            case UInt8(ascii: "\n"): throw .brokenLine
            case UInt8(ascii: "\r"):
                guard scanned + 1 < buffer.count else { return nil }
                guard buffer[scanned + 1] == UInt8(ascii: "\n") else { throw .brokenLine }
                let line = buffer[(head + 1)..<scanned]
                try spend(scanned + 2 - head)
                head = scanned + 2
                scanned = head
                return line
            default:
                scanned += 1
                guard scanned - head <= limits.lineBytes else { throw .lineTooLong }
            }
        }
        return nil
    }

    private mutating func readBulkLength(
        _ kind: BulkKind, _ line: ArraySlice<UInt8>
    ) throws(RESPError) -> Token? {
        guard let length = try Self.length(line) else {
            guard kind == .string else { throw .badLength }
            return .value(.null)
        }
        guard length <= limits.bulkBytes else { throw .tooLarge }
        if kind == .verbatim, length < 4 { throw .badLength }
        try spend(length)
        bulk = (kind, length)
        return try readBulk(kind, length)
    }

    private mutating func readBulk(_ kind: BulkKind, _ length: Int) throws(RESPError) -> Token? {
        guard buffer.count - head >= length + 2 else { return nil }
        let end = head + length
        guard buffer[end] == UInt8(ascii: "\r"), buffer[end + 1] == UInt8(ascii: "\n") else {
            throw .unterminatedBulk
        }
        let bytes = buffer[head..<end]
        bulk = nil
        head = end + 2
        scanned = head
        switch kind {
        case .string: return .value(.bulk(Array(bytes)))
        case .error: return .value(.error(Array(bytes)))
        case .verbatim:
            guard bytes[bytes.startIndex + 3] == UInt8(ascii: ":") else { throw .badLength }
            return .value(.verbatim(format: Array(bytes.prefix(3)), Array(bytes.dropFirst(4))))
        }
    }

    private mutating func openAggregate(
        _ kind: OpenAggregate.Kind, _ line: ArraySlice<UInt8>
    ) throws(RESPError) -> Token {
        guard let count = try Self.length(line) else {
            guard kind == .array else { throw .badLength }
            return .value(.null)
        }
        guard count <= limits.elements else { throw .tooManyElements }
        let values = kind.isOfPairs ? 2 * count : count
        guard values <= limits.elements - elements else { throw .tooManyElements }
        elements += values
        let aggregate = OpenAggregate(kind, count: values)
        guard values == 0 else { return .opened(aggregate) }
        return aggregate.finished().map(Token.value) ?? .nothing
    }

    private mutating func spend(_ bytes: Int) throws(RESPError) {
        messageBytes += bytes
        guard messageBytes <= limits.messageBytes else { throw .tooLarge }
    }
}

/// An aggregate of which values are still to come.
private struct OpenAggregate: Sendable {
    enum Kind: Sendable {
        case array, set, push, map, attribute

        var isOfPairs: Bool { self == .map || self == .attribute }
    }

    private let kind: Kind
    private let count: Int
    private var received = 0
    private var values: [RESPValue] = []

    init(_ kind: Kind, count: Int) {
        self.kind = kind
        self.count = count
        // What is announced is not yet here.
        if kind != .attribute { values.reserveCapacity(min(count, 64)) }
    }

    var isComplete: Bool { received == count }

    mutating func append(_ value: RESPValue) {
        received += 1
        if kind != .attribute { values.append(value) }
    }

    /// Nil for an attribute.
    consuming func finished() -> RESPValue? {
        switch kind {
        case .array: .array(values)
        case .set: .set(values)
        case .push: .push(values)
        case .attribute: nil
        case .map:
            .map(
                stride(from: 0, to: values.count, by: 2).map { RESPPair(key: values[$0], value: values[$0 + 1]) })
        }
    }
}

extension RESPDecoder {
    /// A number of the form `-12`, `+12` or `12`.
    private static func integer(_ line: ArraySlice<UInt8>) throws(RESPError) -> Int64 {
        var digits = line
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.count <= 20 else { throw .badNumber }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { throw .badNumber }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            // Negative all the way, since the smallest number has no positive counterpart.
            let (difference, underflows) = product.subtractingReportingOverflow(Int64(digit - 48))
            guard !overflows, !underflows else { throw .badNumber }
            value = difference
        }
        guard isNegative || value != .min else { throw .badNumber }
        return isNegative ? value : -value
    }

    /// A length without a sign; nil for `-1`.
    private static func length(_ line: ArraySlice<UInt8>) throws(RESPError) -> Int? {
        if line.elementsEqual("-1".utf8) { return nil }
        guard !line.isEmpty, line.count <= 18, line.allSatisfy({ (48...57).contains($0) }) else { throw .badLength }
        return line.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// `1.5`, `-2e10`, `inf`, `-inf`, `nan`; none of the other spellings that Swift would take.
    private static func double(_ line: ArraySlice<UInt8>) throws(RESPError) -> Double {
        let text = String(decoding: line, as: UTF8.self)
        switch text {
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "-nan": return .nan
        default: break
        }
        guard line.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }), let value = Double(text) else {
            throw .badNumber
        }
        return value
    }

    private static func bigNumber(_ line: ArraySlice<UInt8>) throws(RESPError) -> [UInt8] {
        let digits = line.first == UInt8(ascii: "-") || line.first == UInt8(ascii: "+") ? line.dropFirst() : line
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { throw .badNumber }
        return Array(line)
    }
}
