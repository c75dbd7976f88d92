/// Numbers as text: the same characters as `description`, with a short way round it for short decimals.
enum DecimalText {
    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var number = number
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var at = 20
            repeat {
                at &-= 1
                let (quotient, remainder) = number.quotientAndRemainder(dividingBy: 10)
                digits[at] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remainder)
                number = quotient
            } while number != 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[at...]))
        }
    }

    static func append(_ number: Double, to bytes: inout [UInt8]) {
        if appendShort(number, to: &bytes) { return }
        var text = number.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    static func append(_ number: Float, to bytes: inout [UInt8]) {
        var text = number.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// Writes numbers with at most six decimals and fifteen digits, and says whether this was one.
    ///
    /// A decimal of up to 15 digits is the only one of its length that rounds to its `Double`, so the first count of
    /// decimals that reads back is the shortest text: the same that `description` finds, for a tenth of the price.
    private static func appendShort(_ number: Double, to bytes: inout [UInt8]) -> Bool {
        let magnitude = number.magnitude
        guard magnitude < 1e9, magnitude >= 1e-4 else { return false }
        var scale = 1.0
        for decimals in 0...6 {
            let scaled = (magnitude * scale).rounded(.toNearestOrEven)
            if scaled / scale == magnitude {
                if number < 0 { bytes.append(UInt8(ascii: "-")) }
                append(fixed: UInt64(scaled), decimals: decimals, to: &bytes)
                return true
            }
            scale *= 10
        }
        return false
    }

    private static func append(fixed: UInt64, decimals: Int, to bytes: inout [UInt8]) {
        var divisor: UInt64 = 1
        for _ in 0..<decimals { divisor &*= 10 }
        let (whole, fraction) = fixed.quotientAndRemainder(dividingBy: divisor)
        append(whole, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        guard decimals > 0 else { return bytes.append(UInt8(ascii: "0")) }
        var rest = fraction
        while divisor > 1 {
            divisor /= 10
            let (digit, remainder) = rest.quotientAndRemainder(dividingBy: divisor)
            bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
            rest = remainder
        }
    }
}
