import Learning
import Synchronization

/// Ids that nobody else makes: 64 random bits of this process, and a counter put through SplitMix64's mixer, which is a
/// bijection and so never repeats. Unique, not secret; asking the system for every id would cost a call each.
enum Identifier {
    private static let process: (high: UInt64, start: UInt64) = {
        var system = SystemRandomNumberGenerator()
        return (system.next(), system.next())
    }()
    private static let counter = Atomic<UInt64>(0)

    private static let digits: [UInt8] = Array("0123456789abcdef".utf8)

    /// `prefix` and 32 hexadecimal digits.
    static func make(_ prefix: StaticString) -> String {
        let count = counter.add(1, ordering: .relaxed).newValue
        var mixer = SplitMix64(seed: process.start &+ count)
        let words = (process.high, mixer.next())
        return String(unsafeUninitializedCapacity: prefix.utf8CodeUnitCount + 32) { buffer in
            var at = 0
            prefix.withUTF8Buffer { text in
                for byte in text {
                    buffer[at] = byte
                    at += 1
                }
            }
            for place in 0..<32 {
                let word = place < 16 ? words.0 : words.1
                buffer[at] = digits[Int(word >> UInt64(60 - 4 * (place & 15)) & 15)]
                at += 1
            }
            return at
        }
    }
}
