/// Reads the text of a number that the parser has accepted.
///
/// Short decimals, nearly all there are, take Clinger's exact path: a significand below 2^53 and a power of ten up to
/// 10^22 are both exact in `Double`, so one multiplication or division rounds once. Everything else goes to the
/// standard library's conversion, which is correctly rounded.
struct NumberReader {
    private let source: UnsafeBufferPointer<UInt8>

    init(_ source: UnsafeBufferPointer<UInt8>) { self.source = source }

    func double() -> Double? {
        switch source[source[0] == UInt8(ascii: "-") ? 1 : 0] {
        case UInt8(ascii: "N"): return .nan
        case UInt8(ascii: "I"): return source[0] == UInt8(ascii: "-") ? -.infinity : .infinity
        default: break
        }
        if let exact = exactProduct() { return exact }
        return Double(String(decoding: source, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    func float() -> Float? {
        switch source[source[0] == UInt8(ascii: "-") ? 1 : 0] {
        case UInt8(ascii: "N"): return .nan
        case UInt8(ascii: "I"): return source[0] == UInt8(ascii: "-") ? -.infinity : .infinity
        default: break
        }
        // Rounding through Double is wrong only where the Double is exactly half way between two Floats.
        if let wide = exactProduct(), wide == 0 || (wide.magnitude >= 0x1p-126 && wide.magnitude <= 0x1p127),
            wide.bitPattern & 0x1FFF_FFFF != 0x1000_0000
        {
            return Float(wide)
        }
        return Float(String(decoding: source, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    func int() -> Int? {
        let isNegative = source[0] == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        var zeros = 0  // zeros read but not yet multiplied in: "1.000" must not overflow
        var exponent = 0
        var at = isNegative ? 1 : 0
        var inFraction = false
        while at < source.count, source[at] | 0x20 != UInt8(ascii: "e") {
            let byte = source[at]
            at &+= 1
            if byte == UInt8(ascii: ".") {
                inFraction = true
                continue
            }
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            if inFraction { exponent -= 1 }
            zeros += 1
            guard byte != UInt8(ascii: "0") else { continue }
            guard let scaled = Self.multiply(magnitude, byPowerOfTen: zeros) else { return nil }
            let (sum, overflow) = scaled.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            guard !overflow else { return nil }
            magnitude = sum
            zeros = 0
        }
        guard magnitude != 0 else { return 0 }
        exponent += zeros + writtenExponent(from: at)
        guard exponent >= 0, let value = Self.multiply(magnitude, byPowerOfTen: exponent) else { return nil }
        if isNegative { return value == Int.min.magnitude ? Int.min : Int(exactly: value).map { -$0 } }
        return Int(exactly: value)
    }

    private static func multiply(_ value: UInt64, byPowerOfTen power: Int) -> UInt64? {
        guard value != 0 else { return 0 }
        guard power < 20 else { return nil }
        var value = value
        for _ in 0..<power {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
        }
        return value
    }

    /// The number after `e`, 0 if there is none. Saturates at a million, far beyond any range.
    private func writtenExponent(from start: Int) -> Int {
        guard start < source.count else { return 0 }
        var at = start &+ 1
        let isNegative = source[at] == UInt8(ascii: "-")
        if isNegative || source[at] == UInt8(ascii: "+") { at &+= 1 }
        var exponent = 0
        while at < source.count {
            exponent = min(exponent * 10 + Int(source[at] &- UInt8(ascii: "0")), 1_000_000)
            at &+= 1
        }
        return isNegative ? -exponent : exponent
    }

    /// Clinger's fast path, or `nil` where it does not apply.
    private func exactProduct() -> Double? {
        let isNegative = source[0] == UInt8(ascii: "-")
        var at = isNegative ? 1 : 0
        var significand: UInt64 = 0
        let digitsStart = at
        var point = -1
        while at < source.count {
            let digit = source[at] &- UInt8(ascii: "0")
            if digit < 10 {
                significand = significand &* 10 &+ UInt64(digit)
            } else if source[at] == UInt8(ascii: ".") {
                point = at
            } else {
                break
            }
            at &+= 1
        }
        // At most 19 digits, so the significand cannot have wrapped.
        guard at &- digitsStart <= 20, at &- digitsStart - (point < 0 ? 0 : 1) <= 19, significand <= 1 << 53 else {
            return nil
        }
        let exponent = writtenExponent(from: at) - (point < 0 ? 0 : at &- point &- 1)
        guard exponent >= -22, exponent <= 22 else { return nil }
        let magnitude =
            exponent < 0
            ? Double(significand) / Self.powersOfTen[-exponent] : Double(significand) * Self.powersOfTen[exponent]
        return isNegative ? -magnitude : magnitude
    }

    static let powersOfTen: [23 of Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
