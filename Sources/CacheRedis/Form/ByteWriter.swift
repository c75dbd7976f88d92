/// Values as bytes, each kind in one way: numbers of fixed width in little endian, lengths as variable-length integers.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving count: Int) { bytes.reserveCapacity(count) }

    mutating func write(byte: UInt8) { bytes.append(byte) }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func write(fixed number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func write(_ number: Double) { write(fixed: number.bitPattern) }

    /// LEB128: seven bits a byte, the lowest first.
    mutating func write(length: Int) {
        var rest = UInt64(length)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ block: [UInt8]) {
        write(length: block.count)
        bytes.append(contentsOf: block)
    }

    mutating func write(_ text: String) {
        write(length: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write<Value>(_ value: Value?, _ body: (inout ByteWriter, Value) -> Void) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    mutating func write<Value>(_ values: [Value], _ body: (inout ByteWriter, Value) -> Void) {
        write(length: values.count)
        for value in values { body(&self, value) }
    }

    mutating func write(_ text: String?) { write(text) { $0.write($1) } }

    mutating func write(_ number: Double?) { write(number) { $0.write($1) } }

    mutating func write(_ texts: [String]) { write(texts) { $0.write($1) } }
}

/// Bytes that are not what a ``ByteWriter`` wrote.
struct DamagedForm: Error, Hashable {}

/// Reads back what a ``ByteWriter`` wrote. Nothing is allocated for a length before so many bytes are there.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    var isAtEnd: Bool { place == bytes.endIndex }

    mutating func block(_ count: Int) throws(DamagedForm) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - place else { throw DamagedForm() }
        defer { place += count }
        return bytes[place..<(place + count)]
    }

    mutating func byte() throws(DamagedForm) -> UInt8 {
        guard place < bytes.endIndex else { throw DamagedForm() }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func flag() throws(DamagedForm) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw DamagedForm()
        }
    }

    mutating func fixed() throws(DamagedForm) -> UInt64 {
        try block(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func double() throws(DamagedForm) -> Double { Double(bitPattern: try fixed()) }

    mutating func length() throws(DamagedForm) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return Int(value) }
        }
        throw DamagedForm()
    }

    mutating func block() throws(DamagedForm) -> [UInt8] { Array(try block(length())) }

    mutating func text() throws(DamagedForm) -> String {
        guard let text = String(validating: try block(length()), as: UTF8.self) else { throw DamagedForm() }
        return text
    }

    mutating func optional<Value>(
        _ body: (inout ByteReader) throws(DamagedForm) -> Value
    ) throws(DamagedForm) -> Value? {
        try flag() ? try body(&self) : nil
    }

    /// Each value takes at least one byte, so no more can be announced than there are bytes.
    mutating func list<Value>(
        _ body: (inout ByteReader) throws(DamagedForm) -> Value
    ) throws(DamagedForm) -> [Value] {
        let count = try length()
        guard count <= bytes.endIndex - place else { throw DamagedForm() }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try body(&self)) }
        return values
    }

    mutating func optionalText() throws(DamagedForm) -> String? {
        try optional { reader throws(DamagedForm) in try reader.text() }
    }

    mutating func optionalDouble() throws(DamagedForm) -> Double? {
        try optional { reader throws(DamagedForm) in try reader.double() }
    }

    mutating func texts() throws(DamagedForm) -> [String] {
        try list { reader throws(DamagedForm) in try reader.text() }
    }

    /// A word of a fixed list.
    mutating func word<Word: RawRepresentable>(_ type: Word.Type = Word.self) throws(DamagedForm) -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try text()) else { throw DamagedForm() }
        return word
    }
}

/// FNV-1a over 64 bits: tells damage, not forgery.
///
/// - SeeAlso: G. Fowler, L. Noll, K. Vo, D. Eastlake, The FNV Non-Cryptographic Hash Algorithm, draft-eastlake-fnv.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
