/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z. The wire form is RFC 3339 UTC with milliseconds.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(milliseconds: milliseconds + seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }

    public func duration(since earlier: Timestamp) -> Duration {
        .milliseconds(milliseconds - earlier.milliseconds)
    }

    /// The calendar date and time of day in UTC (proleptic Gregorian; the algorithm is Howard Hinnant's "days from
    /// civil", which needs no table and no Foundation).
    public var civil: CivilTime {
        let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let inDay = Int(milliseconds - Int64(days) * 86_400_000)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return CivilTime(
            year: year, month: month, day: day, hour: inDay / 3_600_000, minute: inDay / 60_000 % 60,
            second: inDay / 1_000 % 60, millisecond: inDay % 1_000)
    }

    public init(_ civil: CivilTime) {
        let year = civil.month <= 2 ? civil.year - 1 : civil.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (civil.month > 2 ? civil.month - 3 : civil.month + 9) + 2) / 5 + civil.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = Int64(era * 146_097 + dayOfEra - 719_468)
        let inDay = ((civil.hour * 60 + civil.minute) * 60 + civil.second) * 1_000 + civil.millisecond
        self.init(milliseconds: days * 86_400_000 + Int64(inDay))
    }

    /// RFC 3339 with an offset or `Z`, fractions of any length (cut to milliseconds); nil for anything else, an
    /// impossible date and a leap second included.
    public init?(rfc3339 text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        func digits(_ count: Int) -> Int? {
            guard bytes.count >= count else { return nil }
            var value = 0
            for byte in bytes.prefix(count) {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            bytes = bytes.dropFirst(count)
            return value
        }
        func take(_ allowed: String) -> UInt8? {
            guard let first = bytes.first, allowed.utf8.contains(first) else { return nil }
            bytes = bytes.dropFirst()
            return first
        }
        guard let year = digits(4), take("-") != nil, let month = digits(2), take("-") != nil, let day = digits(2),
            take("Tt ") != nil, let hour = digits(2), take(":") != nil, let minute = digits(2), take(":") != nil,
            let second = digits(2), (1...12).contains(month), hour < 24, minute < 60, second < 60,
            day >= 1, day <= CivilTime.days(inMonth: month, of: year)
        else { return nil }
        var millisecond = 0
        if take(".") != nil {
            let fraction = bytes.prefix { (48...57).contains($0) }
            guard !fraction.isEmpty else { return nil }
            for place in 0..<3 {
                let digit = place < fraction.count ? Int(fraction[fraction.startIndex + place] - 48) : 0
                millisecond = millisecond * 10 + digit
            }
            bytes = bytes.dropFirst(fraction.count)
        }
        guard let sign = take("Zz+-") else { return nil }
        var offsetMinutes = 0
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            guard let hours = digits(2), take(":") != nil, let minutes = digits(2), hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
        }
        guard bytes.isEmpty else { return nil }
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond)
        self.init(milliseconds: Timestamp(civil).milliseconds - Int64(offsetMinutes) * 60_000)
    }

    /// `2026-11-22T09:30:00.125Z`.
    public var description: String {
        var text = ""
        text.reserveCapacity(24)
        let at = civil
        func pad(_ value: Int, _ width: Int) {
            let digits = String(value)
            for _ in 0..<max(0, width - digits.utf8.count) { text.append("0") }
            text.append(digits)
        }
        pad(at.year, 4); text.append("-"); pad(at.month, 2); text.append("-"); pad(at.day, 2); text.append("T")
        pad(at.hour, 2); text.append(":"); pad(at.minute, 2); text.append(":"); pad(at.second, 2); text.append(".")
        pad(at.millisecond, 3); text.append("Z")
        return text
    }
}

/// A date and time of day in UTC.
public struct CivilTime: Sendable, Hashable {
    public var year: Int
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int
    public var millisecond: Int

    public init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }

    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// The wall clock as a value that is handed in, so that a test can stand at any moment.
public protocol WallClock: Sendable {
    var now: Timestamp { get }
}
