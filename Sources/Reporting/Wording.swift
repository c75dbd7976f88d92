#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Figures in the reader's words: the same value always gives the same text, whatever the machine's locale.
enum Wording {
    /// `1,058`
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "−" + text : text
    }

    /// With exactly so many decimals, halves away from zero.
    static func decimals(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int(scaled / scale)
        let fraction = Int(scaled) - whole * Int(scale)
        let sign = value < 0 && scaled > 0 ? "−" : ""
        guard places > 0 else { return sign + count(whole) }
        let digits = String(fraction)
        return sign + count(whole) + "." + String(repeating: "0", count: places - digits.count) + digits
    }

    /// `58%`, `4.7%`: one decimal below a tenth.
    static func percent(_ share: Double) -> String { number(ofPercent: share, fine: share < 0.0995) + "%" }

    /// `53–63%`
    static func percent(_ range: ClosedRange<Double>) -> String {
        let fine = range.lowerBound < 0.0995
        return number(ofPercent: range.lowerBound, fine: fine) + "–"
            + number(ofPercent: range.upperBound, fine: fine && range.upperBound < 0.0995) + "%"
    }

    /// `0.80–0.84`
    static func range(_ range: ClosedRange<Double>, _ places: Int) -> String {
        decimals(range.lowerBound, places) + "–" + decimals(range.upperBound, places)
    }

    /// `2.9×`
    static func times(_ value: Double) -> String { decimals(value, value < 9.95 ? 1 : 0) + "×" }

    /// A chance that something is luck: `0.03`, or `< 0.001`.
    static func chance(_ value: Double) -> String {
        value < 0.001 ? "< 0.001" : decimals(value, value < 0.0995 ? 3 : 2)
    }

    /// The change of the odds that log-odds mean: `×1.4`.
    static func odds(_ logOdds: Double) -> String { "×" + decimals(exp(logOdds), 2) }

    static func plural(_ value: Int, _ one: String, _ many: String) -> String {
        count(value) + " " + (value == 1 ? one : many)
    }

    private static func number(ofPercent share: Double, fine: Bool) -> String {
        decimals(share * 100, fine && share > 0 && share < 0.9995 ? 1 : 0)
    }
}
