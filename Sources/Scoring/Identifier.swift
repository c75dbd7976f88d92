/// Ids that nobody can guess and nobody else makes: 128 random bits from the system.
enum Identifier {
    private static let digits: [UInt8] = Array("0123456789abcdef".utf8)

    /// `prefix` and 32 hexadecimal digits.
    static func make(_ prefix: StaticString) -> String {
        var system = SystemRandomNumberGenerator()
        let words = [system.next(), system.next()]
        return String(unsafeUninitializedCapacity: prefix.utf8CodeUnitCount + 32) { buffer in
            var at = 0
            prefix.withUTF8Buffer { text in
                for byte in text {
                    buffer[at] = byte
                    at += 1
                }
            }
            for var word in words {
                for _ in 0..<16 {
                    buffer[at] = digits[Int(word >> 60)]
                    word <<= 4
                    at += 1
                }
            }
            return at
        }
    }
}
