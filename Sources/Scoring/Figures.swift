/// Rounding and writing of figures, in one place. What the wire rounds: `ml_score` to 0.01, probabilities to 1e-6,
/// confidence and importance to 1e-4, money to cents, milliseconds to 1e-3. Margin, base value and SHAP values are never
/// rounded: posting features back has to give the same bits.
enum Figures {
    static func score(_ value: Double) -> Double { (value * 100).rounded() / 100 }
    static func probability(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    static func share(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
    static func money(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return (Double(seconds) * 1e6 + Double(attoseconds) / 1e12).rounded() / 1e3
    }

    /// At most `decimals` places, without trailing zeros: `12`, `0.85`.
    static func plain(_ value: Double, decimals: Int = 2) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        if rounded == rounded.rounded(), abs(rounded) < 1e15 { return String(Int64(rounded)) }
        return String(rounded)
    }

    /// `21%`, below ten with a decimal: `4.2%`.
    static func percent(_ probability: Double) -> String {
        let value = probability * 100
        return plain(value, decimals: value < 10 ? 1 : 0) + "%"
    }

    /// Whole units with separators and the currency in front: `$450,000`, `EUR 450,000`.
    static func money(_ value: Double, currency: String) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return currency }
        let digits = Array(String(Int64(value.rounded()).magnitude))
        var text = currency == "USD" ? "$" : currency + " "
        if value.rounded() < 0 { text.append("-") }
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `8 minutes`, `3 hours`, `2 days`: one unit, rounded.
    static func minutes(_ minutes: Double) -> String {
        let (value, unit) =
            switch minutes {
            case ..<90: (minutes, "minute")
            case ..<2_160: (minutes / 60, "hour")
            default: (minutes / 1_440, "day")
            }
        let text = plain(value, decimals: 0)
        return text == "1" ? "1 \(unit)" : "\(text) \(unit)s"
    }
}
