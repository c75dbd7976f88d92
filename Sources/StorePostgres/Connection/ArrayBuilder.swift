/// One column of many rows on its way into `unnest`: PostgreSQL's binary form of a one-dimensional array, built in one
/// buffer. Binary, so that nothing is quoted and every bit of a number arrives.
///
/// - SeeAlso: PostgreSQL `src/backend/utils/adt/arrayfuncs.c`, `array_recv`.
struct ArrayBuilder {
    private var bytes: [UInt8]
    private var count: Int32 = 0
    private var hasNull = false
    let element: TypeOID

    init(_ element: TypeOID) {
        self.element = element
        // Dimensions, whether there are nulls, the element's type, the count, the first index: 5 words.
        bytes = [UInt8](repeating: 0, count: 20)
    }

    private mutating func appendNull() {
        hasNull = true
        count += 1
        bytes.appendBigEndian(Int32(-1))
    }

    mutating func append(_ value: Int64?) {
        guard let value else { return appendNull() }
        count += 1
        bytes.appendBigEndian(Int32(8))
        bytes.appendBigEndian(value)
    }

    mutating func append(_ value: Double?) {
        append(value.map { Int64(bitPattern: $0.bitPattern) })
    }

    mutating func append(_ value: [UInt8]?) {
        guard let value else { return appendNull() }
        count += 1
        bytes.appendBigEndian(Int32(value.count))
        bytes += value
    }

    /// A text can't hold U+0000 in PostgreSQL: U+FFFD stands in its place.
    mutating func append(_ value: String?) { append(value.map(\.storable)) }

    var isEmpty: Bool { count == 0 }

    /// The array's wire form.
    func finished() -> [UInt8] {
        var head: [UInt8] = []
        head.appendBigEndian(Int32(count == 0 ? 0 : 1))
        head.appendBigEndian(Int32(hasNull ? 1 : 0))
        head.appendBigEndian(Int32(bitPattern: element.rawValue))
        if count == 0 { return head }
        head.appendBigEndian(count)
        head.appendBigEndian(Int32(1))
        var whole = bytes
        whole.replaceSubrange(0..<20, with: head)
        return whole
    }
}

/// The types that we send, by the numbers of PostgreSQL's `pg_type.dat`; they never change.
enum TypeOID: UInt32 {
    case bytes = 17
    case integer = 20
    case text = 25
    case real = 701

    var array: UInt32 {
        switch self {
        case .bytes: 1_001
        case .integer: 1_016
        case .text: 1_009
        case .real: 1_022
        }
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension String {
    /// UTF-8 as PostgreSQL takes it.
    var storable: [UInt8] {
        utf8.contains(0)
            ? unicodeScalars.flatMap { $0.value == 0 ? [0xEF, 0xBF, 0xBD] : [UInt8](String($0).utf8) } : [UInt8](utf8)
    }
}
