/// Checks a stream of bytes for UTF-8 (RFC 3629) as it arrives, and fails at the first byte that can't belong to it:
/// overlong forms, surrogates and anything above U+10FFFF included.
///
/// The second byte of a sequence carries all those rules, so the state is how many bytes are missing and the range that
/// the next one must be in (Unicode 15, table 3-7).
struct UTF8Validator: Sendable {
    private var missing: UInt8 = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// Nothing is missing: the text may end here.
    var isComplete: Bool { missing == 0 }

    /// Returns false at the first wrong byte; the state means nothing after that.
    mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            guard missing == 0 else {
                let byte = bytes[index]
                guard byte >= low && byte <= high else { return false }
                missing -= 1
                low = 0x80
                high = 0xBF
                index += 1
                continue
            }
            // ASCII, eight bytes at a time.
            while index + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            { index += 8 }
            guard index < bytes.count else { break }
            guard begins(with: bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func begins(with byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, low) = (2, 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: missing = 2
        case 0xED: (missing, high) = (2, 0x9F)
        case 0xF0: (missing, low) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, high) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
