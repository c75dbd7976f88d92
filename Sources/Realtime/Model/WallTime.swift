import Glibc
/// The wall clock and its wire form, without Foundation and without knowing leads.
enum WallTime {
    /// Milliseconds since 1970 UTC.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// `2026-11-22T09:30:00.125Z`. Days to a date: Howard Hinnant, "chrono-compatible low-level date algorithms".
    static func rfc3339(_ milliseconds: Int64) -> String {
        let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let inDay = Int(milliseconds - Int64(days) * 86_400_000)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        var text = ""
        text.reserveCapacity(24)
        func pad(_ value: Int, _ width: Int, _ after: Character) {
            let digits = String(value)
            for _ in 0..<max(0, width - digits.utf8.count) { text.append("0") }
            text += digits
            text.append(after)
        }
        pad(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4, "-")
        pad(month, 2, "-")
        pad(dayOfYear - (153 * monthIndex + 2) / 5 + 1, 2, "T")
        pad(inDay / 3_600_000, 2, ":")
        pad(inDay / 60_000 % 60, 2, ":")
        pad(inDay / 1_000 % 60, 2, ".")
        pad(inDay % 1_000, 3, "Z")
        return text
    }
}
