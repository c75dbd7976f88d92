import Leads

/// Whole days, for deadlines: where a month, a season or a year ends, counted from the day of `asOf` in UTC.
struct DayCalendar: Sendable {
    let today: Int
    let year: Int
    let month: Int
    let isSouthern: Bool

    init(asOf: Timestamp, hemisphere: AgencyProfile.Hemisphere) {
        let civil = asOf.civil
        year = civil.year
        month = civil.month
        today = DayCalendar.day(civil.year, civil.month, civil.day)
        isSouthern = hemisphere == .southern
    }

    /// Days since 1970-01-01.
    static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let at = Timestamp(CivilTime(year: year, month: month, day: day)).milliseconds
        return Int(at / 86_400_000) - (at % 86_400_000 < 0 ? 1 : 0)
    }

    enum Part { case first, early, middle, end, whole }

    /// Days until that part of a month: of the named year, else of the next such month that is not over.
    /// nil when the named year's is over.
    func days(untilMonth month: Int, part: Part, day: Int?, year named: Int?) -> Int? {
        func target(_ year: Int) -> Int {
            let last = CivilTime.days(inMonth: month, of: year)
            if let day { return DayCalendar.day(year, month, min(max(day, 1), last)) }
            switch part {
            case .first: return DayCalendar.day(year, month, 1)
            case .early: return DayCalendar.day(year, month, 10)
            case .middle: return DayCalendar.day(year, month, 15)
            case .end, .whole: return DayCalendar.day(year, month, last)
            }
        }
        if let named {
            let days = target(named) - today
            return days >= 0 ? days : nil
        }
        let days = target(year) - today
        return days >= 0 ? days : target(year + 1) - today
    }

    /// Days until the middle of the next such season (0 spring ... 3 winter), or its edge.
    func days(untilSeason season: Int, part: Part, skipsCurrent: Bool, year named: Int?) -> Int? {
        let middleMonth = [4, 7, 10, 1][(season + (isSouthern ? 2 : 0)) % 4]
        let shift: Int
        switch part {
        case .first: shift = -45
        case .early: shift = -30
        case .middle, .whole: shift = 0
        case .end: shift = 45
        }
        var year = named ?? self.year
        var days = DayCalendar.day(year, middleMonth, 15) + shift - today
        if named != nil { return days >= 0 ? days : nil }
        // Still inside it, its end is what is left of it.
        let isNow = self.season == season
        if isNow, !skipsCurrent { return max(days, DayCalendar.day(year, middleMonth, 15) + 45 - today, 0) % 120 }
        while days < 0 || (isNow && days < 120) {
            year += 1
            days = DayCalendar.day(year, middleMonth, 15) + shift - today
        }
        return days
    }

    /// 0 spring ... 3 winter, by whole months.
    var season: Int { season(ofMonth: month) }

    /// The season some days from now.
    func season(after days: Int) -> Int {
        season(ofMonth: Timestamp(milliseconds: Int64(today + days) * 86_400_000).civil.month)
    }

    private func season(ofMonth month: Int) -> Int {
        let northern = (month + 9) % 12 / 3
        return isSouthern ? (northern + 2) % 4 : northern
    }
}
