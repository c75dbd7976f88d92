public import Leads

/// How a column spells its dates. Dates without a zone are UTC.
public enum DateStyle: String, Sendable, Hashable, CaseIterable {
    /// `2026-11-22`, with or without a time of day and a zone.
    case iso
    /// `2026/11/22`
    case yearSlash = "year/month/day"
    /// `11/22/2026`
    case monthFirst = "month/day/year"
    /// `22/11/2026`
    case dayFirst = "day/month/year"
    /// `22.11.2026`
    case dayDot = "day.month.year"

    /// The moment that a trimmed cell means; nil when it is no date of this style.
    public func timestamp(of cell: some StringProtocol) -> Timestamp? {
        let bytes = Array(cell.utf8)
        guard (8...40).contains(bytes.count) else { return nil }
        if self == .iso, let exact = Timestamp(rfc3339: cell) { return exact }
        let split = bytes.firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "T") } ?? bytes.endIndex
        guard let date = calendarDate(bytes[..<split]) else { return nil }
        guard split < bytes.endIndex else { return Timestamp(date) }
        return Self.time(bytes[(split + 1)...], on: date)
    }

    /// Days from `moment` to `asOf`, with fraction.
    public static func ageInDays(of moment: Timestamp, asOf: Timestamp) -> Double {
        Double(asOf.milliseconds - moment.milliseconds) / 86_400_000
    }

    private func calendarDate(_ text: ArraySlice<UInt8>) -> CivilTime? {
        let separator: UInt8
        let order: (year: Int, month: Int, day: Int)
        switch self {
        case .iso: (separator, order) = (UInt8(ascii: "-"), (0, 1, 2))
        case .yearSlash: (separator, order) = (UInt8(ascii: "/"), (0, 1, 2))
        case .monthFirst: (separator, order) = (UInt8(ascii: "/"), (2, 0, 1))
        case .dayFirst: (separator, order) = (UInt8(ascii: "/"), (2, 1, 0))
        case .dayDot: (separator, order) = (UInt8(ascii: "."), (2, 1, 0))
        }
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[order.year].count == 4, let year = Self.digits(parts[order.year]),
            let month = Self.digits(parts[order.month]), let day = Self.digits(parts[order.day]),
            (1...12).contains(month), (1...CivilTime.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        return CivilTime(year: year, month: month, day: day)
    }

    /// `14:05`, `14:05:09`, `14:05:09.25`.
    private static func time(_ text: ArraySlice<UInt8>, on date: CivilTime) -> Timestamp? {
        var moment = date
        let clock = text.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "Z") }
        let parts = clock.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = digits(parts[0]), let minute = digits(parts[1]),
            let second = parts.count == 3 ? digits(parts[2]) : 0, hour < 24, minute < 60, second < 60
        else { return nil }
        moment.hour = hour
        moment.minute = minute
        moment.second = second
        let rest = text[clock.endIndex...].drop { $0 == UInt8(ascii: ".") }
        let fraction = rest.prefix { (0x30...0x39).contains($0) }
        guard rest[fraction.endIndex...].allSatisfy({ $0 == UInt8(ascii: "Z") }) else { return nil }
        return Timestamp(moment)
    }

    private static func digits(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
